// Invitations for agents in the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "records/agent_invite.hpp"

namespace ansible {

// An invite is looked at for so long after it could last be used; then the sweep `prune` takes it away.
inline constexpr std::int64_t kAgentInviteKeptMs = 7 * 86'400'000LL;

std::optional<AgentInvite> load_agent_invite(Transaction& txn, std::string_view id);

// The invite with this token, whatever its state; compared in constant time.
std::optional<AgentInvite> agent_invite_by_token(Transaction& txn, std::string_view token);

// Draws id and token of a new invite, stores it, and returns the token: the only time anybody sees it.
std::string create_agent_invite(Context& context, AgentInvite& invite);

// Writes the record; one that was used or revoked leaves the index of its agent's open invites.
void save_agent_invite(Transaction& txn, const AgentInvite& invite);

// Revokes what else is open for the agent of `used`, because of `used`.
void revoke_other_invites(Context& context, const AgentInvite& used);

// Those that were not usable by `since_ms` are left out; sorted by their end, at most `most`.
std::vector<AgentInvite> agent_invites(Transaction& txn, std::int64_t since_ms, std::size_t most);

// Forgets an invite and its index entries (but the one by which it is pruned).
void erase_agent_invite(Transaction& txn, std::string_view id);

}  // namespace ansible
