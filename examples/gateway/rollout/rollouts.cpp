#include "rollout/rollouts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rollout/lifecycle.hpp"

namespace gateway_app {
namespace {

using gateway::CanaryOrder;
using gateway::Error;
using gateway::Host;
using gateway::KnownRelease;
using gateway::Result;

constexpr std::chrono::milliseconds kRetryWriting{1'000};

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

const Error kNone{"no_rollout",
                  "no rollout was ever started here\n  start one with: openclaw rollout start --to "
                  "VERSION"};

bool hex_prefix(const std::string& what) {
  return what.size() >= 6 && what.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string last_part(const std::string& what) {
  std::string label;
  for (const char c : what.substr(what.rfind('/') + 1)) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-';
    label += plain ? c : '-';
  }
  return label.substr(0, 40);
}

}  // namespace

std::optional<Error> why_not_startable(const gateway::SlotStatus& slot,
                                       const std::vector<KnownRelease>& kept,
                                       const std::string& what) {
  if (!slot.active) {
    return Error{"no_plugin",
                 "no plugin is active: there is nothing to judge a release against\n  activate a "
                 "first one with: openclaw plugins swap"};
  }
  if (slot.trial && slot.trial->phase == gateway::Phase::kWatch) {
    return Error{"watch_running",
                 "the active release was swapped in and is still being watched: it is on trial "
                 "itself\n  wait until its window ends, or roll back"};
  }
  if (slot.trial) {
    return Error{"canary_running", fmt::format("version {} is on trial already; abort or promote "
                                               "it first",
                                               slot.trial->role.release.version)};
  }
  if (what.find('/') != std::string::npos) return std::nullopt;
  std::vector<const KnownRelease*> matches;
  for (const KnownRelease& release : kept) {
    const bool named = release.release.version == what ||
                       (hex_prefix(what) && release.release.sha256.starts_with(what));
    if (named) matches.push_back(&release);
  }
  if (matches.empty()) {
    return Error{"not_found",
                 fmt::format("no kept release has the version \"{0}\" or a SHA-256 that begins "
                             "with it (at least 6 hex digits)\n  install it first with: openclaw "
                             "plugins install FILE, or name a file",
                             what)};
  }
  if (matches.size() > 1) {
    std::string list;
    for (const KnownRelease* release : matches) list += "\n  " + release->release.sha256;
    return Error{
        "ambiguous",
        fmt::format("several kept releases match \"{}\"; name one by its digest:{}", what, list)};
  }
  if (matches.front()->role == "active") {
    return Error{"already_active",
                 "version " + matches.front()->release.version + " is the active release already"};
  }
  return std::nullopt;
}

Rollouts::Rollouts(Options options)
    : options_(std::move(options)),
      store_(options_.directory, options_.log),
      thread_([this] { loop(); }) {}

Rollouts::~Rollouts() { stop(); }

void Rollouts::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  host_.reset();
}

void Rollouts::configure(const std::string& plugin_config) {
  const std::lock_guard lock(mutex_);
  signed_manifests_only_ = signed_manifests_only(plugin_config);
}

void Rollouts::attach(std::shared_ptr<Host> host, RolloutNode node,
                      const std::string& plugin_config) {
  configure(plugin_config);
  auto newest = store_.newest();
  if (!newest) say(GW_LOG_ERROR, "the last rollout cannot be read: " + newest.error().message);
  const std::lock_guard lock(mutex_);
  host_ = std::move(host);
  node_ = std::move(node);
  if (newest && !current_) current_ = *std::move(newest);
  if (current_ && !current_->over()) {
    say(GW_LOG_INFO,
        fmt::format("rollout {} goes on with {}", current_->id, step_name(current_->step)));
  }
  changed_.notify_all();
}

std::optional<RolloutRecord> Rollouts::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Result<RolloutRecord> Rollouts::find(const std::string& id) const {
  if (!id.empty()) return store_.find(id);
  if (auto record = current()) return *std::move(record);
  return kNone;
}

Result<RolloutRecord> Rollouts::start(RolloutPlan plan) {
  std::shared_ptr<Host> host;
  RolloutNode node;
  {
    const std::lock_guard lock(mutex_);
    host = host_;
    node = node_;
  }
  if (!host) return Error{"plugin_unavailable", "no plugin is loaded: the gateway is not up"};
  if (const auto running = current(); running && !running->over()) {
    return Error{"rollout_running",
                 fmt::format("rollout {} to {} is going on ({}); one at a time\n  see: openclaw "
                             "rollout status, or end it with: openclaw rollout abort",
                             running->id, running->plan.what, rollout_state(*running))};
  }
  auto policy = gateway::read_policy(json::canonical(plan.canary), host->canary_policy());
  if (!policy) return policy.error();
  const gateway::SlotStatus slot = host->status();
  if (auto why = why_not_startable(slot, host->releases(), plan.what)) return *std::move(why);
  const std::int64_t now = unix_ms();
  std::string id = fmt::format("{:013}-{}", now, last_part(plan.what));
  RolloutRecord record =
      begin_rollout(std::move(id), std::move(plan), {}, slot.active->release, std::move(node), now);
  const std::lock_guard writing(writing_);
  if (auto saved = store_.save(record); !saved) return saved.error();
  {
    const std::lock_guard lock(mutex_);
    current_ = record;
  }
  changed_.notify_all();
  return record;
}

// Down to the disk before anybody sees it.
Result<void> Rollouts::change(const RecordChange& change) {
  const std::lock_guard writing(writing_);
  auto record = current();
  if (!record) return kNone;
  change(*record);
  if (auto saved = store_.save(*record); !saved) return saved;
  const std::lock_guard lock(mutex_);
  current_ = std::move(record);
  changed_.notify_all();
  return {};
}

Result<RolloutRecord> Rollouts::order(RolloutOrder order) {
  const auto record = current();
  std::shared_ptr<Host> host;
  {
    const std::lock_guard lock(mutex_);
    host = host_;
  }
  if (!record || !host) return kNone;
  if (auto refusal = refuse_order(*record, order)) return *std::move(refusal);
  // Where no trial runs, or it waits for the lifecycle, the phases alone are held.
  const bool with_trial = record->step == Step::kCanary || record->step == Step::kSoak;
  if (with_trial && (order == RolloutOrder::kPause || order == RolloutOrder::kResume)) {
    auto steered = host->steer_canary(
        order == RolloutOrder::kPause ? CanaryOrder::kPause : CanaryOrder::kResume, "operator");
    if (!steered && steered.error().code != "no_canary") return steered.error();
  }
  // It may have just ended.
  auto changed = change([&](RolloutRecord& r) {
    if (!refuse_order(r, order)) apply_order(r, order, unix_ms());
  });
  if (!changed) return changed.error();
  return *current();
}

bool Rollouts::idle() const {
  return !host_ || !current_ || current_->over() ||
         (current_->paused && stage_of(current_->step) != Stage::kRollback &&
          current_->step != Step::kCanary && current_->step != Step::kSoak);
}

void Rollouts::loop() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ending_ || !idle(); });
      if (ending_) return;
    }
    if (!run_step()) return;
  }
}

