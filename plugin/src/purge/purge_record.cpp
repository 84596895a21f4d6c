#include "actors/agent_store.hpp"
#include "actors/invite_store.hpp"
#include "capabilities/capability_store.hpp"
#include "coordination/context_store.hpp"
#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/sink_store.hpp"
#include "purge/purge.hpp"
#include "tasks/audit_log.hpp"

namespace ansible {
namespace {

// The first rows below it. True: there are no more.
bool erase_some(Transaction& txn, const std::string& prefix, std::size_t most) {
  const Rows rows = collect(txn, prefix, prefix_end(prefix), {.limit = most});
  for (const auto& [at, value] : rows) txn.erase(at);
  return rows.size() < most;
}
void erase_all(Transaction& txn, const std::string& prefix) { erase_some(txn, prefix, SIZE_MAX); }

// "<first part>/<agent>/"
std::string below(std::string_view first, const std::string& agent) {
  return std::string(first) + '/' + key::part(agent) + '/';
}

// All its versions are the agent's, and nobody is routed to any.
bool withdrawn_by(Transaction& txn, const RevisionRecord& revision, const std::string& agent) {
  if (revision.active_version || revision.pending_version) return false;
  for (const CatalogRecord& version : catalog_versions(txn, revision.capability_id)) {
    if (version.owner_agent_id != agent) return false;
  }
  return true;
}

void erase_capability(Transaction& txn, const RevisionRecord& revision) {
  const std::string& id = revision.capability_id;
  for (const CatalogRecord& record : catalog_versions(txn, id)) {
    for (const std::string& at :
         {key::cap_catalog(id, record.version), key::cap_manifest(id, record.version),
          key::cap_stage(id, record.version), key::cap_wiring(id, record.version),
          key::cap_distribution(id, record.version)}) {
      txn.erase(at);
    }
    erase_all(txn, key::distribution_target(id, record.version, ""));
  }
  erase_all(txn, key::cap_health(id));
  for (const std::string& at : {key::cap_revision(id), key::cap_index(id), key::cap_canary(id),
                                key::cap_pipeline(id), key::cap_soak(id)}) {
    txn.erase(at);
  }
}

void erase_invites(Transaction& txn, const std::string& agent) {
  for (const AgentInvite& invite : agent_invites(txn, 0, SIZE_MAX)) {
    if (invite.agent_id == agent) erase_agent_invite(txn, invite.id);
  }
}

}  // namespace

bool purge_sink(Context& context, const Purge& purge) {
  const auto sink = load_sink(context.txn, purge.agent);
  return !sink || !erase_sink(context, *sink);
}

bool purge_ledger(Context& context, const Purge& purge) {
  constexpr std::size_t kPerStep = 1'000;
  return erase_some(context.txn, below("told", purge.agent), kPerStep) &&
         erase_some(context.txn, below("ledger/tool", purge.agent), kPerStep);
}

void purge_capabilities(Context& context, Purge& purge) {
  for (const RevisionRecord& revision : all_revisions(context.txn)) {
    if (!withdrawn_by(context.txn, revision, purge.agent)) continue;
    erase_capability(context.txn, revision);
    ++purge.capabilities;
  }
}

void purge_record(Context& context, const Agent& agent) {
  Transaction& txn = context.txn;
  erase_invites(txn, agent.id);
  save_skills(txn, agent.id, {});
  if (has_context(txn, agent.id)) {
    save_context(txn, agent.id, {});  // leaves the order of changes
    txn.erase(key::agent_context(agent.id));
  }
  txn.erase(key::delegation_ack(agent.id));
  txn.erase(key::outbox_queue(kInboxStream, agent.id));  // nothing waits in it any more
  txn.erase(key::inbox_state(agent.id));
  txn.erase(key::agent_load(agent.id));
  erase_agent(txn, agent);
}

void note_purge(Context& context, const Purge& purge, const std::string& by,
                const std::optional<std::string>& reason) {
  AuditRecord record;
  record.at = context.now_ms;
  record.kind = "agent_purged";
  record.by_agent = by;
  record.by_node = context.node_id();
  record.note = reason;
  record.metadata = {{"agentId", purge.agent},
                     {"tasks", purge.tasks},
                     {"messages", purge.messages},
                     {"capabilities", purge.capabilities}};
  const std::string subject = "agent:" + purge.agent;
  write_audit(context.txn, subject, next_audit_number(context.txn, subject), record);
}

}  // namespace ansible
