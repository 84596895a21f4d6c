// One effect per idempotency key (T-2 ... T-6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"
#include "tools/args.hpp"

namespace ansible {

// An entry answers for this long although its task is gone (T-5).
inline constexpr std::int64_t kLedgerMs = 7LL * 86'400 * 1000;

struct LedgerEntry {
  std::string digest;  // of the arguments, see args_digest
  json::object reply;
  std::int64_t at = 0;
};

// Digest of the arguments that make a request the same request: resolved ids, nulls dropped, without idempotency_key,
// agent_token, agentId, from_agent, agent (T-2), and without names that the tool does not know (ARG-1). `resolved`
// replaces members (taskId by the full id).
std::string args_digest(Context& context, const Args& args, const json::object& resolved);

// Where an entry lives: hash of the caller's key, so that any text is a safe key.
std::string task_ledger_key(Context& context, std::string_view task, std::string_view action,
                            std::string_view actor, std::string_view idempotency_key);
std::string tool_ledger_key(Context& context, std::string_view actor, std::string_view tool,
                            std::string_view idempotency_key);

// The last effect on the task of this verb by this actor for arguments of this digest, whatever its key was. Looks at no
// more than 200 entries: each is a claim (or completion) of that very actor.
std::optional<LedgerEntry> last_effect(Transaction& txn, std::string_view task,
                                       std::string_view action, std::string_view actor,
                                       std::string_view digest);

std::optional<LedgerEntry> load_ledger(Transaction& txn, std::string_view ledger_key);
void save_ledger(Transaction& txn, std::string_view ledger_key, const LedgerEntry& entry);

}  // namespace ansible
