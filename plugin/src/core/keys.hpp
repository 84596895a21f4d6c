// Every key the plugin owns, in one place. (Keys beginning with 0x00 are the host's.)
//
// Parts are joined by '/'. Times are 16 decimal digits, so that byte order is time order. Ids are escaped (part()), so
// that imported odd ids cannot break out of their place.
//
//   agent/<agent>                                AgentRecord
//   agent-token/<hash hex>                       agent id: finds a token's owner without a scan
//   agent-at/<gateway>/<agent>                   agent id: the internal agents of a gateway
//   agent-invite/<invite>                        AgentInvite
//   agent-invite-token/<hash hex>                invite id
//   agent-invite-of/<agent>/<invite>             empty: invites of an agent that were neither used nor revoked
//   node/<node>                                  NodeInfo
//   pulse/<node>                                 PulseRecord
//   skills/<agent>                               what an agent (or a node) advertises
//   skill/<name>/<agent>                         agent id: who advertises a skill
//   node-key/<node>                              PinnedKey: what a node proves itself with
//   node-revoked/<node>                          Revocation: keeps a revoked node from coming back by itself
//   node-invite/<hash hex>                       NodeInvite, until it is used
//   node-ticket/<hash hex>                       NodeTicket
//   node-nonce/<hash hex>                        empty: an exchange that succeeded
//   prune/<kind>/<ms>/<name>                     empty: what may go by then; kinds: agent-invite, the three above, conversation
//   coordination                                 Coordination: policies, coordinator, gateway admins
//   preference/<node>                            Preference: what a node would like (advisory)
//   context/<agent>                              AgentContext: focus, threads, decisions
//   context-time/<ms>/<agent>                    empty: contexts with a focus, by their last change
//   delegation-policy                            DelegationPolicy, without its text
//   delegation-policy-text                       the policy's Markdown, as it is
//   delegation-ack/<agent>                       PolicyAck: which policy an agent follows
//   retention-last                               the last prune of closed tasks
//   lock-sweep/<node>                            what a host last reported about its lock sweep
//   task/<task>                                  Task
//   task-time/<created>/<task>                   empty: all tasks, by their creation
//   task-sla/<task>                              SlaRecord: deadlines, escalations, outcomes
//   task-count                                   TaskCounts: all tasks and per status
//   agent-load/<agent>                           AgentLoad: queued tasks, held claims, assigned tasks per status
//   by-status/<status>/<rank>/<updated>/<task>   empty: tasks of a status, urgent ones first, by last update
//   by-assignee/<agent>/<status>/<rank>/<updated>/<task>  empty: tasks assigned to an agent
//   by-creator/<agent>/<open or closed>/<task>   empty: tasks that an agent created
//   by-claimer/<agent>/<task>                    empty: closed tasks that an agent had claimed without being assigned
//   held/<agent>/<task>                          empty: the tasks that an agent holds
//   ledger/task/<task>/<action>/<actor>/<key hash>  LedgerEntry: one effect per idempotency key
//   ledger/tool/<actor>/<tool>/<key hash>        LedgerEntry of a creating tool
//   ledger-left/<ms>/<task>                      empty: a pruned task's entries, kept until then (T-5)
//   due/<ms>/<task>/<window>                     task id: the next SLA deadlines, soonest first
//   sla-held/<due ms>/<task>/<window>            HeldBreach: breaches that the message budget held back
//   sla-run/<digest>                             SweepRun: an unfinished sweep
//   sla-part/<run>/<kind>/<name>                 what an unfinished sweep has gathered: breaches, drafts of digests
//   sla-last                                     the last automatic sweep, and the last finished sweep of any kind
//   sla-count                                    HeldCounts: breaches in the waiting index
//   lease/<ms>/<task>                            empty: claim leases by expiry
//   retry/<ms>/<task>                            empty: tasks that rest before a retry, by its time
//   audit/<task>/<seq>                           AuditRecord, written once
//   audit-time/<ms>/<task>/<seq>                 agent id: who did it; audit records by time
//   message/<message>                            Message
//   message-time/<ms>/<message>                  empty: all messages by time
//   inbox/<agent>/<ms>/<message>                 empty or "read": addressed messages of an agent
//   broadcast/<ms>/<message>                     sender: messages to everybody
//   inbox-state/<agent>                          InboxState: unread count, broadcast cursor
//   broadcast-read/<message>/<agent>             empty: read broadcasts above the agent's cursor
//   message-count                                how many messages are stored
//   message-sweep                                where the retention of messages goes on
//   conversation/<conversation>                  Conversation: automatic replies so far (MSG-5)
//   told/<agent>/<peer>                          the conversation in which `peer` (or "*") last told `agent` something
//   agent-sink/<agent>                           AgentSink: where an agent's messages and tasks are delivered to
//   agent-sink-secret/<agent>                    the HMAC key of a webhook; leaves the store with deliveries alone
//   outbox/<stream>/<target>/<order>             Outgoing, queued; <order> is urgency and number
//   outbox-queue/<stream>/<target>               OutboxQueue: last number, who delivers, when the first is due
//   outbox-waiting/<stream>/<target>             how many entries the queue has
//   outbox-due/<node>/<ms>/<stream>/<target>     empty: the queues that a node has to look at, soonest first
//   delivery/<record>/<target>                   DeliveryRecord: how the delivery of a record to a target went
//   dead-letter/<id>                             DeadLetter; ids begin with the time
//   cap-revision/<capability>                    RevisionRecord
//   cap-index/<capability>                       IndexRecord: who executes the active version
//   cap-canary/<capability>                      CapabilityCanary: the version in canary
//   cap-catalog/<capability>/<version>           CatalogRecord
//   cap-manifest/<capability>/<version>          Manifest, immutable but for its first provenance
//   cap-stage/<capability>/<version>             InstallStage
//   cap-wiring/<capability>/<version>            Wiring
//   cap-pipeline/<capability>                    PipelineRecord: the last publish or withdrawal, and how it went
//   cap-distribution/<capability>/<version>      DistributionRequest: tasks that a sweep has yet to create or call off
//   distribution-target/<capability>/<version>/<agent>  task id: the one distribution task of a target (CAP-14)
//   distribution-open/<capability>/<version>/<task>  priority: distribution tasks that are not finished
//   cap-health/<capability>/<hour ms>/<version>  Health: tasks created in that hour, and how they went
//   cap-soak/<capability>                        Soak: what finished in the canary
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ansible::key {

// An id as part of a key: bytes outside [A-Za-z0-9._:@-] become %XX; over 120 bytes it is cut and completed by a hash.
std::string part(std::string_view id);

// Milliseconds as 16 digits; negative ones as 0.
std::string ms(std::int64_t value);

std::string agent(std::string_view agent);
std::string agent_token(std::string_view hash_hex);
std::string agent_at(std::string_view gateway, std::string_view agent);
std::string agent_invite(std::string_view invite);
std::string agent_invite_token(std::string_view hash_hex);
std::string agent_invite_of(std::string_view agent, std::string_view invite);
std::string node(std::string_view node);
std::string pulse(std::string_view node);
std::string skills(std::string_view agent);
std::string skill(std::string_view name, std::string_view agent);
std::string node_key(std::string_view node);
std::string node_revoked(std::string_view node);
std::string node_invite(std::string_view hash_hex);
std::string node_ticket(std::string_view hash_hex);
std::string node_nonce(std::string_view hash_hex);
std::string prune(std::string_view kind, std::int64_t at_ms, std::string_view name);
inline constexpr std::string_view kCoordination = "coordination";
std::string preference(std::string_view node);
std::string agent_context(std::string_view agent);
std::string context_time(std::int64_t at_ms, std::string_view agent);
inline constexpr std::string_view kDelegationPolicy = "delegation-policy";
inline constexpr std::string_view kDelegationPolicyText = "delegation-policy-text";
std::string delegation_ack(std::string_view agent);
inline constexpr std::string_view kRetentionLast = "retention-last";
std::string lock_sweep(std::string_view node);

std::string task(std::string_view task);
std::string task_sla(std::string_view task);
inline constexpr std::string_view kTaskCount = "task-count";
std::string agent_load(std::string_view agent);
// `rank` orders lists: 0 first, at most 9.
std::string by_status(std::string_view status, int rank, std::int64_t updated_ms,
                      std::string_view task);
std::string by_assignee(std::string_view agent, std::string_view status, int rank,
                        std::int64_t updated_ms, std::string_view task);
std::string by_creator(std::string_view agent, bool open, std::string_view task);
std::string task_time(std::int64_t created_ms, std::string_view task);
std::string by_claimer(std::string_view agent, std::string_view task);
std::string held(std::string_view agent, std::string_view task);
std::string ledger_task(std::string_view task, std::string_view action, std::string_view actor,
                        std::string_view key_hash);
std::string ledger_tool(std::string_view actor, std::string_view tool, std::string_view key_hash);
std::string ledger_left(std::int64_t until_ms, std::string_view task);

std::string due(std::int64_t due_ms, std::string_view task, std::string_view window);
std::string sla_held(std::int64_t due_ms, std::string_view task, std::string_view window);
std::string sla_run(std::string_view digest);
std::string sla_part(std::string_view run, std::string_view kind, std::string_view name);
inline constexpr std::string_view kSlaLast = "sla-last";
inline constexpr std::string_view kSlaCount = "sla-count";
std::string lease(std::int64_t expires_ms, std::string_view task);
std::string retry(std::int64_t not_before_ms, std::string_view task);

std::string audit(std::string_view task, std::uint64_t seq);
std::string audit_time(std::int64_t at_ms, std::string_view task, std::uint64_t seq);

std::string message(std::string_view message);
std::string message_time(std::int64_t at_ms, std::string_view message);
std::string inbox(std::string_view agent, std::int64_t at_ms, std::string_view message);
std::string broadcast(std::int64_t at_ms, std::string_view message);
std::string inbox_state(std::string_view agent);
std::string broadcast_read(std::string_view agent, std::string_view message);

inline constexpr std::string_view kMessageCount = "message-count";
inline constexpr std::string_view kMessageSweep = "message-sweep";
std::string conversation(std::string_view conversation);
std::string told(std::string_view agent, std::string_view peer);

std::string agent_sink(std::string_view agent);
std::string agent_sink_secret(std::string_view agent);
std::string outbox(std::string_view stream, std::string_view target, std::uint8_t urgency,
                   std::uint64_t number);
std::string outbox_queue(std::string_view stream, std::string_view target);
std::string outbox_waiting(std::string_view stream, std::string_view target);
std::string outbox_due(std::string_view node, std::int64_t at_ms, std::string_view stream,
                       std::string_view target);
std::string delivery(std::string_view record, std::string_view target);
std::string dead_letter(std::string_view id);

std::string cap_revision(std::string_view capability);
std::string cap_index(std::string_view capability);
std::string cap_canary(std::string_view capability);
std::string cap_catalog(std::string_view capability, std::string_view version);
std::string cap_manifest(std::string_view capability, std::string_view version);
std::string cap_stage(std::string_view capability, std::string_view version);
std::string cap_wiring(std::string_view capability, std::string_view version);
std::string cap_health(std::string_view capability);  // the beginning of all its keys
std::string cap_health(std::string_view capability, std::int64_t hour_ms, std::string_view version);
std::string cap_soak(std::string_view capability);
std::string cap_pipeline(std::string_view capability);
std::string cap_distribution(std::string_view capability, std::string_view version);
std::string distribution_target(std::string_view capability, std::string_view version,
                                std::string_view agent);
std::string distribution_open(std::string_view capability, std::string_view version,
                              std::string_view task);

// The last part of a key, unescaped: the id that part() put there.
std::string last_part(std::string_view key);

// The n-th part (0-based), unescaped.
std::string nth_part(std::string_view key, std::size_t n);

}  // namespace ansible::key
