#include "tasks/lease_sweep.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/inbox_stream.hpp"
#include "tasks/task_store.hpp"
#include "tasks/transitions.hpp"

namespace ansible {
namespace {

constexpr std::string_view kLeases = "lease/";
constexpr std::string_view kRetries = "retry/";

// The task that an index by time has first; nothing when its time has not come.
std::optional<Task> next_due(Context& context, std::string_view prefix) {
  std::string id;
  context.txn.scan(prefix, std::string(prefix) + key::ms(context.now_ms + 1), {.limit = 1},
                   [&](std::string_view at, std::string_view) {
                     id = at.substr(at.rfind('/') + 1);
                     return false;
                   });
  if (id.empty()) return std::nullopt;
  return load_task_at(context.txn, "task/" + id);
}

// Its rest is over.
void offer_again(Context& context, const Task& stored) {
  Task task = stored;
  task.retry.erase("notBeforeAt");
  update_task(context.txn, stored, task);
  offer_task(context, task);
}

void expire(Context& context, const Task& stored) {
  Task task = stored;
  json::object details;
  set_field(details, "claimedBy_agent", stored.claimed_by_agent);
  set_field(details, "leaseExpiresAt", stored.lease_expires_at);
  carry_out(context, stored, task,
            {.action = Action::kExpire,
             .by_agent = context.node_id(),
             .reason = "lease_expired",
             .note = "the claim's lease ran out without an update",
             .details = std::move(details)});
}

std::int64_t released_before(const Context& context) {
  std::int64_t count = 0;
  const std::string& text = context.continuation;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace

ToolResult lease_sweep(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  std::int64_t released = released_before(context);
  while (const auto task = next_due(context, kRetries)) {
    offer_again(context, *task);
    if (context.txn.should_yield()) return More{std::to_string(released)};
  }
  while (const auto task = next_due(context, kLeases)) {
    expire(context, *task);
    ++released;
    if (context.txn.should_yield()) return More{std::to_string(released)};
  }
  return json::object{{"success", true}, {"released", released}};
}

}  // namespace ansible
