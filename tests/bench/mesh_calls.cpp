// Coordination, contexts and skills, capabilities and their distribution, import.
#include "bench/tool_calls.hpp"

namespace bench {
namespace {

json::object nothing(Mesh&) { return {}; }

json::object flat(const std::string& id, std::string_view version) {
  return {{"capability_id", id},
          {"version", version},
          {"owner_agent_id", kWorker},
          {"delegation_skill_ref", {{"name", "ask"}, {"version", "1.0.0"}}},
          {"executor_skill_ref", {{"name", "do"}, {"version", "1.0.0"}}},
          {"contract_schema_ref", "schema://bench/1"}};
}

json::object lock_report(Mesh&) {
  return {{"lastStatus",
           {{"at", 1},
            {"rootDir", "/"},
            {"everySeconds", 60},
            {"staleSeconds", 300},
            {"found", 0},
            {"removed", 0},
            {"kept", 0},
            {"errors", 0}}},
          {"totals", {{"runs", 1}, {"found", 0}, {"removed", 0}, {"kept", 0}, {"errors", 0}}}};
}

json::object old_task(Mesh& mesh) {
  const json::object task{{"title", "from before"},
                          {"description", "what it said"},
                          {"status", "pending"},
                          {"createdBy_agent", "agent-1"},
                          {"createdAt", 1'700'000'000'000},
                          {"assignedTo_agent", "agent-2"}};
  return {{"section", "tasks"}, {"items", {{{"key", mesh.fresh("old")}, {"value", task}}}}};
}

constexpr ToolCall kCalls[] = {
    {"status", "", nothing},
    {"get_coordination", "", nothing},
    {"set_coordination", "",
     [](Mesh&) {
       return json::object{{"coordinator", "bench"}};
     }},
    {"set_coordination_preference", "",
     [](Mesh&) {
       return json::object{{"desiredCoordinator", "bench"}};
     }},
    {"set_retention", "",
     [](Mesh&) {
       return json::object{{"closedTaskRetentionDays", 7}};
     }},
    {"set_backpressure_policy", "",
     [](Mesh&) {
       return json::object{{"max_concurrent", 200}};
     }},
    {"set_distribution_policy", "",
     [](Mesh&) {
       return json::object{{"external_mode", "all"}};
     }},
    {"dump_state", "", nothing, true},
    {"set_delegation_policy", "",
     [](Mesh& mesh) {
       return json::object{{"version", mesh.fresh("v")}, {"policyMarkdown", "# who does what"}};
     }},
    {"get_delegation_policy", "", nothing},
    {"ack_delegation_policy", "",
     [](Mesh&) {
       return json::object{{"from_agent", kWorker}};
     }},
    {"update_context", "",
     [](Mesh& mesh) {
       return json::object{{"from_agent", kWorker}, {"currentFocus", mesh.fresh("focus")}};
     }},
    {"advertise_skills", "",
     [](Mesh& mesh) {
       return json::object{{"from_agent", kWorker}, {"skills", json::array{mesh.fresh("skill")}}};
     }},
    {"context_block", "",
     [](Mesh&) {
       return json::object{{"agent", kWorker}};
     }},
    {"lock_sweep_status", "", nothing},
    {"report_lock_sweep", "", lock_report, false, false, true},
    {"import", "", old_task},
    {"capability_publish", "", [](Mesh& mesh) { return flat(mesh.fresh("cap.new"), "1.0.0"); }},
    {"capability_publish", "update", [](Mesh& mesh) { return flat(mesh.capability(), "2.0.0"); }},
    {"capability_rollback", "",
     [](Mesh& mesh) {
       const std::string id = mesh.capability();
       mesh.gateway().tool("ansible_capability_publish", flat(id, "2.0.0"));
       return json::object{{"capability_id", id}, {"version", "1.0.0"}};
     }},
    {"capability_unpublish", "",
     [](Mesh& mesh) {
       return json::object{{"capability_id", mesh.capability()}};
     }},
    {"list_capabilities", "", nothing},
    {"list_capabilities", "active",
     [](Mesh&) {
       return json::object{{"status", "active"}};
     }},
    {"capability_lifecycle_evidence", "",
     [](Mesh&) {
       return json::object{{"capability_id", "cap.high"}};
     }},
    {"capability_health_summary", "", nothing},
    {"cleanup_distribution_tasks", "", nothing},
    {"drain_distribution_tasks", "", nothing},
};

}  // namespace

std::span<const ToolCall> mesh_calls() { return kCalls; }

}  // namespace bench
