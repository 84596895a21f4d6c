#include "tasks/ledger.hpp"

#include <array>
#include <utility>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

// Not part of what makes a request the same request (T-2): who asks is in the ledger's key.
constexpr std::array<std::string_view, 5> kNotDigested = {"idempotency_key", "agent_token",
                                                          "agentId", "from_agent", "agent"};

constexpr std::size_t kMostEffects = 200;

LedgerEntry entry_of(std::string_view ledger_key, std::string_view stored) {
  const json::object document = parse_document(ledger_key, stored);
  return {.digest = text_field(document, "digest").value_or(""),
          .reply = object_field(document, "reply"),
          .at = int_field(document, "at").value_or(0)};
}

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
  return entry_of(ledger_key, *stored);
}

std::optional<LedgerEntry> last_effect(Transaction& txn, std::string_view task,
                                       std::string_view action, std::string_view actor,
                                       std::string_view digest) {
  const std::string prefix = key::ledger_task(task, action, actor, "");
  std::optional<LedgerEntry> last;
  txn.scan(prefix, prefix_end(prefix), {.limit = kMostEffects},
           [&](std::string_view at, std::string_view stored) {
             LedgerEntry entry = entry_of(at, stored);
             const bool later = !last || entry.at > last->at;
             if (entry.digest == digest && later) last = std::move(entry);
             return true;
           });
  return last;
}

void save_ledger(Transaction& txn, std::string_view ledger_key, const LedgerEntry& entry) {
  txn.put(ledger_key, json::canonical(json::object{
                          {"digest", entry.digest}, {"reply", entry.reply}, {"at", entry.at}}));
}

}  // namespace ansible
