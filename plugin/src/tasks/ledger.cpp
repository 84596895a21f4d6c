#include "tasks/ledger.hpp"

#include <array>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

// Not part of what makes a request the same request (T-2): who asks is in the ledger's key.
constexpr std::array<std::string_view, 5> kNotDigested = {"idempotency_key", "agent_token",
                                                          "agentId", "from_agent", "agent"};

std::string hashed(Context& context, std::string_view text) {
  return hex(context.txn.sha256(text)).substr(0, 32);
}

}  // namespace

std::string args_digest(Context& context, const Args& args, const json::object& resolved) {
  json::object digested = args.known();
  for (const std::string_view name : kNotDigested) digested.erase(name);
  for (const auto& member : resolved) digested[member.key()] = member.value();
  return hex(context.txn.sha256(json::canonical(digested)));
}

std::string task_ledger_key(Context& context, std::string_view task, std::string_view action,
                            std::string_view actor, std::string_view idempotency_key) {
  return key::ledger_task(task, action, actor, hashed(context, idempotency_key));
}

std::string tool_ledger_key(Context& context, std::string_view actor, std::string_view tool,
                            std::string_view idempotency_key) {
  return key::ledger_tool(actor, tool, hashed(context, idempotency_key));
}

std::optional<LedgerEntry> load_ledger(Transaction& txn, std::string_view ledger_key) {
  const auto stored = txn.get(ledger_key);
  if (!stored) return std::nullopt;
  const json::object document = parse_document(ledger_key, *stored);
  return LedgerEntry{.digest = text_field(document, "digest").value_or(""),
                     .reply = object_field(document, "reply"),
                     .at = int_field(document, "at").value_or(0)};
}

void save_ledger(Transaction& txn, std::string_view ledger_key, const LedgerEntry& entry) {
  txn.put(ledger_key, json::canonical(json::object{
                          {"digest", entry.digest}, {"reply", entry.reply}, {"at", entry.at}}));
}

}  // namespace ansible
