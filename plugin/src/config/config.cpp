#include "config/config.hpp"

#include <algorithm>
#include <array>

#include "base/nearest.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "tools/args.hpp"
#include "tools/param.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::array<std::string_view, 2> kTiers = {"backbone", "edge"};
constexpr std::array<std::string_view, 3> kAuthModes = {"legacy", "mixed", "token-required"};

constexpr std::array<Param, 3> kLockSweep = {{
    {.name = "enabled", .type = kBoolean, .description = "Remove stale session locks (true)"},
    {.name = "everySeconds", .type = kInteger, .description = "How often (60)", .min = 30},
    {.name = "staleSeconds",
     .type = kInteger,
     .description = "Age of a stale lock (300)",
     .min = 30},
}};

constexpr std::array<Param, 5> kSlaSweep = {{
    {.name = "enabled", .type = kBoolean, .description = "Sweep automatically (true)"},
    {.name = "everySeconds",
     .type = kInteger,
     .description = "How often (300)",
     .min = 30,
     .max = 604'800},
    {.name = "recordOnly",
     .type = kBoolean,
     .description = "Record breaches, notify nobody (true)"},
    {.name = "maxMessagesPerSweep",
     .type = kInteger,
     .description = "Message budget of a sweep (3)",
     .min = 0},
    {.name = "fyiAgents",
     .type = kStrings,
     .description = "Told when a task has neither creator nor claimer",
     .max_length = 100},
}};

// The existing plugin asked at the opening of a WebSocket. Here no node connects by one: what is known of a node is in the
// store, and only the exchange and ansible_consume_ws_ticket admit it.
constexpr std::string_view kOfTheSocketGate =
    "Accepted and without effect: there is no WebSocket gate, unknown nodes always need an invite";

constexpr std::array<Param, 11> kAuthGate = {{
    {.name = "enabled", .type = kBoolean, .description = "Serve the exchange of invites (false)"},
    {.name = "nodeIdParam", .type = kString, .description = kOfTheSocketGate},
    {.name = "inviteParam", .type = kString, .description = kOfTheSocketGate},
    {.name = "ticketParam", .type = kString, .description = kOfTheSocketGate},
    {.name = "requireTicketForUnknown", .type = kBoolean, .description = kOfTheSocketGate},
    {.name = "authPort",
     .type = kInteger,
     .description = "A port of the exchange's own (none: it is served on the gateway's port)",
     .min = 1,
     .max = 65535},
    {.name = "exchangePath",
     .type = kString,
     .description = "Path of the exchange (/ansible/auth/exchange)"},
    {.name = "ticketTtlSeconds",
     .type = kInteger,
     .description = "Life of a ticket (60)",
     .min = 5,
     .max = 600},
    {.name = "requireNodeProof", .type = kBoolean, .description = "Nodes prove their key (false)"},
    {.name = "rateLimitMax",
     .type = kInteger,
     .description = "Exchanges per window and address (30)",
     .min = 1},
    {.name = "rateLimitWindowSeconds",
     .type = kInteger,
     .description = "The window (60)",
     .min = 5},
}};

constexpr std::array<Param, 3> kManifestTrust = {{
    {.name = "trustedPublisherKeys",
     .type = kObject,
     .description = "Publisher -> Ed25519 public key (PEM), or key id -> {publisher, publicKey}"},
    {.name = "allowUnsignedLegacy",
     .type = kBoolean,
     .description = "Accept unsigned manifests (true)"},
    {.name = "requireSigned", .type = kBoolean, .description = "Refuse unsigned manifests (false)"},
}};

constexpr std::array<Param, 2> kTrustedKey = {{
    {.name = "publisher",
     .type = kString,
     .description = "The agent whose manifests it signs",
     .required = true,
     .max_length = 100},
    {.name = "publicKey",
     .type = kString,
     .description = "Ed25519 public key (PEM)",
     .required = true,
     .max_length = 16'384},
}};

constexpr std::array<Param, 22> kParams = {{
    {.name = "tier",
     .type = kString,
     .description = "backbone (always on) or edge",
     .required = true,
     .one_of = kTiers},
    {.name = "nodeIdOverride",
     .type = kString,
     .description = "This node's id; else the host name",
     .max_length = 100},
    {.name = "listenPort",
     .type = kInteger,
     .description = "Port for other nodes (1234)",
     .min = 1,
     .max = 65535},
    {.name = "listenHost", .type = kString, .description = "Address for other nodes"},
    {.name = "backbonePeers", .type = kStrings, .description = "Backbone nodes to connect to"},
    {.name = "capabilities",
     .type = kStrings,
     .description = "Capabilities that this node declares"},
    {.name = "injectContext",
     .type = kBoolean,
     .description = "Put coordination context into prompts (true)"},
    {.name = "injectContextAgents",
     .type = kStrings,
     .description = "Internal agents of this gateway",
     .max_length = 100},
    {.name = "dispatchIncoming",
     .type = kBoolean,
     .description = "Deliver messages and tasks to agents (true)"},
    {.name = "dispatchHeartbeatSeconds",
     .type = kInteger,
     .description = "How often deliveries are looked at (20)",
     .min = 5},
    {.name = "sendReceiptAgents",
     .type = kStrings,
     .description = "Agents that get send receipts",
     .max_length = 100},
    {.name = "lockSweep",
     .type = kObject,
     .description = "Stale session locks",
     .members = kLockSweep},
    {.name = "slaSweep", .type = kObject, .description = "The SLA sweep", .members = kSlaSweep},
    {.name = "authMode",
     .type = kString,
     .description = "Who may act by name (mixed)",
     .one_of = kAuthModes},
    {.name = "adminAgentId",
     .type = kString,
     .description = "The agent with admin rights (admin)",
     .max_length = 100},
    {.name = "authGate",
     .type = kObject,
     .description = "Admission of nodes",
     .members = kAuthGate},
    {.name = "manifestTrust",
     .type = kObject,
     .description = "Whose capability manifests are trusted",
     .members = kManifestTrust},
    {.name = "capabilitySoakSeconds",
     .type = kInteger,
     .description = "How long the canary of a capability is watched (300)",
     .min = 1,
     .max = 604'800},
    {.name = "claimLeaseSeconds",
     .type = kInteger,
     .description = "Claims expire after this without an update (0 = never)",
     .min = 0,
     .max = 1'209'600},
    {.name = "auditRetentionDays",
     .type = kInteger,
     .description = "Audit records are kept this long (30)",
     .min = 1,
     .max = 3650},
    {.name = "maxUnreadDays",
     .type = kInteger,
     .description = "Unread messages become dead letters after this (30)",
     .min = 1,
     .max = 3650},
    {.name = "maxAutoReplies",
     .type = kInteger,
     .description = "Automatic replies per conversation (3)",
     .min = 0,
     .max = 100},
}};

// Visits every member of the configuration once, collecting what is wrong.
class Walker {
 public:
  explicit Walker(ConfigReport& report) : report_(report) {}

  void object(std::span<const Param> params, const json::object& from, const std::string& at) {
    for (const Param& param : params) {
      if (param.required && !present(from, param.name)) {
        report_.errors.push_back({at + '/' + std::string(param.name), expected(param), "nothing"});
      }
    }
    for (const auto& member : from) {
      if (!member.value().is_null()) value(params, member.key(), member.value(), at);
    }
  }

 private:
  static bool present(const json::object& from, std::string_view name) {
    const json::value* v = from.if_contains(name);
    return v != nullptr && !v->is_null();
  }

  static std::string expected(const Param& param) {
    std::string words;
    for (const std::string_view word : param.one_of) {
      words += (words.empty() ? "" : "|") + std::string(word);
    }
    return words.empty() ? "a value" : words;
  }

  void value(std::span<const Param> params, std::string_view name, const json::value& v,
             const std::string& at) {
    const std::string pointer = at + '/' + json::pointer_token(name);
    const auto* param = std::find_if(params.data(), params.data() + params.size(),
                                     [&](const Param& p) { return p.name == name; });
    if (param == params.data() + params.size()) return unknown(params, name, pointer);
    if (!param->members.empty() && v.is_object()) {
      return object(param->members, v.get_object(), pointer);
    }
    json::value copy = v;
    if (const auto error = check_value(*param, copy, pointer)) {
      report_.errors.push_back({std::string(error->details.at("pointer").as_string()),
                                std::string(error->details.at("expected").as_string()),
                                std::string(error->details.at("got").as_string())});
    }
  }

  void unknown(std::span<const Param> params, std::string_view name, const std::string& pointer) {
    std::vector<std::string> names;
    for (const Param& param : params) names.emplace_back(param.name);
    const std::string near = base::nearest(name, names);
    report_.warnings.push_back(
        {pointer, near.empty() ? "a known key" : "a known key, perhaps '" + near + "'",
         "'" + std::string(name) + "' (ignored)"});
  }

  ConfigReport& report_;
};

void require_id(ConfigReport& report, const std::string& pointer, std::string_view id) {
  if (valid_id(id)) return;
  report.errors.push_back({pointer, "1-100 characters of A-Za-z0-9._:@- not beginning with . or -",
                           brief(json::value(id))});
}

void require_ids(ConfigReport& report, const std::string& pointer,
                 const std::vector<std::string>& ids) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    require_id(report, pointer + '/' + std::to_string(i), ids[i]);
  }
}

SlaConfig sla_config(const json::object& from) {
  SlaConfig sla;
  sla.enabled = bool_field(from, "enabled");
  sla.every_seconds = int_field(from, "everySeconds");
  sla.record_only = bool_field(from, "recordOnly");
  sla.max_messages = int_field(from, "maxMessagesPerSweep");
  if (from.contains("fyiAgents")) sla.fyi_agents = texts_field(from, "fyiAgents");
  return sla;
}

// The key may be given alone: then its id is its publisher.
TrustedKey trusted_key(ConfigReport& report, std::string_view id, const json::value& given,
                       const std::string& at) {
  TrustedKey key{.publisher = std::string(id), .pem = ""};
  if (given.is_object()) {
    const std::size_t problems = report.errors.size();
    Walker(report).object(kTrustedKey, given.get_object(), at);
    if (report.errors.size() != problems) return key;
    key.publisher = text_field(given.get_object(), "publisher").value_or("");
    key.pem = text_field(given.get_object(), "publicKey").value_or("");
  } else if (given.is_string()) {
    key.pem = std::string(given.get_string());
  }
  require_id(report, given.is_object() ? at + "/publisher" : at, key.publisher);
  if (key.pem.find("-----BEGIN PUBLIC KEY-----") == std::string::npos) {
    const bool secret = key.pem.find("PRIVATE KEY") != std::string::npos;
    report.errors.push_back(
        {given.is_object() ? at + "/publicKey" : at,
         "an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)",
         secret ? "a private key, which belongs to its publisher alone" : brief(given)});
  }
  return key;
}

ManifestTrust manifest_trust(ConfigReport& report, const json::object& from) {
  ManifestTrust trust;
  trust.allow_unsigned_legacy = bool_field(from, "allowUnsignedLegacy").value_or(true);
  trust.require_signed = bool_field(from, "requireSigned").value_or(false);
  for (const auto& member : object_field(from, "trustedPublisherKeys")) {
    const std::string at =
        "/manifestTrust/trustedPublisherKeys/" + json::pointer_token(member.key());
    trust.keys.emplace(member.key(), trusted_key(report, member.key(), member.value(), at));
  }
  return trust;
}

AuthMode auth_mode(std::string_view text) {
  if (text == "legacy") return AuthMode::kLegacy;
  return text == "token-required" ? AuthMode::kTokenRequired : AuthMode::kMixed;
}

json::array problems_json(const std::vector<ConfigProblem>& problems) {
  json::array out;
  for (const ConfigProblem& p : problems) {
    out.push_back({{"path", p.path},
                   {"expected", p.expected},
                   {"got", p.got},
                   {"message", "expected " + p.expected + ", got " + p.got}});
  }
  return out;
}

}  // namespace

