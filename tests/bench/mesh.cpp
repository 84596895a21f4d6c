#include "bench/mesh.hpp"

#include <utility>

#include "capabilities/manifest_form.hpp"
#include "support/manifest.hpp"

namespace bench {
namespace {

// The operator's notices would be in its own inbox, and its receipts too: no second admin reads them.
constexpr const char* kConfig = R"({"tier":"backbone","adminAgentId":"bench"})";

std::string named(int i) { return "agent-" + std::to_string(i); }

}  // namespace

std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) {
    give_up("no text '" + std::string(name) + "' in " + json::canonical(object));
  }
  return std::string(value->get_string());
}

json::object high_risk_manifest(std::string_view capability) {
  json::object manifest = test::sample_manifest(capability, "1.0.0", kWorker);
  manifest["riskClass"] = "high";
  auto read = ansible::read_manifest(manifest);
  if (!read.ok()) give_up(read.error().text);
  manifest["provenance"].as_object()["manifestChecksum"] =
      ansible::checksum_text(test::sha256_hex(ansible::canonical_payload(std::move(*read))));
  return manifest;
}

Mesh::Mesh(int tasks) : tasks_(tasks), gateway_(kConfig) {
  gateway_.tool("ansible_set_backpressure_policy",
                {{"max_queue_depth", 500}, {"max_concurrent", 200}});
  populate_capabilities();
  populate_agents();
  populate_tasks();
  populate_messages();
}

// The gateway itself is the first of them.
void Mesh::populate_agents() {
  admin_token_ =
      text_at(gateway_.tool("ansible_issue_agent_token", {{"agent_id", "bench"}}), "agent_token");
  for (int i = 0; i < kAgents - 1; ++i) {
    const bool internal = i % 10 != 9;
    if (named(i) != kWorker) {
      gateway_.tool("ansible_register_agent",
                    {{"agent_id", named(i)}, {"type", internal ? "internal" : "external"}});
    }
    if (i % 3 == 0) {
      gateway_.tool("ansible_advertise_skills",
                    {{"from_agent", named(i)}, {"skills", json::array{"cook"}}});
    }
    if (i % 5 == 0) {
      gateway_.tool("ansible_update_context",
                    {{"from_agent", named(i)}, {"currentFocus", "what it is working on"}});
    }
  }
  gateway_.tool("ansible_set_delegation_policy",
                {{"version", "1"}, {"policyMarkdown", "# who does what"}});
}

// Before the others come, so that their skills are handed out to few.
void Mesh::populate_capabilities() {
  gateway_.tool("ansible_register_agent", {{"agent_id", kWorker}, {"type", "internal"}});
  capability();
  gateway_.tool("ansible_capability_publish", {{"manifest", high_risk_manifest("cap.high")},
                                               {"approval_artifact_id", "ticket-1"}});
  sweep("distribution");
  gateway_.tool("ansible_drain_distribution_tasks", {});
}

void Mesh::populate_tasks() {
  for (int i = 0; i < tasks_; ++i) {
    const std::string agent = named(i % (kAgents - 1));
    const std::string id = delegate(agent);
    const int kind = i % 10;
    if (kind > 3) continue;
    gateway_.tool("ansible_claim_task", {{"taskId", id}, {"agentId", agent}, {"etaSeconds", 900}});
    if (kind == 1) {
      gateway_.tool("ansible_update_task",
                    {{"taskId", id}, {"agentId", agent}, {"status", "in_progress"}});
    } else if (kind == 2) {
      gateway_.tool("ansible_complete_task",
                    {{"taskId", id}, {"agentId", agent}, {"result", "done"}});
    } else if (kind == 3) {
      gateway_.tool("ansible_update_task",
                    {{"taskId", id}, {"agentId", agent}, {"status", "failed"}, {"note", "no"}});
    }
  }
  for (int i = 0; i < 120; ++i) pending_task();
  for (int i = 0; i < 50; ++i) {
    const std::string id = claimed_task();
    if (i % 2 != 0) continue;
    gateway_.tool("ansible_update_task",
                  {{"taskId", id}, {"agentId", kWorker}, {"status", "in_progress"}});
  }
  gateway_.tool("ansible_ack_inbox", {{"agent", kFetcher}});
}

