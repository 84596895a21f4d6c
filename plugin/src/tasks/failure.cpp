#include "tasks/failure.hpp"

#include <algorithm>
#include <utility>

#include "core/backoff.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

constexpr std::size_t kSummaryCharacters = 200;

}  // namespace

std::optional<std::int64_t> record_failure(Context& context, Task& task, const Args& args,
                                           std::string_view actor) {
  const std::int64_t budget = backpressure(load_coordination(context.txn)).retry_budget;
  const std::int64_t failures = int_field(task.retry, "retryableFailureCount").value_or(0);
  const bool retryable = args.flag("retryable");
  const bool exceeded = retryable && failures + 1 > budget;
  const bool requeued = retryable && !exceeded;

  std::string failure_class = args.text_or("failure_class", "execution_error");
  auto failure_code = args.text("failure_code");
  if (exceeded) {
    failure_class = "failed_terminal";
    failure_code = "retry_budget_exceeded";
  }
  task.failure = {{"failureClass", failure_class},
                  {"terminal", args.flag("terminal") || failure_class == "failed_terminal"},
                  {"retryable", requeued},
                  {"failedAt", context.now_ms},
                  {"failedByAgentId", actor},
                  {"failedByNodeId", context.node_id()}};
  set_field(task.failure, "failureCode", failure_code);
  const std::string why = args.has("note") ? args.text_or("note", "") : args.text_or("result", "");
  task.failure["errorSummary"] = excerpt(why, kSummaryCharacters);

  task.retry["retryBudget"] = budget;
  task.retry["retryableFailureCount"] = requeued ? failures + 1 : failures;
  if (exceeded) task.retry["retryBudgetExceededAt"] = context.now_ms;
  if (!requeued) return std::nullopt;
  const std::int64_t not_before =
      context.now_ms + backoff_ms(context.txn, "retry-backoff", failures + 1);
  task.retry["lastRetryableFailureAt"] = context.now_ms;
  task.retry["notBeforeAt"] = not_before;
  return not_before;
}

}  // namespace ansible
