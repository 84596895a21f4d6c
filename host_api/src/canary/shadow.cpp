#include "canary/shadow.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>

#include "base/json.hpp"

namespace gateway {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxQueue = 512;
constexpr std::uint64_t kMaxQueuedBytes = 32u << 20;
constexpr std::chrono::seconds kReviveAfter{1};
constexpr int kNice = 5;

std::uint64_t size_of(const ShadowCase& shadow_case) {
  return shadow_case.reads.bytes() + shadow_case.question.args_json.size() +
         shadow_case.active.body.size();
}

json::value embedded(const std::string& text) {
  auto parsed = json::parse(text);
  if (parsed) return std::move(*parsed);
  return json::valid_utf8(text) ? json::value(text) : json::value("(bytes)");
}

json::object finding(const ShadowCase& asked) {
  return {{"tool", asked.tool},
          {"requestId", asked.question.request_id},
          {"step", asked.question.step},
          {"nowMs", asked.question.now_ms},
          {"arguments", embedded(asked.question.args_json)},
          {"active", embedded(document_of(asked.active))}};
}

// A case is put to the shadow as the active release's own fault or answer; what the store did to it says nothing.
void count_step(CanaryCounters& side, const std::string& tool, const wire::Answer& answer) {
  ++side.calls;
  side.latency[tool].add(answer.took_us);
  if (is_fault(answer.status)) ++side.internal_errors;
}

}  // namespace

Result<std::unique_ptr<Shadow>> Shadow::start(Options options, Engine& engine,
                                              std::shared_ptr<CaseFile> file) {
  std::unique_ptr<Shadow> shadow(new Shadow(std::move(options), engine, std::move(file)));
  const auto begun = std::make_shared<std::promise<Result<void>>>();
  auto first = begun->get_future();
  shadow->thread_ = std::thread([raw = shadow.get(), begun] {
    // Here, because the process ends with the thread that started it.
    auto link = ShadowLink::start(raw->options_.link, raw->stopping_);
    if (!link) return begun->set_value(link.error());
    raw->link_ = std::move(*link);
    begun->set_value(Result<void>());
    raw->run();
  });
  if (auto started = first.get(); !started) return started.error();
  return shadow;
}

Shadow::Shadow(Options options, Engine& engine, std::shared_ptr<CaseFile> file)
    : options_(std::move(options)), engine_(engine), file_(std::move(file)) {}

Shadow::~Shadow() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  waiting_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Shadow::offer(ShadowCase shadow_case) {
  {
    const std::lock_guard lock(mutex_);
    const std::uint64_t bytes = size_of(shadow_case);
    if (queue_.size() < kMaxQueue && queued_bytes_ + bytes <= kMaxQueuedBytes) {
      queued_bytes_ += bytes;
      queue_.push_back(std::move(shadow_case));
      waiting_.notify_one();
      return;
    }
  }
  file_->scores.update([](Scores& scores) { ++scores.shed; });
}

void Shadow::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);  // of this thread alone
  for (;;) {
    ShadowCase next;
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (stopping_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= size_of(next);
    }
    if (revive()) {
      judge(next);
    } else {
      file_->scores.update([](Scores& scores) { ++scores.shed; });
    }
  }
}

// True when there is a process to ask.
bool Shadow::revive() {
  if (link_ != nullptr) return true;
  if (std::chrono::steady_clock::now() < revive_at_) return false;
  revive_at_ = std::chrono::steady_clock::now() + kReviveAfter;
  auto link = ShadowLink::start(options_.link, stopping_);
  if (!link) {
    if (options_.log) options_.log(GW_LOG_WARN, "canary", link.error().message);
    return false;
  }
  link_ = std::move(*link);
  file_->scores.update([](Scores& scores) { ++scores.restarts; });
  return true;
}

void Shadow::judge(const ShadowCase& asked) {
  const ShadowLink::Reply reply =
      link_->ask(asked.question, asked.reads, state_at(asked.base, engine_, recent_));
  switch (reply.end) {
    case ShadowLink::End::kAnswered:
      return answered(asked, reply.answer);
    case ShadowLink::End::kMoved:
      return file_->scores.update([](Scores& scores) { ++scores.stale; });
    case ShadowLink::End::kCrashed:
    case ShadowLink::End::kSlow:
      return broken(asked, reply);
  }
}

void Shadow::answered(const ShadowCase& asked, const wire::Answer& answer) {
  const auto state = state_at(asked.base, engine_, recent_);
  const ValueBefore before = [&](std::string_view key) -> StoreResult<std::optional<std::string>> {
    const auto& points = asked.reads.points();
    if (const auto known = points.find(key); known != points.end()) return known->second;
    auto found = state.get({&key, 1});
    if (!found) return std::move(found).error();
    return std::move(found->front());
  };
  const Blame blame = weigh(file_->law, watch(file_->law.manifest, answer.writes, before),
                            watch(file_->law.manifest, asked.active.writes, before));
  const auto mismatches = compare(asked.active, answer, options_.sides, asked.tool, options_.allow);
  file_->scores.update([&](Scores& scores) {
    CanaryCounters& candidate = scores.candidate;
    count_step(candidate, asked.tool, answer);
    for (const Mismatch& mismatch : mismatches) {
      ++candidate.differences[static_cast<std::size_t>(mismatch.kind)];
    }
    candidate.violations += blame.violations.size();
    candidate.escalations += blame.escalations;
    candidate.over_budget += blame.over_budget;
    candidate.pipeline_failures += blame.pipeline_failures;
  });
  if (mismatches.empty() && !blame.any()) return;
  json::object file = finding(asked);
  file["candidate"] = embedded(document_of(answer));
  json::array violations(blame.violations.begin(), blame.violations.end());
  file["violations"] = std::move(violations);
  json::object places;
  for (const Mismatch& mismatch : mismatches) {
    places[difference_name(mismatch.kind)] =
        json::array(mismatch.pointers.begin(), mismatch.pointers.end());
  }
  file["differsAt"] = std::move(places);
  file_->evidence.keep(mismatches.empty() ? "conduct" : difference_name(mismatches.front().kind),
                       file);
}

void Shadow::broken(const ShadowCase& asked, const ShadowLink::Reply& reply) {
  link_.reset();
  if (stopping_) return;
  const Difference kind =
      reply.end == ShadowLink::End::kSlow ? Difference::kSlow : Difference::kCrash;
  json::object file = finding(asked);
  file["candidate"] = reply.words;
  file_->evidence.keep(difference_name(kind), file);
  file_->scores.update([&](Scores& scores) {
    ++scores.candidate.calls;
    ++scores.candidate.differences[static_cast<std::size_t>(kind)];
  });
}

}  // namespace gateway
