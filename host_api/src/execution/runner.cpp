#include "execution/runner.hpp"

#include <algorithm>

#include "execution/json_lookup.hpp"
#include "journal/journal_format.hpp"

namespace gateway {
namespace {

StepResult failed(gw_status status, std::string message) {
  StepResult result;
  result.status = status;
  result.error = std::move(message);
  return result;
}

StepResult not_coordinator() {
  StepResult result;
  result.status = GW_REFUSED;
  result.body =
      R"({"code":"not_coordinator","error":"only the coordinator runs this sweep; see status"})";
  return result;
}

StepResult as_they_are(const std::vector<Write>& writes) {
  StepResult result;
  result.status = GW_OK;
  result.writes = writes;
  return result;
}

std::uint64_t nanoseconds(std::chrono::nanoseconds duration) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(duration.count(), 0));
}

}  // namespace

StoreResult<NodeRole> read_role(const NodeState& node, const CoordinatorKey& nominated, View& view,
                                bool tracked) {
  if (nominated.key.empty()) return node.role({});
  std::string document;
  if (tracked) {
    auto read = view.get(nominated.key);
    if (!read) return std::move(read).error();
    document = std::string(read->value_or(std::string_view()));
  } else {
    auto read = view.peek(nominated.key);
    if (!read) return std::move(read).error();
    document = read->value_or(std::string());
  }
  return node.role(document.empty() ? std::string() : string_at(document, nominated.pointer));
}

StepRunner::StepRunner(const ExecutorOptions& options, CallDesk& desk, const NodeState& node)
    : options_(options), desk_(desk), node_(node), seed_(crypto::make_seed(options.seed)) {}

StoreResult<NodeRole> StepRunner::role_of(const Job& job, View& view) const {
  return read_role(node_, job.lease->manifest().coordinator, view, job.coordinator_only);
}

StepResult StepRunner::run(Job& job, View& view) {
  if (!job.host_writes.empty()) return as_they_are(job.host_writes);
  if (!job.ran) {
    desk_.meters().queued(job.metric_name, desk_.clock().steady_ns() - job.arrived_ns);
  }
  job.ran = true;
  job.now_ms = std::max(job.now_ms, desk_.clock().now_ms());

  auto role = role_of(job, view);
  if (!role) return failed(role.error().status, role.error().message);
  if (job.coordinator_only && !role->sweeps) return not_coordinator();

  const Request& request = job.request;
  StepInput input;
  input.hook = job.hook;
  input.name = request.name;
  input.args_json = request.args_json;
  input.request_id = request.request_id;
  input.trace_id = request.trace_id;
  input.node_id = node_.identity().node_id;
  if (request.caller_kind == GW_CALLER_AGENT) input.caller_agent = request.caller_agent;
  input.continuation = job.continuation;
  input.outcome = request.outcome;
  input.detail = request.detail;
  input.flags = job.flags;
  input.caller_kind = request.caller_kind;
  input.attempt = job.attempt;
  input.step = job.step;
  input.now_ms = job.now_ms;
  input.deadline_ns = job.deadline_ns;
  input.role = std::move(*role);
  input.seed = seed_;
  input.slice = options_.step_slice;
  input.max_reply = job.max_reply;
  input.cancelled = &desk_.given_up();
  input.cut = &job.cut;

  const std::uint64_t began_ns = desk_.clock().steady_ns();
  StepResult result =
      job.referee ? job.referee->run(job, view, input) : run_step(*job.lease, view, input);
  count(job, result, began_ns);
  desk_.meters().ran(job.metric_name, nanoseconds(result.took));
  notify(request, result.trace);
  if (options_.journal && comparable(result.status)) {
    result.record = journal::step_payload(input, result);
  }
  return result;
}

// What speaks for or against the release.
void StepRunner::count(const Job& job, const StepResult& result, std::uint64_t began_ns) {
  if (result.status == GW_CONFLICT) return;
  const std::string& sha256 = job.lease->release().sha256;
  ReleaseBook& book = desk_.releases();
  book.step(sha256, job.metric_name, result.took);
  desk_.breaker().returned(sha256, job.metric_name);
  FailedCall call{job.now_ms, job.metric_name, job.request.request_id, "internal", result.error};
  if (result.status == GW_INTERNAL) {
    book.failed(sha256, &ReleaseCounts::internal, std::move(call));
  } else if (const char* why = job.overrun(result, began_ns, desk_.clock().steady_ns());
             why != nullptr && !desk_.given_up()) {
    call.what = "overrun";
    call.message = why;
    book.failed(sha256, &ReleaseCounts::overruns, std::move(call));
  }
}

void StepRunner::publish(const Job& job, const StepResult& result) {
  if ((job.flags & GW_CALL_DRY_RUN) != 0) return;
  for (const LogLine& line : result.logs) desk_.log(line.level, "plugin", line.text);
  desk_.meters().plugin(result.metrics);
}

void StepRunner::observe(Observer observer) {
  auto shared = std::make_shared<const Observer>(std::move(observer));
  const std::lock_guard lock(observer_mutex_);
  observer_ = std::move(shared);
}

void StepRunner::notify(const Request& request, const CallTrace& trace) const {
  std::shared_ptr<const Observer> observer;
  {
    const std::lock_guard lock(observer_mutex_);
    observer = observer_;
  }
  if (observer && *observer) (*observer)(request, trace);
}

}  // namespace gateway
