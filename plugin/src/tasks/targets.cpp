#include "tasks/targets.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"
#include "tasks/task_call.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

// agents_at is sorted by id, so the first that fits is the alphabetically first.
std::string agent_of_node(Context& context, const std::string& node) {
  for (const Agent& agent : agents_at(context.txn, node)) {
    if (agent.enabled()) return agent.id;
  }
  return node;
}

struct Resolved {
  std::string agent;
  std::string_view problem;  // empty: none
};

Resolved resolve(Context& context, std::string name) {
  if (const auto agent = load_agent(context.txn, name)) {
    return {std::move(name), agent->enabled() ? "" : "disabled"};
  }
  if (context.txn.get(key::node(name))) return {agent_of_node(context, name), ""};
  if (name == "admin") {
    const std::string admin = effective_admin(context);
    if (can_receive(context.txn, admin)) return {admin, ""};
  }
  return {std::move(name), "unknown"};
}

Error invalid_targets(const json::array& problems, const std::vector<std::string>& words) {
  return {code::kInvalidTargets,
          "no task was created: " + listed(words) +
              "; assign registered, enabled agents (ansible_list_agents) or node ids",
          {{"targets", problems}}};
}

Result<std::vector<std::string>> resolve_all(Context& context,
                                             const std::vector<std::string>& names) {
  std::vector<std::string> agents;
  std::vector<std::string> words;
  json::array problems;
  for (const std::string& name : names) {
    Resolved found = resolve(context, name);
    if (!found.problem.empty()) {
      words.push_back("'" + name + "' is " + std::string(found.problem));
      problems.push_back(json::object{{"id", name}, {"reason", found.problem}});
    } else if (std::find(agents.begin(), agents.end(), found.agent) == agents.end()) {
      agents.push_back(std::move(found.agent));
    }
  }
  if (!problems.empty()) return invalid_targets(problems, words);
  return agents;
}

}  // namespace

Result<Targets> resolve_targets(Context& context, const std::vector<std::string>& names) {
  auto agents = resolve_all(context, names);
  if (!agents.ok()) return std::move(agents.error());
  return admit(context, std::move(*agents), SIZE_MAX);
}

Result<Targets> admit(Context& context, std::vector<std::string> agents, std::size_t most) {
  const Backpressure policy = backpressure(load_coordination(context.txn));
  Targets targets;
  for (std::string& agent : agents) {
    if (targets.agents.size() == most) break;
    const bool full = agent_load(context.txn, agent).pending >= policy.max_queue_depth;
    (full ? targets.overloaded : targets.agents).push_back(std::move(agent));
  }
  if (!targets.agents.empty()) return targets;
  return overloaded("no task was created: full queues (" + std::to_string(policy.max_queue_depth) +
                        " or more pending tasks) of " + listed(targets.overloaded) +
                        "; try again later or assign somebody else",
                    kRetryAfterMs,
                    {{"maxQueueDepth", policy.max_queue_depth},
                     {"overloadedTargets", to_array(targets.overloaded)}});
}

}  // namespace ansible
