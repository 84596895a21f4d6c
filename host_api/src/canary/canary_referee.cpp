#include "canary/canary_referee.hpp"

#include <limits>
#include <string_view>

#include "base/json.hpp"
#include "canary/hook_timer.hpp"

namespace gateway {
namespace {

namespace json = base::json;

// FNV-1a with a last mix: tells routes apart, no secret depends on it.
std::uint64_t hash_of(std::string_view salt, std::string_view text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const std::string_view part : {salt, text}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  }
  hash ^= hash >> 32;
  return hash * 0x9E3779B97F4A7C15ull >> 16;
}

void count(CanaryCounters& side, const Job& job, std::uint64_t took_us, bool fault) {
  ++side.calls;
  side.latency[job.metric_name].add(took_us);
  if (fault) ++side.internal_errors;
}

// Times a step that begins now.
class Stopwatch {
 public:
  explicit Stopwatch(Clock& clock) : clock_(clock), began_ns_(clock.steady_ns()) {}

  std::uint64_t took_us(std::chrono::nanoseconds in_hook) const { return timer_.took_us(in_hook); }
  std::uint64_t passed_ns() const { return clock_.steady_ns() - began_ns_; }

  // Why it took too long; null: it did not, or the gateway is being shut down and cuts everything.
  const char* overrun(const Job& job, const StepInput& input, const StepResult& result) const {
    if (input.cancelled != nullptr && *input.cancelled) return nullptr;
    return job.overrun(result, began_ns_, clock_.steady_ns());
  }

 private:
  Clock& clock_;
  const std::uint64_t began_ns_;
  const HookTimer timer_;
};

wire::Answer answer_of(const StepResult& result) {
  return {result.status, result.body, result.error, result.writes, 0};
}

json::value embedded(const std::string& text) {
  auto parsed = json::parse(text);
  return parsed ? std::move(*parsed) : json::value(nullptr);
}

}  // namespace

CanaryReferee::CanaryReferee(Slot& slot, Clock& clock, std::string candidate_sha256,
                             std::shared_ptr<CaseFile> file)
    : slot_(slot),
      clock_(clock),
      candidate_sha256_(std::move(candidate_sha256)),
      file_(std::move(file)) {}

void CanaryReferee::set_plan(Plan plan) {
  const std::lock_guard lock(mutex_);
  plan_ = plan;
}

CanaryReferee::Plan CanaryReferee::plan() const {
  const std::lock_guard lock(mutex_);
  return plan_;
}

void CanaryReferee::set_shadow(std::shared_ptr<Shadow> shadow) {
  const std::lock_guard lock(mutex_);
  shadow_.swap(shadow);
}

std::shared_ptr<Shadow> CanaryReferee::shadow() const {
  const std::lock_guard lock(mutex_);
  return shadow_;
}

void CanaryReferee::assign(Job& job) {
  const Plan now = plan();
  if (now.stage == CanaryStage::kShadow) return;
  const auto offers = [&](const Slot::Lease& lease) {
    const Manifest& manifest = lease->manifest();
    return job.hook == Hook::kTool ? manifest.tool(job.request.name) != nullptr
                                   : manifest.sweep(job.request.name) != nullptr;
  };
  if (now.stage == CanaryStage::kSoak) {
    Slot::Lease parked = slot_.parked();
    if (parked && offers(parked) && job.lease->release().sha256 == candidate_sha256_) {
      (closed_ ? job.lease : job.reference) = std::move(parked);
    }
    return;
  }
  if (closed_ || now.share_percent == 0 || !chosen(job, now.share_percent)) return;
  Slot::Lease candidate = slot_.candidate();
  if (!candidate || !offers(candidate)) return;
  job.reference = std::exchange(job.lease, std::move(candidate));
}

// What keeps calls together that belong together. A sweep belongs to nobody.
std::string CanaryReferee::route_of(const Job& job) const {
  const Request& request = job.request;
  if (job.hook == Hook::kSweep) return request.request_id;
  const ToolInfo* tool = job.lease->manifest().tool(request.name);
  if (tool != nullptr && !tool->route_key.empty()) {
    const auto args = json::parse(request.args_json);
    boost::system::error_code error;
    const json::value* route = args ? args->find_pointer(tool->route_key, error) : nullptr;
    if (route != nullptr) return json::canonical(*route);
  }
  return request.caller_agent.empty() ? request.client : request.caller_agent;
}

bool CanaryReferee::chosen(const Job& job, std::uint32_t percent) const {
  return hash_of(candidate_sha256_, route_of(job)) % 10'000 < std::uint64_t{percent} * 100;
}

StepResult CanaryReferee::run(Job& job, View& view, const StepInput& input) {
  if (!job.reference) return run_active(job, view, input);
  if (!closed_) return run_candidate(job, view, input);
  job.serve_by_reference();
  job.referee.reset();
  return run_step(*job.lease, view, input);
}

