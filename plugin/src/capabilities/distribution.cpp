#include "capabilities/distribution.hpp"

#include <algorithm>

#include "actors/agent_store.hpp"
#include "actors/gateway_id.hpp"
#include "capabilities/capability_store.hpp"
#include "capabilities/distribution_tasks.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "records/coordination.hpp"

namespace ansible {
namespace {

constexpr std::string_view kPrefix = "cap-distribution/";
constexpr std::size_t kMostAtOnce = 200;

std::string_view internal_issue(const DistributionRules& rules, const Agent& agent) {
  if (!agent.gateway || agent.gateway->empty()) return "missing_gateway_binding";
  const std::string gateway = canonical_gateway(*agent.gateway);
  if (*agent.gateway != agent.id && !gateway.empty() && canonical_gateway(agent.id) == gateway) {
    return "legacy_alias_identity";
  }
  const bool known = rules.gateways.contains(*agent.gateway) || rules.gateways.contains(gateway);
  return known ? "" : "gateway_not_authorized";
}

}  // namespace

DistributionRules distribution_rules(Context& context) {
  DistributionRules rules;
  rules.strict = load_coordination(context.txn).distribution_external_mode == "strict";
  const std::string prefix = "node/";
  for (const auto& [at, value] :
       collect(context.txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX})) {
    const std::string node = key::last_part(at);
    rules.gateways.insert(node);
    if (std::string canonical = canonical_gateway(node); !canonical.empty()) {
      rules.gateways.insert(std::move(canonical));
    }
  }
  return rules;
}

std::string_view distribution_issue(const DistributionRules& rules, const Agent& agent) {
  if (!agent.enabled()) return "assignee_disabled";
  if (agent.internal) return internal_issue(rules, agent);
  const bool welcome = !rules.strict || agent.distribution_opt_in.value_or(false);
  return welcome ? "" : "external_not_opted_in";
}

std::vector<std::string> distribution_targets(Context& context, std::string_view owner) {
  const DistributionRules rules = distribution_rules(context);
  std::vector<std::string> targets;
  for (const Agent& agent : all_agents(context.txn)) {
    if (agent.id != owner && distribution_issue(rules, agent).empty()) targets.push_back(agent.id);
  }
  std::sort(targets.begin(), targets.end());
  return targets;
}

void save_distribution(Transaction& txn, const DistributionRequest& request) {
  json::object out{{"capabilityId", request.capability_id},
                   {"version", request.version},
                   {"by", request.by},
                   {"after", request.after},
                   {"requestedAt", request.requested_at}};
  if (request.cancel) out["cancel"] = true;
  txn.put(key::cap_distribution(request.capability_id, request.version), json::canonical(out));
}

std::optional<DistributionRequest> next_distribution(Transaction& txn) {
  const Rows rows = collect(txn, kPrefix, prefix_end(kPrefix), {.limit = 1});
  if (rows.empty()) return std::nullopt;
  const json::object from = parse_document(rows.front().first, rows.front().second);
  return DistributionRequest{.capability_id = text_field(from, "capabilityId").value_or(""),
                             .version = text_field(from, "version").value_or(""),
                             .by = text_field(from, "by").value_or(""),
                             .cancel = bool_field(from, "cancel").value_or(false),
                             .after = text_field(from, "after").value_or(""),
                             .requested_at = int_field(from, "requestedAt").value_or(0)};
}

void request_distribution(Context& context, const CatalogRecord& record) {
  save_distribution(context.txn, {.capability_id = record.capability_id,
                                  .version = record.version,
                                  .by = record.published_by_agent_id,
                                  .requested_at = context.now_ms});
}

std::size_t cancel_distribution(Context& context, std::string_view capability,
                                std::string_view by) {
  const auto revision = load_revision(context.txn, capability);
  if (!revision) return 0;
  std::size_t cancelled = 0;
  for (const std::string& version : revision->versions) {
    const std::string request = key::cap_distribution(capability, version);
    cancelled += cancel_open(context, capability, version, by, kMostAtOnce - cancelled);
    if (cancelled == kMostAtOnce && has_open(context.txn, capability, version)) {
      save_distribution(context.txn, {.capability_id = revision->capability_id,
                                      .version = version,
                                      .by = std::string(by),
                                      .cancel = true,
                                      .requested_at = context.now_ms});
    } else if (context.txn.get(request)) {
      context.txn.erase(request);
    }
  }
  return cancelled;
}

}  // namespace ansible
