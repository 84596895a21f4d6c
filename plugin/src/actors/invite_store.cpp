#include "actors/invite_store.hpp"

#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::size_t kTokenBytes = 20;
constexpr std::string_view kPruneKind = "agent-invite";

}  // namespace

std::optional<AgentInvite> load_agent_invite(Transaction& txn, std::string_view id) {
  const std::string key = key::agent_invite(id);
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return agent_invite_from_json(id, parse_document(key, *stored));
}

std::optional<AgentInvite> agent_invite_by_token(Transaction& txn, std::string_view token) {
  const std::string hash = token_hash(txn, token);
  const auto id = txn.get(key::agent_invite_token(hash));
  if (!id) return std::nullopt;
  auto invite = load_agent_invite(txn, *id);
  if (!invite || !constant_time_equal(invite->token_hash, hash)) return std::nullopt;
  return invite;
}

std::string create_agent_invite(Context& context, AgentInvite& invite) {
  Transaction& txn = context.txn;
  std::string token = new_secret(txn, "agent-invite-token", "ait_", kTokenBytes);
  invite.id = new_uuid(txn, "agent-invite");
  invite.token_hash = token_hash(txn, token);
  txn.put(key::agent_invite_token(invite.token_hash), invite.id);
  txn.put(key::prune(kPruneKind, invite.expires_at + kAgentInviteKeptMs, invite.id), "");
  save_agent_invite(txn, invite);
  return token;
}

void save_agent_invite(Transaction& txn, const AgentInvite& invite) {
  txn.put(key::agent_invite(invite.id), json::canonical(to_json(invite)));
  const std::string open = key::agent_invite_of(invite.agent_id, invite.id);
  if (invite.used_at || invite.revoked_at) {
    txn.erase(open);
  } else {
    txn.put(open, "");
  }
}

void revoke_other_invites(Context& context, const AgentInvite& used) {
  const std::string prefix = key::agent_invite_of(used.agent_id, "");
  for (const auto& [key, empty] :
       collect(context.txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX})) {
    auto other = load_agent_invite(context.txn, key::last_part(key));
    if (!other || other->id == used.id) continue;
    other->revoked_at = context.now_ms;
    other->revoked_reason = "superseded-by:" + used.id;
    save_agent_invite(context.txn, *other);
  }
}

std::vector<AgentInvite> agent_invites(Transaction& txn, std::int64_t since_ms, std::size_t most) {
  std::vector<AgentInvite> invites;
  const std::string first = key::prune(kPruneKind, since_ms + kAgentInviteKeptMs, "");
  const std::string last = prefix_end(std::string("prune/") + std::string(kPruneKind) + '/');
  for (const auto& [key, empty] : collect(txn, first, last, {.limit = most})) {
    if (auto invite = load_agent_invite(txn, key::last_part(key))) {
      invites.push_back(std::move(*invite));
    }
  }
  return invites;
}

void erase_agent_invite(Transaction& txn, std::string_view id) {
  const auto invite = load_agent_invite(txn, id);
  if (!invite) return;
  txn.erase(key::agent_invite_token(invite->token_hash));
  txn.erase(key::agent_invite_of(invite->agent_id, invite->id));
  txn.erase(key::agent_invite(id));
}

}  // namespace ansible