StepResult CanaryReferee::run_active(Job& job, View& view, const StepInput& input) {
  const Plan now = plan();
  const bool shadowing = now.stage == CanaryStage::kShadow && now.share_percent > 0 && !closed_;
  // The writes of a dry run's earlier steps are known to nobody else.
  const bool sampled = shadowing && job.kept == nullptr &&
                       hash_of("shadow", job.request.request_id) % 100 < now.share_percent;
  ReadLog reads;
  if (sampled) view.record(reads);
  const Stopwatch watch(clock_);
  StepResult result = run_step(*job.lease, view, input);
  const std::uint64_t took_us = watch.took_us(result.took);
  const bool overdue = watch.overrun(job, input, result) != nullptr;
  if (closed_ || (!comparable(result.status) && !overdue)) return result;
  // In a soak the release that serves is the one on trial, with nothing beside it for this call.
  const bool on_trial = job.lease->release().sha256 == candidate_sha256_;
  file_->scores.update([&](Scores& scores) {
    const bool fault = overdue || is_fault(result.status);
    count(on_trial ? scores.candidate : scores.active, job, took_us, fault);
  });
  const bool shown = sampled && comparable(result.status);
  const std::shared_ptr<Shadow> shadow = shown ? this->shadow() : nullptr;
  if (shadow == nullptr) return result;
  view.note_reads();
  // The guard needs the values before, also of records that were written without being read.
  for (const Write& write : result.writes) {
    if (reads.points().contains(write.key) || !watched(file_->law.manifest, write.key)) continue;
    if (auto before = view.peek(write.key)) reads.note(write.key, *before);
  }
  if (reads.overflowed()) {
    file_->scores.update([](Scores& scores) { ++scores.shed; });
    return result;
  }
  wire::Question question = wire::question_of(input, result);
  question.flags |= GW_CALL_SHADOW;
  shadow->offer({std::move(question), std::move(reads), answer_of(result),
                 view.snapshot().sequence(), job.metric_name});
  return result;
}

StepResult CanaryReferee::run_candidate(Job& job, View& view, const StepInput& input) {
  const Stopwatch watch(clock_);
  StepResult result = run_step(*job.lease, view, input);
  Tried tried{result, watch.took_us(result.took), watch.overrun(job, input, result), {}};
  if (!comparable(result.status) && !tried.overdue()) return result;
  std::optional<Reference> other;
  if (!tried.overdue()) {  // else it is dropped whatever it did, and its view may have ended
    tried.conduct = conduct_of(view, result.writes);
    if (tried.in_doubt()) other = run_reference(job, view, input, result);
  }
  const Blame blame = weigh(file_->law, tried.conduct, other ? other->conduct : tried.conduct);
  count_candidate(job, tried, blame);
  const bool accused = tried.fault() || blame.any();
  if (accused) keep_evidence(job, input, tried, blame, other);
  if (!accused && (other || !tried.in_doubt())) return result;
  if (!other) return hand_over(job, result.took, watch.passed_ns());
  job.serve_by_reference();  // it goes on where it was put right
  return std::move(other->result);
}

Conduct CanaryReferee::conduct_of(View& view, const std::vector<Write>& writes) const {
  return watch(file_->law.manifest, writes,
               [&view](std::string_view key) { return view.peek(key); });
}

// Both end their step at the same place, or their writes could not be compared. None: the store or the host ended it.
std::optional<CanaryReferee::Reference> CanaryReferee::run_reference(Job& job, View& view,
                                                                     const StepInput& input,
                                                                     const StepResult& candidate) {
  StepInput same = input;
  if (!is_fault(candidate.status)) {
    same.yield_after =
        candidate.yielded ? candidate.yields_denied : std::numeric_limits<std::uint32_t>::max();
  }
  View again(view.snapshot(), view.layers());
  const HookTimer timer;
  job.set_in_reference(true);  // a hang in it is its own
  StepResult result = run_step(*job.reference, again, same);
  job.set_in_reference(false);
  const std::uint64_t took_us = timer.took_us(result.took);
  if (!comparable(result.status)) return std::nullopt;
  file_->scores.update(
      [&](Scores& scores) { count(scores.active, job, took_us, is_fault(result.status)); });
  Conduct conduct = conduct_of(again, result.writes);
  return Reference{std::move(result), std::move(conduct)};
}

// The other release runs the step on a view of its own, with the time that is left of the caller's as if this run had
// not been.
StepResult CanaryReferee::hand_over(Job& job, std::chrono::nanoseconds took,
                                    std::uint64_t passed_ns) {
  job.serve_by_reference();
  if (job.deadline_ns != 0) job.deadline_ns += passed_ns;
  StepResult again = run_elsewhere();
  again.took = took;
  return again;
}

void CanaryReferee::count_candidate(const Job& job, const Tried& tried, const Blame& blame) {
  file_->scores.update([&](Scores& scores) {
    CanaryCounters& candidate = scores.candidate;
    count(candidate, job, tried.took_us, tried.fault());
    candidate.violations += blame.violations.size();
    candidate.escalations += blame.escalations;
    candidate.over_budget += blame.over_budget;
    candidate.pipeline_failures += blame.pipeline_failures;
  });
}

void CanaryReferee::keep_evidence(const Job& job, const StepInput& input, const Tried& tried,
                                  const Blame& blame, const std::optional<Reference>& other) {
  json::array violations(blame.violations.begin(), blame.violations.end());
  json::object file{
      {"tool", job.metric_name},
      {"requestId", job.request.request_id},
      {"step", job.step},
      {"nowMs", input.now_ms},
      {"arguments", embedded(job.request.args_json)},
      {"overdue", tried.overdue() ? json::value(tried.overrun) : json::value(nullptr)},
      {"violations", std::move(violations)},
      {"escalations", blame.escalations},
      {"pipelineFailures", blame.pipeline_failures},
      {"candidate", embedded(document_of(answer_of(tried.result)))},
      {"active", other ? embedded(document_of(answer_of(other->result))) : json::value(nullptr)}};
  file_->evidence.keep(tried.fault() ? "fault" : "conduct", file);
}

void CanaryReferee::merged(const std::vector<Write>& writes, std::uint64_t base) {
  if (const auto shadow = this->shadow()) shadow->recent().note(writes, base);
}

}  // namespace gateway
