#include "records/agent_invite.hpp"

#include "core/fields.hpp"

namespace ansible {

std::string_view AgentInvite::status(std::int64_t now_ms) const {
  if (used_at) return "used";
  if (revoked_at) return "revoked";
  return now_ms > expires_at ? "expired" : "active";
}

json::object to_json(const AgentInvite& invite) {
  json::object out{{"agent_id", invite.agent_id},
                   {"tokenHash", invite.token_hash},
                   {"createdAt", invite.created_at},
                   {"expiresAt", invite.expires_at},
                   {"createdBy", invite.created_by}};
  set_field(out, "createdByAgent", invite.created_by_agent);
  set_field(out, "usedAt", invite.used_at);
  set_field(out, "usedByNode", invite.used_by_node);
  set_field(out, "usedByAgent", invite.used_by_agent);
  set_field(out, "revokedAt", invite.revoked_at);
  set_field(out, "revokedReason", invite.revoked_reason);
  return out;
}

AgentInvite agent_invite_from_json(std::string_view id, const json::object& from) {
  return {.id = std::string(id),
          .agent_id = text_field(from, "agent_id").value_or(""),
          .token_hash = text_field(from, "tokenHash").value_or(""),
          .created_at = int_field(from, "createdAt").value_or(0),
          .expires_at = int_field(from, "expiresAt").value_or(0),
          .created_by = text_field(from, "createdBy").value_or(""),
          .created_by_agent = text_field(from, "createdByAgent"),
          .used_at = int_field(from, "usedAt"),
          .used_by_node = text_field(from, "usedByNode"),
          .used_by_agent = text_field(from, "usedByAgent"),
          .revoked_at = int_field(from, "revokedAt"),
          .revoked_reason = text_field(from, "revokedReason")};
}

json::object public_json(const AgentInvite& invite, std::int64_t now_ms) {
  json::object out = to_json(invite);
  out.erase("tokenHash");
  out["invite_id"] = invite.id;
  out["status"] = invite.status(now_ms);
  return out;
}

}  // namespace ansible
