#include "canary/watch_guard.hpp"

namespace gateway {

StepResult WatchGuard::run(Job& job, View& view, const StepInput& input) {
  StepResult result = run_step(*job.lease, view, input);
  if (result.writes.empty() || job.lease->release().sha256 != watched_sha256_) return result;
  const Conduct conduct =
      watch(law_.manifest, result.writes, [&view](std::string_view key) { return view.peek(key); });
  for (const std::string& violation : conduct.violations) {
    executor_.count_violation(watched_sha256_, {input.now_ms, job.metric_name,
                                                job.request.request_id, "violation", violation});
  }
  if (conduct.violations.empty() && !conduct.unknown) return result;
  Slot::Lease parked = slot_.parked();
  if (!parked) return result;
  View again(view.snapshot(), view.layers());
  job.serve_by(std::move(parked));
  StepResult other = run_step(*job.lease, again, input);
  return comparable(other.status) ? std::move(other) : run_elsewhere();
}

}  // namespace gateway
