#include "daemon/lock_sweeper.hpp"

#include <chrono>
#include <utility>

#include "base/json.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

void add(LockCounts& to, const LockCounts& counts) {
  to.found += counts.found;
  to.removed += counts.removed;
  to.kept += counts.kept;
  to.errors += counts.errors;
}

json::object to_json(const LockCounts& counts) {
  return {{"found", counts.found},
          {"removed", counts.removed},
          {"kept", counts.kept},
          {"errors", counts.errors}};
}

}  // namespace

LockSweeper::LockSweeper(const Runtime& runtime, std::string root, const LockSweepConfig& config,
                         const Logger& log)
    : runtime_(runtime), root_(std::move(root)), log_(log), config_(config) {
  thread_ = std::thread([this] { loop(); });
}

LockSweeper::~LockSweeper() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void LockSweeper::configure(const LockSweepConfig& config) {
  const std::lock_guard lock(mutex_);
  config_ = config;
  changed_.notify_all();
}

void LockSweeper::loop() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    const LockSweepConfig config = config_;
    if (config.enabled) {
      lock.unlock();
      run(config);
      lock.lock();
    }
    const auto other = [&] { return ending_ || config_ != config; };
    if (config.enabled) {
      changed_.wait_for(lock, std::chrono::seconds(config.every_seconds), other);
    } else {
      changed_.wait(lock, other);
    }
  }
}

void LockSweeper::run(const LockSweepConfig& config) {
  const LockCounts counts = sweep_session_locks(root_, config.stale_seconds, unix_ms());
  add(totals_, counts);
  ++runs_;
  if (counts.removed > 0) {
    log_.info("removed stale session locks",
              {{"removed", std::to_string(counts.removed)}, {"root", root_}});
  }
  json::object last = to_json(counts);
  last["at"] = unix_ms();
  last["rootDir"] = root_;
  last["everySeconds"] = config.every_seconds;
  last["staleSeconds"] = config.stale_seconds;
  json::object totals = to_json(totals_);
  totals["runs"] = runs_;
  gateway::Request report;
  report.name = "ansible_report_lock_sweep";
  report.caller_kind = GW_CALLER_HOST;
  report.client = "lock-sweep";
  report.args_json =
      json::canonical(json::object{{"lastStatus", std::move(last)}, {"totals", std::move(totals)}});
  // What becomes of the report is the next report's affair: it has the totals.
  if (const auto host = runtime_.host()) host->call(std::move(report), [](gateway::Outcome) {});
}

}  // namespace gateway_app