// False: the gateway stops.
bool Rollouts::run_step() {
  std::shared_ptr<Host> host;
  RolloutRecord record;
  bool signed_only = false;
  {
    const std::lock_guard lock(mutex_);
    host = host_;
    record = *current_;
    signed_only = signed_manifests_only_;
  }
  Ground ground{*host,
                [this] { return *current(); },
                [this](const RecordChange& changing) { return change(changing); },
                [this](std::chrono::milliseconds time) { return pause_for(time); },
                [&](const char* where) { tell(record.step, where); },
                signed_only};
  tell(record.step, "begun");
  const bool forward = stage_of(record.step) != Stage::kRollback;
  std::optional<StepEnd> end;
  if (forward && record.abort && record.step != Step::kFinish) {
    end = StepEnd{StepEnd::Kind::kAborted, {}, "the operator ended it", {}};
  } else {
    end = run_of(record.step)(ground);
  }
  if (!end) return false;
  tell(record.step, "done");
  return keep(*end);
}

// What a step came to is written down before the next one begins, however long the disk takes.
bool Rollouts::keep(const StepEnd& end) {
  const RolloutRecord before = *current();
  for (;;) {
    auto kept = change([&](RolloutRecord& r) { r = advance(std::move(r), end, unix_ms()); });
    if (kept) break;
    say(GW_LOG_ERROR, "the rollout waits: " + kept.error().message);
    if (!pause_for(kRetryWriting)) return false;
  }
  const RolloutRecord now = *current();
  const bool bad = end.kind != StepEnd::Kind::kPassed;
  say(bad ? GW_LOG_WARN : GW_LOG_INFO,
      fmt::format("rollout {}: {} {}{}{}", now.id, step_name(before.step),
                  bad ? "did not pass" : "passed", bad ? ": " : "", end.reason));
  if (now.over()) say(GW_LOG_INFO, fmt::format("rollout {} ended: {}", now.id, now.outcome));
  return true;
}

bool Rollouts::pause_for(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return ending_; });
  return !ending_;
}

void Rollouts::say(std::uint32_t level, const std::string& text) const {
  if (options_.log) options_.log(level, "rollout", text);
}

void Rollouts::tell(Step step, const char* when) const {
  if (options_.at_step) options_.at_step(std::string(step_name(step)) + "." + when);
}

}  // namespace gateway_app
