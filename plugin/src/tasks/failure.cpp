#include "tasks/failure.hpp"

#include <algorithm>
#include <utility>

#include "core/fields.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

constexpr std::size_t kSummaryCharacters = 200;
constexpr std::int64_t kFirstBackoffMs = 2'000;
constexpr std::int64_t kLongestBackoffMs = 300'000;

// T-15: 2 s x 2^(n-1), at most 300 s, +-20 %.
std::int64_t backoff_ms(Context& context, std::int64_t failures) {
  std::int64_t base = kFirstBackoffMs;
  for (std::int64_t n = 1; n < failures && base < kLongestBackoffMs; ++n) base *= 2;
  base = std::min(base, kLongestBackoffMs);
  std::array<std::uint8_t, 4> random{};
  context.txn.random("retry-backoff", random);
  std::int64_t draw = 0;
  for (const std::uint8_t byte : random) draw = draw * 256 + byte;
  const std::int64_t fifth = base / 5;
  return base - fifth + draw % (2 * fifth + 1);
}

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
  const std::int64_t not_before = context.now_ms + backoff_ms(context, failures + 1);
  task.retry["lastRetryableFailureAt"] = context.now_ms;
  task.retry["notBeforeAt"] = not_before;
  return not_before;
}

}  // namespace ansible
