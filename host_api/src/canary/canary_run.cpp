#include "canary/canary_run.hpp"

#include "canary/judge.hpp"

#include <chrono>
#include <thread>

namespace gateway {
namespace {

// Steps that still hold the shadow are soon over: it is only ever held while a call is handed over.
constexpr std::chrono::milliseconds kHandOver{1};

}  // namespace

CanaryRun::CanaryRun(Parts parts, Subject subject)
    : parts_(std::move(parts)),
      subject_(std::move(subject)),
      file_(std::make_shared<CaseFile>(subject_.law, subject_.root, subject_.id)),
      referee_(std::make_shared<CanaryReferee>(parts_.slot, parts_.clock, subject_.candidate.sha256,
                                               file_)),
      stage_(subject_.policy.from_stage),
      latency_before_(subject_.latency_before) {}

CanaryRun::~CanaryRun() { leave(); }

Result<void> CanaryRun::enter(CanaryStage stage) {
  if (stage == CanaryStage::kShadow) {
    if (auto started = start_shadow(); !started) return started;
  } else {
    stop_shadow();
  }
  {
    const std::lock_guard lock(mutex_);
    if (stage == CanaryStage::kSoak && latency_before_.empty()) {
      latency_before_ = soak_baseline(parts_.executor.latencies(subject_.active.sha256),
                                      file_->scores.read().active.latency, subject_.policy);
    }
    file_->scores.clear();
    stage_ = stage;
    stage_started_ms_ = parts_.clock.now_ms();
    clock_from_ns_ = parts_.clock.steady_ns();
    clock_before_ms_ = 0;
    verdict_ = gateway::judge({stage, 0, {}, {}}, subject_.policy);
    apply_plan();
  }
  parts_.executor.set_referee(referee_);
  return {};
}

Result<void> CanaryRun::start_shadow() {
  Shadow::Options options;
  options.link = subject_.shadow;
  options.sides = {subject_.active, subject_.candidate};
  options.allow = subject_.policy.allow;
  options.log = parts_.log;
  auto shadow = Shadow::start(std::move(options), parts_.engine, file_);
  if (!shadow) return shadow.error();
  shadow_ = std::move(*shadow);
  referee_->set_shadow(shadow_);
  return {};
}

// Ends the shadow here and not on an executor's thread, which may hold it for a moment longer.
void CanaryRun::stop_shadow() {
  if (shadow_ == nullptr) return;
  referee_->set_shadow(nullptr);
  while (shadow_.use_count() > 1) std::this_thread::sleep_for(kHandOver);
  shadow_.reset();
}

// With the mutex held.
void CanaryRun::apply_plan() {
  share_ = 100;
  if (stage_ == CanaryStage::kShadow) share_ = subject_.policy.shadow_percent;
  if (stage_ == CanaryStage::kSplit) {
    share_ = split_share(elapsed_ms(), file_->scores.read().candidate.calls, subject_.policy);
  }
  if (paused_ && stage_ != CanaryStage::kSoak) share_ = 0;
  referee_->set_plan({stage_, share_});
}

std::int64_t CanaryRun::elapsed_ms() const {
  if (paused_ || over_) return clock_before_ms_;
  return clock_before_ms_ +
         static_cast<std::int64_t>((parts_.clock.steady_ns() - clock_from_ns_) / 1'000'000);
}

// What the active release does: over the same time, or until it was replaced.
CanaryCounters CanaryRun::usual(const Scores& scores) const {
  CanaryCounters active = scores.active;
  if (stage_ == CanaryStage::kSoak) active.latency = latency_before_;
  return active;
}

CanaryVerdict CanaryRun::judge() {
  const std::lock_guard lock(mutex_);
  const Scores scores = file_->scores.read();
  const CanaryCounters active = usual(scores);
  verdict_ = gateway::judge({stage_, elapsed_ms(), active, scores.candidate}, subject_.policy);
  if (stage_ == CanaryStage::kSplit) apply_plan();
  CanaryVerdict verdict = verdict_;
  if (paused_ && verdict.judgement != Judgement::kFail) verdict.judgement = Judgement::kGoOn;
  return verdict;
}

void CanaryRun::condemn(CanaryMeasure measure, std::string reason) {
  const std::lock_guard lock(mutex_);
  verdict_.judgement = Judgement::kFail;
  verdict_.rule = measure.rule;
  verdict_.reason = std::move(reason);
  verdict_.measures.push_back(std::move(measure));
}

void CanaryRun::set_paused(bool paused) {
  const std::lock_guard lock(mutex_);
  if (paused == paused_) return;
  clock_before_ms_ = elapsed_ms();
  clock_from_ns_ = parts_.clock.steady_ns();
  paused_ = paused;
  apply_plan();
}

void CanaryRun::close() {
  referee_->close();
  const std::lock_guard lock(mutex_);
  if (!over_) clock_before_ms_ = elapsed_ms();
  over_ = true;
}

void CanaryRun::leave() {
  close();
  parts_.executor.set_referee(nullptr);
  stop_shadow();
}

void CanaryRun::conclude(const std::string& outcome, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    if (verdict_.reason.empty()) verdict_.reason = reason;
  }
  file_->evidence.conclude(to_json(status()));
}

CanaryStatus CanaryRun::status() const {
  const std::lock_guard lock(mutex_);
  const Scores scores = file_->scores.read();
  CanaryStatus out;
  out.id = subject_.id;
  out.candidate = subject_.candidate;
  out.active = subject_.active;
  out.stage = stage_;
  out.running = outcome_.empty();
  out.paused = paused_;
  out.outcome = outcome_;
  out.share_percent = over_ ? 0 : share_;
  out.started_ms = subject_.started_ms;
  out.stage_started_ms = stage_started_ms_;
  out.stage_elapsed_ms = elapsed_ms();
  out.policy = subject_.policy;
  out.active_counters = usual(scores);
  out.candidate_counters = scores.candidate;
  out.shed = scores.shed;
  out.stale = scores.stale;
  out.restarts = scores.restarts;
  out.verdict = verdict_;
  if (!file_->evidence.files().empty()) out.evidence = file_->evidence.directory();
  return out;
}

}  // namespace gateway