json::value ConfigReport::to_json() const {
  return {{"errors", problems_json(errors)}, {"warnings", problems_json(warnings)}};
}

Config read_config(const json::object& from, ConfigReport& report) {
  Walker(report).object(kParams, from, "");
  Config config;
  if (!report.errors.empty()) return config;
  config.tier = text_field(from, "tier") == "edge" ? Tier::kEdge : Tier::kBackbone;
  config.capabilities = texts_field(from, "capabilities");
  config.given = from;
  config.inject_context = bool_field(from, "injectContext").value_or(true);
  config.inject_context_agents = texts_field(from, "injectContextAgents");
  config.send_receipt_agents = texts_field(from, "sendReceiptAgents");
  config.admin_agent_id = text_field(from, "adminAgentId").value_or("admin");
  config.auth_mode = auth_mode(text_field(from, "authMode").value_or("mixed"));
  config.claim_lease_seconds = int_field(from, "claimLeaseSeconds").value_or(0);
  config.audit_retention_days = int_field(from, "auditRetentionDays").value_or(30);
  config.dispatch_incoming = bool_field(from, "dispatchIncoming").value_or(true);
  config.max_unread_days = int_field(from, "maxUnreadDays").value_or(30);
  config.max_auto_replies = int_field(from, "maxAutoReplies").value_or(3);
  const json::object locks = object_field(from, "lockSweep");
  config.lock_sweep_enabled = bool_field(locks, "enabled").value_or(true);
  config.lock_sweep_every_seconds = int_field(locks, "everySeconds").value_or(60);
  config.lock_sweep_stale_seconds = int_field(locks, "staleSeconds").value_or(300);
  config.capability_soak_seconds = int_field(from, "capabilitySoakSeconds").value_or(300);
  config.sla = sla_config(object_field(from, "slaSweep"));
  config.manifest_trust = manifest_trust(report, object_field(from, "manifestTrust"));
  const json::object gate = object_field(from, "authGate");
  config.auth_gate.ticket_ttl_seconds = int_field(gate, "ticketTtlSeconds").value_or(60);
  config.auth_gate.require_node_proof = bool_field(gate, "requireNodeProof").value_or(false);
  if (bool_field(gate, "requireTicketForUnknown").value_or(false)) {
    report.warnings.push_back({"/authGate/requireTicketForUnknown",
                               "nothing: unknown nodes always need an invite or a ticket",
                               "true (without effect)"});
  }
  if (const auto path = text_field(gate, "exchangePath"); path && !path->starts_with('/')) {
    report.errors.push_back(
        {"/authGate/exchangePath", "a path that begins with '/'", brief(json::value(*path))});
  }
  require_id(report, "/adminAgentId", config.admin_agent_id);
  require_ids(report, "/injectContextAgents", config.inject_context_agents);
  require_ids(report, "/sendReceiptAgents", config.send_receipt_agents);
  if (config.sla.fyi_agents) require_ids(report, "/slaSweep/fyiAgents", *config.sla.fyi_agents);
  if (const auto node = text_field(from, "nodeIdOverride")) {
    require_id(report, "/nodeIdOverride", *node);
  }
  return config;
}

json::object config_schema() { return object_schema(kParams); }

std::string_view to_text(Tier tier) { return tier == Tier::kBackbone ? "backbone" : "edge"; }

std::string_view to_text(AuthMode mode) {
  switch (mode) {
    case AuthMode::kLegacy:
      return "legacy";
    case AuthMode::kMixed:
      return "mixed";
    case AuthMode::kTokenRequired:
      return "token-required";
  }
  return "mixed";
}

}  // namespace ansible
