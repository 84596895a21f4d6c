// Tasks, SLA windows, the audit log.
#include "bench/tool_calls.hpp"

namespace bench {
namespace {

json::object nothing(Mesh&) { return {}; }

json::object delegate_to(json::object who) {
  who["title"] = "a task";
  who["description"] = "what a task usually says";
  return who;
}

json::object on_task(const std::string& id, json::object more = {}) {
  more["taskId"] = id;
  more["agentId"] = kWorker;
  return more;
}

json::object contract(Mesh&) {
  json::array tasks;
  for (int i = 0; i < 10; ++i) {
    const json::object sla{{"acceptByAt", 1'700'000'000'000}};
    tasks.push_back({{"id", "t" + std::to_string(i)},
                     {"status", "pending"},
                     {"metadata", {{"ansible", {{"sla", sla}}}}}});
  }
  return {
      {"contractSchemaRef", "schema://ansible/rust-core/sla-sweep/1.0.0"},
      {"caseId", "bench"},
      {"nowMs", 1'800'000'000'000},
      {"nodeId", "bench"},
      {"options",
       {{"dryRun", false}, {"recordOnly", true}, {"maxMessages", 0}, {"fyiAgents", json::array{}}}},
      {"tasks", std::move(tasks)}};
}

constexpr ToolCall kCalls[] = {
    {"delegate_task", "",
     [](Mesh&) {
       return delegate_to({{"assignedTo", kWorker}});
     }},
    {"delegate_task", "by capability",
     [](Mesh&) {
       return delegate_to({{"requires", json::array{"cap.high"}}});
     }},
    {"delegate_task", "by skill",
     [](Mesh&) {
       return delegate_to({{"requires", json::array{"cook"}}});
     }},
    {"create_skill_task", "",
     [](Mesh&) {
       return json::object{{"skillName", "bake"}, {"assignedTo", kWorker}, {"spec", "bread"}};
     }},
    {"claim_task", "",
     [](Mesh& mesh) {
       return on_task(mesh.pending_task(), {{"etaSeconds", 900}});
     }},
    {"update_task", "",
     [](Mesh& mesh) {
       return on_task(mesh.claimed_task(), {{"status", "in_progress"}});
     }},
    {"update_task", "retryable",
     [](Mesh& mesh) {
       return on_task(mesh.claimed_task(),
                      {{"status", "failed"}, {"note", "later"}, {"retryable", true}});
     }},
    {"complete_task", "",
     [](Mesh& mesh) {
       return on_task(mesh.claimed_task(), {{"result", "done"}});
     }},
    {"release_task", "", [](Mesh& mesh) { return on_task(mesh.claimed_task()); }},
    {"cancel_task", "",
     [](Mesh& mesh) {
       return json::object{{"taskId", mesh.pending_task()}, {"reason", "no longer wanted"}};
     }},
    {"approve_task", "",
     [](Mesh& mesh) {
       return json::object{{"taskId", mesh.task_to_approve()}, {"approval_artifact_id", "t-1"}};
     }},
    {"find_task", "", nothing},
    {"find_task", "by status",
     [](Mesh&) {
       return json::object{{"status", "completed"}};
     }},
    {"find_task", "by assignee",
     [](Mesh&) {
       return json::object{{"assignedTo", kWorker}};
     }},
    {"find_task", "by title",
     [](Mesh&) {
       return json::object{{"titleContains", "task"}};
     }},
    {"find_task", "by no title",
     [](Mesh&) {
       return json::object{{"titleContains", "zebra"}};
     }},
    {"find_task", "by id",
     [](Mesh&) {
       return json::object{{"idPrefix", "a"}};
     }},
    {"task_timeline", "",
     [](Mesh& mesh) {
       return json::object{{"taskId", mesh.claimed_task()}};
     }},
    {"dump_tasks", "", nothing, true},
    {"audit_log", "", nothing},
    {"audit_log", "by agent",
     [](Mesh&) {
       return json::object{{"byAgentId", "a stranger"}};
     }},
    {"audit_log", "of a task",
     [](Mesh& mesh) {
       return json::object{{"taskId", mesh.claimed_task()}};
     }},
    {"sla_sweep", "",
     [](Mesh&) {
       return json::object{{"record_only", true}};
     }},
    {"sla_sweep_contract", "", contract},
    {"set_sla_policy", "",
     [](Mesh&) {
       return json::object{{"record_only", true}};
     }},
};

}  // namespace

std::span<const ToolCall> task_calls() { return kCalls; }

}  // namespace bench
