// ansible_purge_agent.
#include <algorithm>
#include <array>

#include "actors/actor.hpp"
#include "actors/agent_replies.hpp"
#include "actors/agent_store.hpp"
#include "capabilities/capability_store.hpp"
#include "core/fields.hpp"
#include "purge/purge.hpp"
#include "records/coordination.hpp"
#include "tasks/task_store.hpp"
#include "tools/acting.hpp"

namespace ansible {
namespace {

using enum ParamType;
using PurgeStage = Purge::Stage;

constexpr std::array<Param, 4> kParams = {{
    {.name = "agent_id",
     .type = kString,
     .description = "The agent",
     .required = true,
     .max_length = 100},
    {.name = "reason",
     .type = kString,
     .description = "Why; kept in the audit log",
     .max_length = 500},
    acting_agent("from_agent"),
    kAgentToken,
}};

Error conflict(const Agent& agent, const std::string& why) {
  return {code::kConflict, "agent '" + agent.id + "' " + why};
}

// Who has a role here, or would be registered again by the next start.
std::optional<Error> refuse_role(Context& context, const Agent& agent) {
  const Coordination coordination = load_coordination(context.txn);
  const bool admin =
      std::any_of(coordination.gateway_admins.begin(), coordination.gateway_admins.end(),
                  [&](const auto& row) { return row.second == agent.id; });
  if (admin || agent.id == effective_admin(context)) {
    return conflict(agent,
                    "is a gateway's admin; name another admin first "
                    "(ansible_set_gateway_admin)");
  }
  const auto& configured = context.config.inject_context_agents;
  if (agent.id == context.node_id() ||
      std::find(configured.begin(), configured.end(), agent.id) != configured.end()) {
    return conflict(agent,
                    "belongs to this gateway's configuration and would come back with its "
                    "next start; disable it instead (ansible_disable_agent)");
  }
  return std::nullopt;
}

std::optional<Error> refuse_offers(Context& context, const Agent& agent) {
  for (const RevisionRecord& revision : all_revisions(context.txn)) {
    bool offered = revision.current_owner_agent_id == agent.id && revision.active_version;
    for (const CatalogRecord& version : catalog_versions(context.txn, revision.capability_id)) {
      const bool live =
          version.version == revision.active_version || version.version == revision.pending_version;
      offered = offered || (live && version.owner_agent_id == agent.id);
    }
    if (!offered) continue;
    Error error = conflict(agent, "offers the capability '" + revision.capability_id +
                                      "'; withdraw it first (ansible_capability_unpublish)");
    error.details["capabilityId"] = revision.capability_id;
    return error;
  }
  return std::nullopt;
}

// From the first removal on the agent begins nothing new: the steps may be many.
void stand_still(Context& context, const Actor& actor, Agent agent) {
  if (!agent.enabled()) return;
  agent.disabled_at = context.now_ms;
  agent.disabled_by = actor.id;
  agent.disable_reason = "it is being purged";
  save_agent(context.txn, agent);
}

ToolResult finish(Context& context, const Args& args, const Actor& actor, const Agent& agent,
                  Purge& purge) {
  // What came while the steps went by.
  if (auto refusal = refuse_purge(context, agent)) return std::move(*refusal);
  purge_capabilities(context, purge);
  purge_record(context, agent);
  note_purge(context, purge, actor.id, args.text("reason"));
  return json::object{
      {"success", true},
      {"agent_id", purge.agent},
      {"purged",
       {{"tasks", purge.tasks},
        {"messages", purge.messages},
        {"capabilities", purge.capabilities}}},
      {"message", "Agent '" + purge.agent + "' is gone, with " + std::to_string(purge.tasks) +
                      " task(s), " + std::to_string(purge.messages) + " message(s) and " +
                      std::to_string(purge.capabilities) + " capability(s)"}};
}

// One stage's work. True: on to the next.
bool work(Context& context, Purge& purge) {
  switch (purge.stage) {
    case PurgeStage::kTasks:
      return purge_tasks(context, purge);
    case PurgeStage::kMessages:
      return purge_messages(context, purge);
    case PurgeStage::kBroadcasts:
      return purge_broadcasts(context, purge);
    case PurgeStage::kSink:
      return purge_sink(context, purge);
    case PurgeStage::kLedger:
      return purge_ledger(context, purge);
    case PurgeStage::kRest:
      break;
  }
  return true;
}

ToolResult purge_agent(Context& context, const Args& args) {
  const auto actor = resolve_admin(context, args, "purging an agent");
  if (!actor.ok()) return actor.error();
  const auto agent = existing_agent(context, args);
  if (!agent.ok()) return agent.error();
  Purge purge{.agent = agent->id};
  if (context.continuation.empty()) {
    if (auto refusal = refuse_purge(context, *agent)) return std::move(*refusal);
    stand_still(context, *actor, *agent);
  } else {
    purge = purge_from_json(parse_document("continuation", context.continuation));
  }
  while (purge.stage != PurgeStage::kRest) {
    const bool done = work(context, purge);
    if (done) purge.stage = static_cast<PurgeStage>(static_cast<int>(purge.stage) + 1);
    if (!done || context.txn.should_yield()) return More{json::canonical(to_json(purge))};
  }
  return finish(context, args, *actor, *agent, purge);
}

constexpr Tool kTools[] = {
    {.name = "ansible_purge_agent",
     .description = "Remove an agent with its tokens, inbox, messages, closed tasks and withdrawn "
                    "capabilities (admin)",
     .params = kParams,
     .handler = purge_agent},
};

}  // namespace

json::object to_json(const Purge& purge) {
  return {{"agent", purge.agent},       {"stage", static_cast<int>(purge.stage)},
          {"cursor", purge.cursor},     {"tasks", purge.tasks},
          {"messages", purge.messages}, {"capabilities", purge.capabilities}};
}

Purge purge_from_json(const json::object& from) {
  Purge purge{.agent = text_field(from, "agent").value_or("")};
  purge.stage = static_cast<PurgeStage>(int_field(from, "stage").value_or(0));
  purge.cursor = text_field(from, "cursor").value_or("");
  purge.tasks = int_field(from, "tasks").value_or(0);
  purge.messages = int_field(from, "messages").value_or(0);
  purge.capabilities = int_field(from, "capabilities").value_or(0);
  return purge;
}

std::optional<Error> refuse_purge(Context& context, const Agent& agent) {
  if (auto refusal = refuse_role(context, agent)) return refusal;
  const AgentLoad load = agent_load(context.txn, agent.id);
  if (load.pending + load.held > 0) {
    return conflict(agent, "has tasks that are not finished (" + std::to_string(load.pending) +
                               " waiting, " + std::to_string(load.held) +
                               " held); complete or cancel them first (ansible_cancel_task)");
  }
  if (auto refusal = refuse_offers(context, agent)) return refusal;
  return refuse_open_tasks(context, agent.id);
}

std::span<const Tool> purge_tools() { return kTools; }

}  // namespace ansible
