// What the verbs on a stored task have in common: who acts, which task, and the ledger around the
// effect.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/actor.hpp"
#include "core/context.hpp"
#include "core/error.hpp"
#include "records/task.hpp"
#include "tasks/transitions.hpp"
#include "tools/tool.hpp"

namespace ansible {

// A verb's name in the ledger, and whether it replays without its key (T-6: claim and complete do).
struct Verb {
  std::string_view name;
  std::optional<Action> replays_keyless = {};
};

struct TaskCall {
  Actor actor;
  Task task;                                // as stored
  std::optional<json::object> replay = {};  // the reply, when this request had its effect before
  std::string ledger_key = {};              // empty: nothing to remember
  std::string digest = {};
};

// Resolves actor (`agentId`, `agent_token`) and task (`taskId`), and looks into the ledger, in this
// order.
// Errors: those of resolve_actor and find_task_by_id; idempotency_conflict (T-4).
Result<TaskCall> open_call(Context& context, const Args& args, const Verb& verb);

// Remembers the reply under the call's key and returns it.
json::object finish_call(Context& context, const TaskCall& call, json::object reply);

// The caller's idempotency key, trimmed; empty when there is none.
std::string idempotency_key(const Args& args);

// The original reply as a replay gives it (T-3): `idempotent`, the task's current status and
// claimer.
json::object replayed(json::object reply, const Task& now);

// T-4: same key, other arguments.
Error idempotency_conflict(std::string_view key);

// Refuses with not_claimer unless the actor holds (or held last) the task (T-7).
std::optional<Error> refuse_non_claimer(const TaskCall& call, std::string_view verb);

// {id, title, status}
json::object brief_task(const Task& task);

// 1234abcd "Title"
std::string named_task(const Task& task);

// An overloaded refusal (ARG-5). `numbers` becomes the member `backpressure`.
Error overloaded(std::string text, std::int64_t retry_after_ms, json::object numbers);

// How long a caller should wait when a limit that others have to free is reached.
inline constexpr std::int64_t kRetryAfterMs = 5'000;

}  // namespace ansible