// Addressed ones, and a hundred to everybody. What the tasks told the operator is read and taken away before.
void Mesh::populate_messages() {
  gateway_.tool("ansible_mark_read", {});
  forget_old_messages();
  for (int i = 0; i < kMessages; ++i) {
    json::object args{{"content", "what a message usually says"},
                      {"from_agent", named((i + 1) % (kAgents - 1))},
                      {"notify_on_send", false}};
    if (i % 100 != 0) args["to"] = named(i % (kAgents - 1));
    gateway_.tool("ansible_send_message", args);
  }
  forget_old_messages();
}

// A run of the sweep looks at some of them only: until several runs together have taken nothing away.
void Mesh::forget_old_messages() {
  std::int64_t deleted = 0;
  do {
    deleted = 0;
    for (int run = 0; run < 10; ++run) deleted += sweep("messages").at("deleted").as_int64();
  } while (deleted > 0);
}

json::object Mesh::sweep(std::string_view name) {
  json::object reply;
  gateway_.measure(Gateway::sweep_request(name), reply);
  return reply;
}

std::string Mesh::fresh(std::string_view what) {
  return std::string(what) + '-' + std::to_string(++fresh_);
}

std::string Mesh::delegate(std::string_view agent) {
  return text_at(
      gateway_.tool("ansible_delegate_task",
                    {{"title", "a task"},
                     {"description", "what a task usually says"},
                     {"assignedTo", agent},
                     {"sla", {{"acceptSlaSeconds", 86400}, {"completeSlaSeconds", 172800}}}}),
      "taskId");
}

std::string Mesh::pending_task() { return delegate(kWorker); }

std::string Mesh::claimed_task() {
  std::string id = pending_task();
  gateway_.tool("ansible_claim_task", {{"taskId", id}, {"agentId", kWorker}, {"etaSeconds", 900}});
  return id;
}

std::string Mesh::task_to_approve() {
  return text_at(gateway_.tool("ansible_delegate_task", {{"title", "risky"},
                                                         {"description", "with care"},
                                                         {"requires", json::array{"cap.high"}}}),
                 "taskId");
}

std::string Mesh::agent() {
  std::string id = fresh("spare");
  gateway_.tool("ansible_register_agent", {{"agent_id", id}, {"type", "internal"}});
  return id;
}

std::string Mesh::node_invite() {
  return text_at(gateway_.tool("ansible_invite_node", {{"tier", "backbone"}}), "invite_token");
}

std::string Mesh::ticket(const std::string& node) {
  return text_at(
      gateway_.tool("ansible_mint_ws_ticket", {{"invite_token", node_invite()}, {"node_id", node}}),
      "ticket");
}

std::string Mesh::node() {
  std::string id = fresh("node");
  gateway_.tool("ansible_consume_ws_ticket", {{"ticket", ticket(id)}, {"node_id", id}});
  return id;
}

std::string Mesh::message() {
  return text_at(gateway_.tool("ansible_send_message",
                               {{"content", "hello"}, {"to", kWorker}, {"notify_on_send", false}}),
                 "messageId");
}

std::string Mesh::sink() {
  std::string id = agent();
  gateway_.tool("ansible_set_agent_sink", {{"agent_id", id}, {"url", "http://127.0.0.1:9/"}});
  return id;
}

// Its receiver says that it is gone.
std::string Mesh::dead_letter() {
  const std::string target = sink();
  gateway_.tool("ansible_send_message",
                {{"content", "hello"}, {"to", target}, {"notify_on_send", false}});
  gateway::Request settle;
  settle.kind = gateway::Request::Kind::kOutboxSettle;
  settle.name = "inbox/" + target + "/1000000000000001";
  settle.outcome = GW_GIVE_UP;
  settle.caller_kind = GW_CALLER_HOST;
  json::object reply;
  gateway_.measure(settle, reply);
  const json::object letters =
      gateway_.tool("ansible_list_dead_letters", {{"agent", target}, {"limit", 1}});
  const json::array& list = letters.at("deadLetters").as_array();
  if (list.empty()) give_up("no dead letter of " + target);
  return text_at(list.front().as_object(), "id");
}

std::string Mesh::capability() {
  std::string id = fresh("cap.bench");
  gateway_.tool("ansible_capability_publish",
                {{"capability_id", id},
                 {"version", "1.0.0"},
                 {"owner_agent_id", kWorker},
                 {"delegation_skill_ref", {{"name", "ask"}, {"version", "1.0.0"}}},
                 {"executor_skill_ref", {{"name", "do"}, {"version", "1.0.0"}}},
                 {"contract_schema_ref", "schema://bench/1"}});
  return id;
}

}  // namespace bench
