#include "tasks/create_once.hpp"

#include <optional>
#include <string>
#include <utility>

#include "core/fields.hpp"
#include "tasks/ledger.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

// The reply to an earlier request with this key (T-3); nothing when there was none.
Result<std::optional<json::object>> earlier_reply(Context& context, const std::string& ledger_key,
                                                  const std::string& digest,
                                                  const std::string& key) {
  const auto entry = load_ledger(context.txn, ledger_key);
  if (!entry) return std::optional<json::object>{};
  if (entry->digest != digest) return idempotency_conflict(key);
  const auto task = load_task(context.txn, text_field(entry->reply, "taskId").value_or(""));
  if (task) return std::optional{replayed(entry->reply, *task)};
  json::object reply = entry->reply;  // the task has been pruned since
  reply["idempotent"] = true;
  return std::optional{std::move(reply)};
}

}  // namespace

ToolResult create_once(Context& context, const Args& args, std::string_view tool,
                       CreateTask create) {
  const auto creator = resolve_actor(context, args);
  if (!creator.ok()) return creator.error();
  const std::string key = idempotency_key(args);
  std::string ledger_key;
  std::string digest;
  if (!key.empty()) {
    ledger_key = tool_ledger_key(context, creator->id, tool, key);
    digest = args_digest(context, args, {});
    auto before = earlier_reply(context, ledger_key, digest, key);
    if (!before.ok()) return std::move(before.error());
    if (*before) return std::move(**before);
  }
  auto reply = create(context, args, *creator);
  if (!reply.ok()) return std::move(reply.error());
  if (!key.empty()) {
    save_ledger(context.txn, ledger_key, {.digest = digest, .reply = *reply, .at = context.now_ms});
  }
  return std::move(*reply);
}

}  // namespace ansible
