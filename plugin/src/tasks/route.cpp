#include "tasks/route.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "actors/agent_store.hpp"
#include "capabilities/offer.hpp"
#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "records/coordination.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kAdvertisersAtOnce = 16;

bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// The enabled agents that advertise a skill themselves or by their gateway, sorted.
Names agents_with(Context& context, const std::string& skill) {
  Names found;
  Names nodes;
  for (const std::string& id : advertisers_of(context.txn, skill)) {
    if (can_receive(context.txn, id)) found.push_back(id);
    if (context.txn.get(key::node(id))) nodes.push_back(id);
  }
  for (const std::string& node : nodes) {
    for (const Agent& agent : agents_at(context.txn, node)) {
      if (agent.enabled()) found.push_back(agent.id);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

// The first free agent that advertises a skill itself. Reads no further than that; nothing when there is none, or when a
// gateway comes first, which advertises for all its agents.
std::optional<Targets> first_free(Context& context, const std::string& skill) {
  const std::int64_t most = backpressure(load_coordination(context.txn)).max_queue_depth;
  Targets targets;
  std::string after;
  for (;;) {
    const Names page = advertisers_of(context.txn, skill, after, kAdvertisersAtOnce);
    for (const std::string& id : page) {
      if (context.txn.get(key::node(id))) return std::nullopt;
      if (!can_receive(context.txn, id)) continue;
      const bool full = agent_load(context.txn, id).pending >= most;
      (full ? targets.overloaded : targets.agents).push_back(id);
      if (!full) return targets;
    }
    if (page.size() < kAdvertisersAtOnce) return std::nullopt;
    after = page.back();
  }
}

Error no_route(const std::string& why, const Names& required) {
  return {code::kNoRoute,
          "no task was created: " + why + "; name an agent in assignedTo, or let one advertise it",
          {{"requires", to_array(required)}}};
}

// What the requirements come to, before anybody is chosen.
struct Needs {
  std::vector<Offer> offers;
  Names skills;
  std::vector<Names> candidates;  // per requirement, the preferred first
};

Result<Needs> resolve_needs(Context& context, const Wish& wish) {
  Needs needs;
  for (const std::string& name : wish.requires_) {
    auto offer = offer_of(context, name, wish.creator);
    if (!offer.ok()) return std::move(offer.error());
    if (!*offer) {
      needs.skills.push_back(name);
      continue;
    }
    needs.candidates.push_back((*offer)->agents);
    needs.offers.push_back(std::move(**offer));
  }
  return needs;
}

// Who executes a capability has its executor skill; another skill that is asked for is one more requirement.
bool covered(const Needs& needs, const std::string& skill) {
  return contains(needs.skills, skill) ||
         std::any_of(needs.offers.begin(), needs.offers.end(), [&](const Offer& offer) {
           return offer.contract.executor_skill.name == skill;
         });
}

std::optional<Error> add_skills(Context& context, Needs& needs) {
  for (const std::string& skill : needs.skills) {
    Names agents = agents_with(context, skill);
    if (agents.empty()) return no_route("no agent offers " + skill, {skill});
    needs.candidates.push_back(std::move(agents));
  }
  return std::nullopt;
}

Result<Targets> choose(Context& context, const Needs& needs, const Names& required) {
  if (needs.candidates.size() == 1) return admit(context, needs.candidates.front(), 1);
  Names common = needs.candidates.front();
  for (const Names& others : needs.candidates) {
    std::erase_if(common, [&](const std::string& agent) { return !contains(others, agent); });
  }
  if (common.empty()) return no_route("no agent offers all of " + listed(required), required);
  std::sort(common.begin(), common.end());
  return admit(context, std::move(common), SIZE_MAX);
}

Result<Targets> choose_required(Context& context, const Wish& wish, Needs& needs) {
  Names required = wish.requires_;
  if (!wish.skill.empty() && !covered(needs, wish.skill)) {
    needs.skills.push_back(wish.skill);
    required.push_back(wish.skill);
  }
  if (needs.offers.empty() && needs.skills.size() == 1) {
    if (auto targets = first_free(context, needs.skills.front())) return std::move(*targets);
  }
  if (auto refusal = add_skills(context, needs)) return std::move(*refusal);
  auto targets = choose(context, needs, required);
  if (!targets.ok()) return targets;
  for (const Offer& offer : needs.offers) record_owner(context, offer);
  return targets;
}

std::string_view mode_of(const Wish& wish, const Needs& needs) {
  if (!wish.names.empty()) return "explicit";
  return needs.offers.empty() ? "skill" : "capability";
}

}  // namespace

Result<Route> find_route(Context& context, const Wish& wish) {
  if (wish.names.empty() && wish.requires_.empty() && wish.skill.empty()) {
    return Error{
        code::kInvalidArgument,
        "assignedTo: expected an agent or node id (or to_agents, or requires), got nothing",
        {{"pointer", "/assignedTo"}, {"expected", "agent id"}, {"got", "nothing"}}};
  }
  auto needs = resolve_needs(context, wish);
  if (!needs.ok()) return std::move(needs.error());
  auto targets = wish.names.empty() ? choose_required(context, wish, *needs)
                                    : resolve_targets(context, wish.names);
  if (!targets.ok()) return std::move(targets.error());
  Route route{.mode = mode_of(wish, *needs),
              .targets = std::move(*targets),
              .contracts = {},
              .skills = std::move(needs->skills),
              .out_of_reach = {}};
  for (Offer& offer : needs->offers) {
    const std::string& first = offer.agents.front();
    if (!offer.reachable && contains(route.targets.agents, first)) {
      route.out_of_reach.push_back(first);
    }
    route.contracts.push_back(std::move(offer.contract));
  }
  return route;
}

bool meets(Transaction& txn, const Task& task, const std::string& requirement,
           std::string_view agent) {
  for (const Contract& contract : task.contracts) {
    if (contract.capability_id == requirement) return can_execute(txn, contract, agent);
  }
  if (contains(skills_of(txn, agent), requirement)) return true;
  const auto record = load_agent(txn, agent);
  return record && record->internal && record->gateway &&
         contains(skills_of(txn, *record->gateway), requirement);
}

}  // namespace ansible
