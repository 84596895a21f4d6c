#include "records/node.hpp"

#include "core/fields.hpp"

namespace ansible {

json::object to_json(const NodeInfo& node) {
  return {{"name", node.name},
          {"tier", node.tier},
          {"capabilities", to_array(node.capabilities)},
          {"addedBy", node.added_by},
          {"addedAt", node.added_at}};
}

NodeInfo node_from_json(const json::object& from) {
  return {.name = text_field(from, "name").value_or(""),
          .tier = text_field(from, "tier").value_or("edge"),
          .capabilities = texts_field(from, "capabilities"),
          .added_by = text_field(from, "addedBy").value_or(""),
          .added_at = int_field(from, "addedAt").value_or(0)};
}

json::object to_json(const PinnedKey& key) {
  return {{"publicKey", key.public_key}, {"pinnedAt", key.pinned_at}, {"pinnedBy", key.pinned_by}};
}

PinnedKey pinned_key_from_json(const json::object& from) {
  return {.public_key = text_field(from, "publicKey").value_or(""),
          .pinned_at = int_field(from, "pinnedAt").value_or(0),
          .pinned_by = text_field(from, "pinnedBy").value_or("")};
}

json::object to_json(const Revocation& revocation) {
  json::object out{{"revokedAt", revocation.revoked_at}, {"revokedBy", revocation.revoked_by}};
  set_field(out, "reason", revocation.reason);
  return out;
}

Revocation revocation_from_json(const json::object& from) {
  return {.revoked_at = int_field(from, "revokedAt").value_or(0),
          .revoked_by = text_field(from, "revokedBy").value_or(""),
          .reason = text_field(from, "reason")};
}

json::object to_json(const NodeInvite& invite) {
  json::object out{{"tier", invite.tier},
                   {"createdAt", invite.created_at},
                   {"expiresAt", invite.expires_at},
                   {"createdBy", invite.created_by}};
  set_field(out, "expectedNodeId", invite.expected_node_id);
  set_field(out, "publicKey", invite.public_key);
  return out;
}

NodeInvite node_invite_from_json(const json::object& from) {
  return {.tier = text_field(from, "tier").value_or("edge"),
          .created_at = int_field(from, "createdAt").value_or(0),
          .expires_at = int_field(from, "expiresAt").value_or(0),
          .created_by = text_field(from, "createdBy").value_or(""),
          .expected_node_id = text_field(from, "expectedNodeId"),
          .public_key = text_field(from, "publicKey")};
}

json::object to_json(const NodeTicket& ticket) {
  json::object out{{"inviteHash", ticket.invite_hash},
                   {"expectedNodeId", ticket.expected_node_id},
                   {"createdBy", ticket.created_by},
                   {"createdAt", ticket.created_at},
                   {"expiresAt", ticket.expires_at}};
  set_field(out, "usedAt", ticket.used_at);
  return out;
}

NodeTicket node_ticket_from_json(const json::object& from) {
  return {.invite_hash = text_field(from, "inviteHash").value_or(""),
          .expected_node_id = text_field(from, "expectedNodeId").value_or(""),
          .created_by = text_field(from, "createdBy").value_or(""),
          .created_at = int_field(from, "createdAt").value_or(0),
          .expires_at = int_field(from, "expiresAt").value_or(0),
          .used_at = int_field(from, "usedAt")};
}

}  // namespace ansible
