#include <algorithm>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "coordination/context_store.hpp"
#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "import/import.hpp"
#include "records/agent.hpp"

namespace ansible {
namespace {

bool known_hash(std::string_view hash) {
  constexpr std::string_view kPrefix = "sha256:";
  return hash.size() == kPrefix.size() + 64 && hash.starts_with(kPrefix) &&
         std::all_of(hash.begin() + kPrefix.size(), hash.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Drops credentials that could not work, or that somebody else has here.
void check_auth(Context& context, Agent& agent, Imported& outcome) {
  if (!agent.auth) return;
  if (!known_hash(agent.auth->token_hash)) {
    agent.auth.reset();
    outcome.notes.emplace_back("its token's hash has another form: issue a new token");
    return;
  }
  const auto holder = token_holder(context.txn, agent.auth->token_hash);
  if (!holder || *holder == agent.id) return;
  agent.auth.reset();
  outcome.notes.push_back("its token is that of '" + *holder + "' here: issue a new one");
}

// What the record here lacks. Who was enabled here stays so, and the gateway's admin cannot be disabled.
Agent completed(Context& context, const Agent& here, const Agent& from) {
  json::object merged = to_json(here);
  const bool may_disable =
      here.enabled() && !here.enabled_at && here.id != effective_admin(context);
  for (const auto& member : to_json(from)) {
    const bool state = member.key().starts_with("disable") || member.key().starts_with("enable");
    if (!merged.contains(member.key()) && (!state || may_disable)) {
      merged[member.key()] = member.value();
    }
  }
  Agent agent = agent_from_json(here.id, merged);
  if (from.registered_at > 0 && from.registered_at < here.registered_at) {
    agent.registered_at = from.registered_at;
    agent.registered_by = from.registered_by;
  }
  return agent;
}

void note_differences(const Agent& here, const Agent& from, Imported& outcome) {
  if (here.internal != from.internal || here.gateway != from.gateway) {
    outcome.notes.emplace_back("keeps the type and gateway it has here");
  }
  if (here.auth && from.auth && here.auth->token_hash != from.auth->token_hash) {
    outcome.notes.emplace_back("keeps the token it has here");
  }
}

}  // namespace

Imported import_agent(Context& context, const std::string& id, const json::object& from) {
  if (const std::string why = why_unusable(id); !why.empty()) return Imported::skipped(why);
  Agent agent = agent_from_json(id, from);
  if (!plausible_time(agent.registered_at)) return Imported::skipped("registeredAt is no time");
  Imported outcome;
  note_odd_id(id, outcome);
  check_auth(context, agent, outcome);
  const auto here = load_agent(context.txn, id);
  if (!here) {
    if (agent.internal && agent.gateway != context.node_id()) {
      outcome.notes.push_back("lives on gateway '" + agent.gateway.value_or("none") +
                              "', not on '" + context.node_id() +
                              "': rebind it if the gateway has another name now");
    }
    save_agent(context.txn, agent);
    return outcome;
  }
  note_differences(*here, agent, outcome);
  const Agent merged = completed(context, *here, agent);
  if (to_json(merged) == to_json(*here)) {
    outcome.verdict = Imported::Verdict::kUnchanged;
  } else {
    save_agent(context.txn, merged);
  }
  return outcome;
}

Imported import_context(Context& context, const std::string& id, const json::object& from) {
  if (const std::string why = why_unusable(id); !why.empty()) return Imported::skipped(why);
  AgentContext own = agent_context_from_json(from);
  for (const ContextThread& thread : own.threads) {
    own.updated_at = std::max(own.updated_at, thread.last_activity);
  }
  for (const ContextDecision& decision : own.decisions) {
    own.updated_at = std::max(own.updated_at, decision.made_at);
  }
  if (!plausible_time(own.updated_at)) return Imported::skipped("a time in it is none");
  bool changed = false;
  const std::vector<std::string> skills = texts_field(from, "skills");
  if (!skills.empty() && skills_of(context.txn, id).empty()) {
    save_skills(context.txn, id, skills);
    changed = true;
  }
  if (!has_context(context.txn, id)) {
    save_context(context.txn, id, own);
    changed = true;
  }
  return changed ? Imported{} : Imported::unchanged();
}

}  // namespace ansible
