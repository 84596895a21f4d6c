#include "actors/issue_once.hpp"

#include <utility>

#include "tasks/ledger.hpp"
#include "tasks/task_call.hpp"

namespace ansible {

Result<IssueOnce> open_issue(Context& context, const Args& args, const Actor& actor,
                             std::string_view tool) {
  const std::string key = idempotency_key(args);
  IssueOnce once;
  if (key.empty()) return once;
  once.ledger_key = tool_ledger_key(context, actor.id, tool, key);
  once.digest = args_digest(context, args, {});
  auto entry = load_ledger(context.txn, once.ledger_key);
  if (!entry) return once;
  if (entry->digest != once.digest) return idempotency_conflict(key);
  once.replay = std::move(entry->reply);
  (*once.replay)["idempotent"] = true;
  return once;
}

json::object finish_issue(Context& context, const IssueOnce& once, json::object reply,
                          std::string_view secret) {
  if (once.ledger_key.empty()) return reply;
  json::object kept = reply;
  if (!secret.empty()) kept.erase(secret);
  save_ledger(context.txn, once.ledger_key,
              {.digest = once.digest, .reply = std::move(kept), .at = context.now_ms});
  return reply;
}

}  // namespace ansible
