// Tasks that come over from the existing plugin: what they keep, and how they go on.
#include <doctest/doctest.h>

#include "plugin/support/dumps.hpp"

using namespace ansible_test;

namespace {

json::object sla_shown(World& world, std::string_view task) {
  return shown(world, task).at("metadata").at("ansible").at("sla").as_object();
}

}  // namespace

TEST_CASE("Import: deadlines come along; what was escalated there is not escalated again") {
  World world;
  const auto with_sla = [](std::string_view id, std::string_view status, json::object sla) {
    return item(id, with_block(task_record(id, status), {{"sla", std::move(sla)}}));
  };
  REQUIRE(code_of(import(world, "tasks",
                         {with_sla("overdue", "claimed",
                                   {{"acceptByAt", kThen},
                                    {"progressByAt", kThen + 5'000},
                                    {"completeByAt", World::kStart + 5'000},
                                    {"escalations", json::object{}}}),
                          with_sla("known", "claimed",
                                   {{"progressByAt", kThen},
                                    {"escalations", {{"progressAt", kThen + 9}}},
                                    {"escalationOutcomes",
                                     {{"progress",
                                       {{"at", kThen + 9},
                                        {"reason", "message_budget_exhausted"},
                                        {"notifiedAgents", json::array{}}}}}}})})) == "ok");
  const json::object swept = world.ok("ansible_sla_sweep", {{"record_only", true}});
  CHECK(swept.at("breachCount").as_int64() == 1);
  CHECK(swept.at("breaches").at(0).at("taskId").as_string() == "overdue");
  CHECK(swept.at("breaches").at(0).at("breachType").as_string() == "progress");
  CHECK(world.ok("ansible_status", {}).at("sla").at("heldBack").as_int64() == 0);
  world.advance_ms(5'001);
  CHECK(world.ok("ansible_sla_sweep", {{"record_only", true}}).at("breachCount").as_int64() == 1);
}

TEST_CASE(
    "SLA-1: a contract without seconds, as dumps have it, gives windows of 120, 900, 3600 s") {
  World world;
  world.agent("ann");
  const json::object contract{
      {"capabilities", json::array{{{"capabilityId", "cap.demo"}, {"version", "1.0.0"}}}}};
  REQUIRE(code_of(import(world, "tasks",
                         {item("old", with_block(task_record("old", "pending"),
                                                 {{"contract", contract}}))})) == "ok");
  REQUIRE(code_of(claim(world, "old", "ann")) == "ok");
  CHECK(sla_shown(world, "old").at("progressByAt").as_int64() == World::kStart + 900'000);
  CHECK(sla_shown(world, "old").at("completeByAt").as_int64() == World::kStart + 3'600'000);
  REQUIRE(code_of(on_task(world, "ansible_release_task", "old", "ann")) == "ok");
  CHECK(sla_shown(world, "old").at("acceptByAt").as_int64() == World::kStart + 120'000);
}

TEST_CASE("SLA-2: a progress update moves an imported progress window, whatever it came from") {
  World world;
  world.agent("ann");
  const json::object sla{{"progressByAt", kThen + 5'000}, {"escalations", json::object{}}};
  REQUIRE(code_of(import(world, "tasks",
                         {item("old", with_block(task_record("old", "in_progress"),
                                                 {{"sla", sla}}))})) == "ok");
  world.ok("ansible_sla_sweep", {{"record_only", true}});
  REQUIRE(sla_shown(world, "old").at("stalled").as_bool());
  REQUIRE(code_of(update(world, "old", "ann")) == "ok");
  CHECK(sla_shown(world, "old").at("progressByAt").as_int64() == World::kStart + 900'000);
  CHECK_FALSE(sla_shown(world, "old").contains("stalled"));
  world.advance_ms(900'001);
  CHECK(world.ok("ansible_sla_sweep", {{"record_only", true}}).at("breachCount").as_int64() == 1);
}

TEST_CASE("Import: seconds and times that no tool takes are left behind, and named") {
  World world;
  world.agent("ann");
  const json::object wild{
      {"defaultEtaSeconds", INT64_MAX},
      {"claimLeaseSeconds", INT64_MAX},
      {"slaSeconds", {{"accept", 0}, {"progress", INT64_MAX}, {"complete", 60}}},
      {"deadlineAt", INT64_MAX},
      {"contract",
       {{"capabilities", json::array{{{"capabilityId", "cap.demo"},
                                      {"version", "1.0.0"},
                                      {"defaultEtaSeconds", -1},
                                      {"sla", {{"progressSlaSeconds", 604'801}}}}}}}}};
  const json::object reply =
      import(world, "tasks", {item("old", with_block(task_record("old", "pending"), wild))});
  CHECK(reply.at("imported").as_int64() == 1);
  CHECK(json::canonical(reply.at("notes"))
            .find("left behind, because no tool takes such values: defaultEtaSeconds, "
                  "claimLeaseSeconds, deadlineAt, slaSeconds.accept, slaSeconds.progress, "
                  "cap.demo.defaultEtaSeconds, cap.demo.sla.progress") != std::string::npos);
  CHECK(code_of(claim(world, "old", "ann", {})) == "eta_required");
  REQUIRE(code_of(claim(world, "old", "ann")) == "ok");
  CHECK(sla_shown(world, "old").at("progressByAt").as_int64() == World::kStart + 900'000);
  CHECK(sla_shown(world, "old").at("completeByAt").as_int64() == World::kStart + 60'000);
  world.sweep("leases");
  CHECK(status_of(world, "old") == "claimed");
}

TEST_CASE("Import: distribution tasks do not fill their targets' queues") {
  World world;
  world.agent("ann");
  json::array items;
  for (int i = 0; i < 60; ++i) {
    const std::string id = "d" + std::to_string(i);
    json::object task = task_record(id, "pending", {{"intent", "skill_distribution"}});
    task["metadata"] = json::object{{"kind", "skill_distribution"}, {"capabilityId", "cap.x"}};
    items.push_back(item(id, task));
  }
  CHECK(import(world, "tasks", items).at("imported").as_int64() == 60);
  CHECK(code_of(world.call("ansible_delegate_task",
                           {{"title", "t"}, {"description", "d"}, {"assignedTo", "ann"}})) == "ok");
}

TEST_CASE(
    "T-17: importing a task that was pruned here goes on with its log, and writes nothing over") {
  World world;
  import(world, "agents", {item("ann", agent_record())});
  import(world, "tasks", {item("old", task_record("old", "claimed"))});
  REQUIRE(code_of(complete(world, "old", "ann")) == "ok");
  world.advance_ms(9LL * 86'400'000);
  world.sweep("retention");
  REQUIRE(code_of(world.call("ansible_task_timeline", {{"taskId", "old"}})) == "not_found");
  const auto log = [&] {
    Store rows;
    for (const auto& [key, value] : world.store) {
      if (key.starts_with("audit/old/")) rows[key] = value;
    }
    return rows;
  };
  const Store before = log();
  REQUIRE(before.size() == 3);
  import(world, "tasks", {item("old", task_record("old", "claimed"))});
  REQUIRE(code_of(complete(world, "old", "ann", {{"result", "again"}})) == "ok");
  const Store after = log();
  CHECK(after.size() == 6);
  for (const auto& [key, value] : before) CHECK_MESSAGE(after.at(key) == value, key);
}
