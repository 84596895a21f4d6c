#include "capabilities/distribution_sweep.hpp"

#include <utility>

#include "capabilities/capability_store.hpp"
#include "capabilities/distribution.hpp"
#include "capabilities/distribution_tasks.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "records/agent.hpp"

namespace ansible {
namespace {

constexpr std::size_t kAgentsAtOnce = 100;
constexpr std::size_t kCancelsAtOnce = 50;

// What this sweep has done so far; its continuation.
struct Tally {
  std::int64_t created = 0;
  std::int64_t cancelled = 0;
};

Tally tally_from(std::string_view continuation) {
  if (continuation.empty()) return {};
  const json::object from = parse_document("continuation", continuation);
  return {.created = int_field(from, "created").value_or(0),
          .cancelled = int_field(from, "cancelled").value_or(0)};
}

json::object to_json(const Tally& tally) {
  return {{"created", tally.created}, {"cancelled", tally.cancelled}};
}

Rows next_agents(Transaction& txn, const std::string& after) {
  const std::string prefix = "agent/";
  const std::string first = after.empty() ? prefix : key::agent(after) + '\0';
  return collect(txn, first, prefix_end(prefix), {.limit = kAgentsAtOnce});
}

// The next agents get their tasks. False: there are no more agents, or nothing is to be distributed any more.
bool expand(Context& context, DistributionRequest& request, Tally& tally) {
  const auto record = load_catalog(context.txn, request.capability_id, request.version);
  if (!record || record->status == catalog_status::kDisabled) return false;
  const DistributionRules rules = distribution_rules(context);
  const Rows rows = next_agents(context.txn, request.after);
  for (const auto& [at, value] : rows) {
    const Agent agent = agent_from_json(key::last_part(at), parse_document(at, value));
    request.after = agent.id;
    if (agent.id == record->owner_agent_id || !distribution_issue(rules, agent).empty()) continue;
    if (create_distribution_task(context, *record, agent.id)) ++tally.created;
    if (context.txn.should_yield()) return true;
  }
  return rows.size() == kAgentsAtOnce;
}

bool cancel(Context& context, const DistributionRequest& request, Tally& tally) {
  const std::size_t cancelled =
      cancel_open(context, request.capability_id, request.version, request.by, kCancelsAtOnce);
  tally.cancelled += static_cast<std::int64_t>(cancelled);
  return cancelled == kCancelsAtOnce;
}

// One part of a request; a request that is done is forgotten.
void work(Context& context, DistributionRequest request, Tally& tally) {
  const bool more =
      request.cancel ? cancel(context, request, tally) : expand(context, request, tally);
  if (more) {
    save_distribution(context.txn, request);
  } else {
    context.txn.erase(key::cap_distribution(request.capability_id, request.version));
  }
}

}  // namespace

ToolResult distribution_sweep(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  Tally tally = tally_from(context.continuation);
  while (auto request = next_distribution(context.txn)) {
    work(context, std::move(*request), tally);
    if (context.txn.should_yield()) return More{json::canonical(to_json(tally))};
  }
  json::object report = to_json(tally);
  report["success"] = true;
  return report;
}

}  // namespace ansible
