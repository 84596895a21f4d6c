#include <doctest/doctest.h>

#include <map>
#include <set>

#include "plugin/support/tasks.hpp"
#include "tasks/transitions.hpp"

using namespace ansible_test;
using ansible::Action;
using ansible::TaskStatus;

namespace {

constexpr std::array<std::string_view, 5> kStatuses = {"pending", "claimed", "in_progress",
                                                       "completed", "failed"};

// What each verb of the holder (of the creator, for cancel) does to a task in each status: the next
// status, or the code of the refusal.
struct Row {
  std::string_view verb;
  std::array<std::string_view, 5> outcome;  // by kStatuses
};

constexpr std::string_view kNo = "invalid_transition";

constexpr Row kTable[] = {
    {"claim", {"claimed", kNo, kNo, kNo, kNo}},
    {"progress", {"not_claimer", "in_progress", "in_progress", kNo, kNo}},
    {"fail", {"not_claimer", "failed", "failed", kNo, kNo}},
    {"requeue", {"not_claimer", "pending", "pending", kNo, kNo}},
    {"complete", {"not_claimer", "completed", "completed", kNo, kNo}},
    {"release", {"not_claimer", "pending", "pending", kNo, kNo}},
    {"cancel", {"failed", "failed", "failed", kNo, kNo}},
};

// The arguments differ from those of task_in(), so that nothing is a replay.
json::object act(World& world, std::string_view verb, const std::string& task) {
  if (verb == "claim") return claim(world, task, "bob", {{"etaSeconds", 901}});
  if (verb == "progress") return update(world, task, "bob");
  if (verb == "fail") {
    return update(world, task, "bob", {{"status", "failed"}, {"note", "broken"}});
  }
  if (verb == "requeue") {
    return update(world, task, "bob",
                  {{"status", "failed"}, {"note", "try again"}, {"retryable", true}});
  }
  if (verb == "complete") return complete(world, task, "bob", {{"result", "another"}});
  if (verb == "release") return on_task(world, "ansible_release_task", task, "bob");
  return world.call("ansible_cancel_task", {{"taskId", task}, {"reason", "not needed"}});
}

}  // namespace

TEST_CASE("T-1: every verb in every status does what the table says, and nothing else") {
  for (const Row& row : kTable) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      CAPTURE(row.verb);
      CAPTURE(kStatuses[i]);
      World world;
      world.agent("bob");
      const std::string task = task_in(world, kStatuses[i], "bob");
      const Store before = world.store;
      const json::object reply = act(world, row.verb, task);
      const bool refused = reply.contains("error");
      CHECK((refused ? code_of(reply) : status_of(world, task)) == row.outcome[i]);
      if (refused) CHECK(world.store == before);
    }
  }
}

TEST_CASE("T-1: a terminal status has no way out in the table") {
  for (const auto& row : ansible::kTransitions) CHECK_FALSE(ansible::terminal(row.from));
}

TEST_CASE("T-1: every transition writes exactly one audit record with its reason") {
  for (const Row& row : kTable) {
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
      if (row.outcome[i] == kNo || row.outcome[i] == "not_claimer") continue;
      CAPTURE(row.verb);
      CAPTURE(kStatuses[i]);
      World world;
      world.agent("bob");
      const std::string task = task_in(world, kStatuses[i], "bob");
      const auto count = [&] {
        std::size_t n = 0;
        std::string last;
        for (const auto& [key, value] : world.store) {
          if (!key.starts_with("audit/" + task + "/")) continue;
          ++n;
          last = value;
        }
        return std::pair{n, last};
      };
      const std::size_t before = count().first;
      REQUIRE(code_of(act(world, row.verb, task)) == "ok");
      const auto [after, last] = count();
      CHECK(after == before + 1);
      const auto record = json::parse(last);
      REQUIRE(record.ok());
      CHECK_FALSE(record->at("metadata").at("reason").as_string().empty());
      CHECK(record->at("status").as_string() == row.outcome[i]);
    }
  }
}

TEST_CASE("T-7: none of eight verbs works for somebody who is neither assignee nor claimer") {
  World world;
  world.agent("bob");
  world.agent("eve");
  const std::map<std::string_view, json::object> verbs = {
      {"claim", {{"etaSeconds", 60}}},
      {"progress", {{"status", "in_progress"}}},
      {"failed", {{"status", "failed"}, {"note", "x"}}},
      {"failed for good", {{"status", "failed"}, {"note", "x"}, {"terminal", true}}},
      {"requeue", {{"status", "failed"}, {"note", "x"}, {"retryable", true}}},
      {"complete", {{"result", "x"}}},
      {"release", {}},
      {"cancel", {{"reason", "x"}}},
  };
  for (const std::string_view status : kStatuses) {
    const std::string task = task_in(world, status, "bob");
    for (const auto& [verb, args] : verbs) {
      CAPTURE(status);
      CAPTURE(verb);
      const Store before = world.store;
      std::string_view tool = "ansible_update_task";
      std::string_view code = "not_claimer";
      if (verb == "claim") tool = "ansible_claim_task", code = "not_assignee";
      if (verb == "complete") tool = "ansible_complete_task";
      if (verb == "release") tool = "ansible_release_task";
      if (verb == "cancel") tool = "ansible_cancel_task", code = "not_authorized";
      CHECK(code_of(on_task(world, tool, task, "eve", args)) == code);
      CHECK(world.store == before);
    }
  }
}

TEST_CASE("T-7: a refused claim names the assignees") {
  World world;
  for (const char* agent : {"bob", "carol", "eve"}) world.agent(agent);
  const std::string task = delegate(world, "bob", {{"to_agents", {"carol"}}});
  const json::object reply = claim(world, task, "eve");
  CHECK(code_of(reply) == "not_assignee");
  CHECK(json::canonical(reply.at("assignees")) == R"(["bob","carol"])");
  CHECK(text_of(reply, "error").find("bob, carol") != std::string::npos);
  CHECK(code_of(claim(world, task, "carol")) == "ok");
}
