// ansible_set_delegation_policy, ansible_get_delegation_policy, ansible_ack_delegation_policy (reference 7, COO-4).
#include <array>

#include "actors/actor.hpp"
#include "actors/named_ids.hpp"
#include "coordination/delegation_policy.hpp"
#include "core/fields.hpp"
#include "messages/message_store.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kMostAcks = 1'000;
constexpr Param kFrom = acting_agent("from_agent");

constexpr std::array<Param, 6> kSetParams = {{
    {.name = "policyMarkdown",
     .type = kString,
     .description = "The policy's text",
     .required = true,
     .max_length = 200'000},
    {.name = "version",
     .type = kString,
     .description = "Its version; a new text needs a new one",
     .required = true,
     .max_length = 120},
    {.name = "checksum",
     .type = kString,
     .description = "sha256:<hex> of the text, checked when given",
     .max_length = 200},
    {.name = "notifyAgents",
     .type = kStringOrStrings,
     .description = "Who is told; without it everybody, an empty list: nobody",
     .max_length = 2'000},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 3> kGetParams = {{
    {.name = "includeAcks", .type = kBoolean, .description = "Also who acknowledged what (true)"},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 4> kAckParams = {{
    {.name = "version",
     .type = kString,
     .description = "The version that the agent follows; none: the current one",
     .max_length = 120},
    {.name = "checksum",
     .type = kString,
     .description = "Its checksum, checked when given",
     .max_length = 200},
    kFrom,
    kAgentToken,
}};

Error wrong_checksum(const std::string& expected, const std::string& got) {
  return {code::kInvalidArgument,
          "checksum: expected " + expected + ", got " + brief(json::value(got)) +
              "; the text was changed on its way, or the checksum is another text's",
          {{"pointer", "/checksum"}, {"expected", expected}, {"got", brief(json::value(got))}}};
}

std::optional<Error> refuse_elsewhere(const Context& context) {
  if (context.node.sweeps) return std::nullopt;
  return Error{code::kNotAuthorized,
               "the delegation policy is published on the coordinator, and '" + context.node_id() +
                   "' is not it" +
                   (context.node.reason.empty() ? "" : " (" + context.node.reason + ")") +
                   "; publish it there, or nominate this node with ansible_set_coordination"};
}

// Tells `targets`, or everybody when none are named.
std::string tell(Context& context, const Actor& actor, const DelegationPolicy& policy,
                 std::vector<std::string> targets) {
  Message notice;
  notice.from_agent = actor.id;
  notice.from_node = context.node_id();
  notice.to_agents = std::move(targets);
  notice.content =
      "kind: policy_update\npolicyVersion: " + policy.version +
      "\npolicyChecksum: " + policy.checksum +
      "\nRead it with ansible_get_delegation_policy, apply it, and acknowledge it with "
      "ansible_ack_delegation_policy.";
  return send_message(context, std::move(notice), "policy-notice");
}

json::object published(const DelegationPolicy& policy) {
  json::object out = to_json(policy);
  out["success"] = true;
  out["version"] = policy.version;
  out["checksum"] = policy.checksum;
  return out;
}

ToolResult set(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "publishing a delegation policy");
  if (!actor.ok()) return actor.error();
  if (auto refusal = refuse_elsewhere(context)) return std::move(*refusal);
  const std::vector<std::string> targets = meant_agents(context, args.texts("notifyAgents"));
  if (auto odd = refuse_odd_agents(context, "notifyAgents", targets)) return std::move(*odd);
  const std::string markdown = *args.text("policyMarkdown");
  const DelegationPolicy policy{*args.text("version"), policy_checksum(context.txn, markdown),
                                context.now_ms, actor->id};
  if (const auto given = args.text("checksum"); given && *given != policy.checksum) {
    return wrong_checksum(policy.checksum, *given);
  }
  const auto before = load_delegation_policy(context.txn);
  if (before && before->version == policy.version) {
    if (before->checksum != policy.checksum) {
      return Error{code::kConflict,
                   "version '" + policy.version +
                       "' is published with another text; give the new text a new version",
                   to_json(*before)};
    }
    json::object reply = published(*before);
    reply["changed"] = false;
    reply["notified"] = json::array{};
    reply["message"] = "Version '" + policy.version + "' is already published";
    return reply;
  }
  save_delegation_policy(context.txn, policy, markdown);
  json::object reply = published(policy);
  reply["changed"] = true;
  if (!targets.empty() || !args.has("notifyAgents")) {
    reply["notifyMessageId"] = tell(context, *actor, policy, targets);
  }
  reply["notified"] = args.has("notifyAgents") ? to_array(targets) : json::array{"everybody"};
  reply["message"] = "Delegation policy '" + policy.version + "' is published";
  return reply;
}

ToolResult get(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const auto policy = load_delegation_policy(context.txn);
  json::object reply{{"success", true}, {"published", policy.has_value()}};
  if (policy) {
    for (const auto& member : published(*policy)) reply[member.key()] = member.value();
    reply["policyMarkdown"] = load_delegation_policy_text(context.txn);
  }
  if (!args.boolean("includeAcks").value_or(true)) return reply;
  json::array acks;
  const std::vector<PolicyAck> stored = policy_acks(context.txn, kMostAcks + 1);
  for (std::size_t i = 0; i < std::min(stored.size(), kMostAcks); ++i) {
    json::object ack = to_json(stored[i]);
    ack["current"] =
        policy && stored[i].version == policy->version && stored[i].checksum == policy->checksum;
    acks.push_back(std::move(ack));
  }
  reply["acks"] = std::move(acks);
  if (stored.size() > kMostAcks) reply["acksTruncated"] = true;
  return reply;
}

ToolResult acknowledge(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const auto policy = load_delegation_policy(context.txn);
  if (!policy) {
    return Error{code::kNotFound,
                 "no delegation policy is published; ansible_set_delegation_policy publishes one"};
  }
  if (const auto version = args.text("version"); version && *version != policy->version) {
    return Error{code::kConflict,
                 "version " + brief(json::value(*version)) + " is not the current one, '" +
                     policy->version +
                     "' is; read it with ansible_get_delegation_policy and acknowledge that",
                 to_json(*policy)};
  }
  if (const auto given = args.text("checksum"); given && *given != policy->checksum) {
    return wrong_checksum(policy->checksum, *given);
  }
  const auto before = load_policy_ack(context.txn, actor->id);
  const bool changed =
      !before || before->version != policy->version || before->checksum != policy->checksum;
  const PolicyAck ack = changed ? PolicyAck{actor->id, policy->version, policy->checksum,
                                            context.now_ms, context.node_id()}
                                : *before;
  if (changed) save_policy_ack(context.txn, ack);
  json::object reply = to_json(ack);
  reply["success"] = true;
  reply["changed"] = changed;
  reply["message"] = "'" + actor->id + "' follows delegation policy '" + policy->version + "'";
  return reply;
}

constexpr Tool kTools[] = {
    {.name = "ansible_set_delegation_policy",
     .description = "Publish the delegation policy, on the coordinator (admin)",
     .params = kSetParams,
     .handler = set},
    {.name = "ansible_get_delegation_policy",
     .description = "Show the delegation policy and who acknowledged it",
     .params = kGetParams,
     .handler = get,
     .read_only = true},
    {.name = "ansible_ack_delegation_policy",
     .description = "Say that the acting agent follows the current delegation policy",
     .params = kAckParams,
     .handler = acknowledge},
};

}  // namespace

std::span<const Tool> delegation_policy_tools() { return kTools; }

}  // namespace ansible
