#include "tasks/task_call.hpp"

#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "tasks/ledger.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

// T-3: an effect of this actor that somebody has overtaken since. (Only the verbs that need the
// claim.)
void mark_superseded(json::object& reply, const TaskCall& call, const Verb& verb) {
  const bool needs_claim = verb.name == "claim" || verb.name == "update" || verb.name == "complete";
  if (needs_claim && call.task.claimed_by_agent != call.actor.id) reply["superseded"] = true;
}

// What the same words did under another key, or under none (T-6, reference 2.4). Only when their verb is no longer
// possible: after a release the same agent may claim again with the same words. A new key asks for a claim of one's own,
// so an effect that somebody has overtaken since does not answer it.
std::optional<LedgerEntry> effect_of_words(Context& context, const TaskCall& call, const Verb& verb,
                                           const std::string& key) {
  if (!verb.replays_keyless || next_status(call.task.status, *verb.replays_keyless)) {
    return std::nullopt;
  }
  if (!key.empty() && call.task.claimed_by_agent != call.actor.id) return std::nullopt;
  auto effect = last_effect(context.txn, call.task.id, verb.name, call.actor.id, call.digest);
  if (effect && !key.empty()) save_ledger(context.txn, call.ledger_key, *effect);
  return effect;
}

// T-3 ... T-6. Nothing when the request had no effect before: the table decides.
std::optional<Error> consult_ledger(Context& context, TaskCall& call, const Verb& verb,
                                    const std::string& key) {
  std::optional<LedgerEntry> entry;
  if (!key.empty()) entry = load_ledger(context.txn, call.ledger_key);
  if (entry && entry->digest != call.digest) return idempotency_conflict(key);
  if (!entry) entry = effect_of_words(context, call, verb, key);
  if (!entry) return std::nullopt;
  call.replay = replayed(entry->reply, call.task);
  mark_superseded(*call.replay, call, verb);
  return std::nullopt;
}

// T-5: an entry outlives a task that retention has pruned. The request must name the task by its whole id.
std::optional<TaskCall> replay_of_pruned(Context& context, const Args& args, const Verb& verb,
                                         const Actor& actor) {
  const std::string key = idempotency_key(args);
  if (key.empty() && !verb.replays_keyless) return std::nullopt;
  const std::string id = trimmed(args.text_or("taskId", ""));
  const std::string digest = args_digest(context, args, {{"taskId", id}});
  const auto entry =
      key.empty()
          ? last_effect(context.txn, id, verb.name, actor.id, digest)
          : load_ledger(context.txn, task_ledger_key(context, id, verb.name, actor.id, key));
  if (!entry || entry->digest != digest) return std::nullopt;
  TaskCall call{.actor = actor, .task = {}, .replay = entry->reply};
  (*call.replay)["idempotent"] = true;
  return call;
}

}  // namespace

Result<TaskCall> open_call(Context& context, const Args& args, const Verb& verb) {
  auto actor = resolve_actor(context, args);
  if (!actor.ok()) return std::move(actor.error());
  auto task = find_task_by_id(context.txn, args.text_or("taskId", ""));
  if (!task.ok()) {
    if (auto replay = replay_of_pruned(context, args, verb, *actor)) return std::move(*replay);
    return std::move(task.error());
  }
  TaskCall call{.actor = std::move(*actor), .task = std::move(*task)};
  const std::string key = idempotency_key(args);
  if (key.empty() && !verb.replays_keyless) return call;
  call.ledger_key = task_ledger_key(context, call.task.id, verb.name, call.actor.id, key);
  call.digest = args_digest(context, args, {{"taskId", call.task.id}});
  if (auto refusal = consult_ledger(context, call, verb, key)) return std::move(*refusal);
  return call;
}

json::object finish_call(Context& context, const TaskCall& call, json::object reply) {
  if (!call.ledger_key.empty()) {
    save_ledger(context.txn, call.ledger_key,
                {.digest = call.digest, .reply = reply, .at = context.now_ms});
  }
  return reply;
}

std::string idempotency_key(const Args& args) {
  return trimmed(args.text_or("idempotency_key", ""));
}

json::object replayed(json::object reply, const Task& now) {
  reply["idempotent"] = true;
  json::object task = object_field(reply, "task");
  task["id"] = now.id;
  task["title"] = now.title;
  task["status"] = to_text(now.status);
  const json::value claimer =
      now.claimed_by_agent ? json::value(*now.claimed_by_agent) : json::value(nullptr);
  task["claimedBy_agent"] = claimer;
  reply["task"] = std::move(task);
  reply["claimedBy_agent"] = claimer;
  return reply;
}

Error idempotency_conflict(std::string_view key) {
  return {code::kIdempotencyConflict,
          "idempotency_key '" + std::string(key) +
              "' was used before with other arguments; nothing was changed. Repeat the original "
              "arguments, or use a new key for a new request",
          {{"idempotency_key", key}}};
}

std::optional<Error> refuse_non_claimer(const TaskCall& call, std::string_view verb) {
  const Task& task = call.task;
  if (task.claimed_by_agent == call.actor.id) return std::nullopt;
  const std::string holder = task.claimed_by_agent
                                 ? "it is claimed by '" + *task.claimed_by_agent + "'"
                                 : "nobody has claimed it; claim it first with ansible_claim_task";
  json::object details{{"status", to_text(task.status)}};
  set_field(details, "claimedBy_agent", task.claimed_by_agent);
  return Error{code::kNotClaimer,
               "'" + call.actor.id + "' cannot " + std::string(verb) + " task " +
                   std::string(short_id(task.id)) + ": " + holder,
               std::move(details)};
}

json::object brief_task(const Task& task) {
  return {{"id", task.id}, {"title", task.title}, {"status", to_text(task.status)}};
}

std::string named_task(const Task& task) {
  return std::string(short_id(task.id)) + " \"" + task.title + '"';
}

Error overloaded(std::string text, std::int64_t retry_after_ms, json::object numbers) {
  return {code::kOverloaded,
          std::move(text),
          {{"retryAfterMs", retry_after_ms}, {"backpressure", std::move(numbers)}}};
}

}  // namespace ansible
