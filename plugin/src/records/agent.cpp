#include "records/agent.hpp"

#include "core/fields.hpp"

namespace ansible {
namespace {

json::object auth_json(const AgentAuth& auth, bool with_hash) {
  json::object out;
  if (with_hash) out["tokenHash"] = auth.token_hash;
  set_field(out, "tokenHint", auth.token_hint);
  out["issuedAt"] = auth.issued_at;
  set_field(out, "rotatedAt", auth.rotated_at);
  set_field(out, "expiresAt", auth.expires_at);
  set_field(out, "acceptedAt", auth.accepted_at);
  set_field(out, "acceptedByNode", auth.accepted_by_node);
  set_field(out, "acceptedByAgent", auth.accepted_by_agent);
  return out;
}

json::object record_json(const Agent& agent, bool with_hash) {
  json::object out;
  set_field(out, "name", agent.name);
  out["gateway"] = agent.gateway ? json::value(*agent.gateway) : json::value(nullptr);
  out["type"] = agent.internal ? "internal" : "external";
  out["registeredAt"] = agent.registered_at;
  out["registeredBy"] = agent.registered_by;
  if (agent.auth) out["auth"] = auth_json(*agent.auth, with_hash);
  set_field(out, "disabledAt", agent.disabled_at);
  set_field(out, "disabledBy", agent.disabled_by);
  set_field(out, "disableReason", agent.disable_reason);
  set_field(out, "enabledAt", agent.enabled_at);
  set_field(out, "enabledBy", agent.enabled_by);
  set_field(out, "distributionOptIn", agent.distribution_opt_in);
  set_field(out, "distributionOptInUpdatedAt", agent.distribution_opt_in_updated_at);
  set_field(out, "distributionOptInUpdatedBy", agent.distribution_opt_in_updated_by);
  set_field(out, "reboundAt", agent.rebound_at);
  set_field(out, "reboundBy", agent.rebound_by);
  set_field(out, "reboundReason", agent.rebound_reason);
  return out;
}

}  // namespace

json::object to_json(const Agent& agent) { return record_json(agent, true); }

json::object public_json(const Agent& agent) {
  json::object out = record_json(agent, false);
  out["id"] = agent.id;
  return out;
}

Agent agent_from_json(std::string_view id, const json::object& from) {
  Agent agent;
  agent.id = id;
  agent.name = text_field(from, "name");
  agent.gateway = text_field(from, "gateway");
  agent.internal = text_field(from, "type") == "internal";
  agent.registered_at = int_field(from, "registeredAt").value_or(0);
  agent.registered_by = text_field(from, "registeredBy").value_or("");
  if (from.contains("auth")) {
    const json::object auth = object_field(from, "auth");
    agent.auth = AgentAuth{.token_hash = text_field(auth, "tokenHash").value_or(""),
                           .token_hint = text_field(auth, "tokenHint"),
                           .issued_at = int_field(auth, "issuedAt").value_or(0),
                           .rotated_at = int_field(auth, "rotatedAt"),
                           .expires_at = int_field(auth, "expiresAt"),
                           .accepted_at = int_field(auth, "acceptedAt"),
                           .accepted_by_node = text_field(auth, "acceptedByNode"),
                           .accepted_by_agent = text_field(auth, "acceptedByAgent")};
  }
  agent.disabled_at = int_field(from, "disabledAt");
  agent.disabled_by = text_field(from, "disabledBy");
  agent.disable_reason = text_field(from, "disableReason");
  agent.enabled_at = int_field(from, "enabledAt");
  agent.enabled_by = text_field(from, "enabledBy");
  agent.distribution_opt_in = bool_field(from, "distributionOptIn");
  agent.distribution_opt_in_updated_at = int_field(from, "distributionOptInUpdatedAt");
  agent.distribution_opt_in_updated_by = text_field(from, "distributionOptInUpdatedBy");
  agent.rebound_at = int_field(from, "reboundAt");
  agent.rebound_by = text_field(from, "reboundBy");
  agent.rebound_reason = text_field(from, "reboundReason");
  return agent;
}

}  // namespace ansible
