#include <doctest/doctest.h>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

json::object timeline(World& world, const std::string& task) {
  return world.ok("ansible_task_timeline", {{"taskId", task}});
}

}  // namespace

TEST_CASE("T-17: the timeline shows a whole life with actors, notes and metrics") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  world.advance_ms(1'000);
  REQUIRE(code_of(claim(world, task, "bob", {{"etaSeconds", 60}, {"planSummary", "look"}})) ==
          "ok");
  world.advance_ms(1'000);
  REQUIRE(code_of(update(world, task, "bob", {{"status", "in_progress"}, {"note", "half"}})) ==
          "ok");
  world.advance_ms(1'000);
  REQUIRE(code_of(complete(world, task, "bob")) == "ok");
  const json::object reply = timeline(world, task);
  CHECK(json::canonical(reply.at("task")) ==
        json::canonical(json::object{{"id", task},
                                     {"title", "Title"},
                                     {"status", "completed"},
                                     {"assignedTo", "bob"},
                                     {"assignedToAll", {"bob"}},
                                     {"createdBy", "node-a"},
                                     {"claimedBy", "bob"}}));
  CHECK(json::canonical(reply.at("metrics")) ==
        R"({"acceptMs":1000,"completeMs":3000,"updateCount":3})");
  CHECK(kinds_of(world, task) == "created ack_accepted claimed status_update completed");
  const json::array& events = reply.at("timeline").as_array();
  CHECK(events[0].at("byAgentId").as_string() == "node-a");
  CHECK(events[2].at("at").as_int64() == World::kStart + 1'000);
  CHECK(events[2].at("byAgentId").as_string() == "bob");
  CHECK(events[2].at("byNodeId").as_string() == "node-a");
  CHECK(events[2].at("metadata").at("planSummary").as_string() == "look");
  CHECK(events[3].at("status").as_string() == "in_progress");
  CHECK(events[3].at("note").as_string() == "half");
}

TEST_CASE("T-17: released, requeued, cancelled and failed are kinds of their own") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  REQUIRE(code_of(on_task(world, "ansible_release_task", task, "bob")) == "ok");
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  REQUIRE(code_of(update(world, task, "bob",
                         {{"status", "failed"}, {"note", "x"}, {"retryable", true}})) == "ok");
  REQUIRE(code_of(world.call("ansible_cancel_task", {{"taskId", task}, {"reason", "x"}})) == "ok");
  CHECK(kinds_of(world, task) ==
        "created ack_accepted claimed released ack_accepted claimed requeued cancelled");
  const std::string failed = task_in(world, "failed", "bob");
  CHECK(kinds_of(world, failed) == "created ack_accepted claimed failed");
  CHECK(timeline(world, failed).at("metrics").as_object().contains("completeMs"));
}

TEST_CASE("T-17: the log is complete where the task's own list of updates is cut at fifty") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  for (int i = 0; i < 60; ++i) {
    REQUIRE(code_of(update(world, task, "bob",
                           {{"status", "in_progress"}, {"note", std::to_string(i)}})) == "ok");
  }
  const json::object stored = shown(world, task);
  CHECK(stored.at("updates").as_array().size() == 50);
  CHECK(stored.at("updates").at(0).at("note").as_string() == "59");
  const json::object reply = timeline(world, task);
  CHECK(reply.at("timeline").as_array().size() == 63);
  CHECK(reply.at("metrics").at("updateCount").as_int64() == 61);
  CHECK_FALSE(reply.contains("truncated"));
}

TEST_CASE("T-17: records are appended, never changed") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  std::map<std::string, std::string> before;
  for (const auto& [key, value] : world.store) {
    if (key.starts_with("audit")) before[key] = value;
  }
  REQUIRE(before.size() == 4);  // two records and their entries by time
  REQUIRE(code_of(complete(world, task, "bob")) == "ok");
  for (const auto& [key, value] : before) CHECK(world.store.at(key) == value);
}

TEST_CASE("T-17: a very long log shows its newest part and says so") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "in_progress", "bob");
  const std::string record = world.store.at(ansible::key::audit(task, 2));
  for (std::uint64_t seq = 3; seq < 2'003; ++seq) {
    world.store[ansible::key::audit(task, seq)] = record;
  }
  std::string& document = world.store.at("task/" + task);
  json::object edited = ansible::parse_document(task, document);
  edited["auditSeq"] = 2'003;
  document = json::canonical(edited);
  const json::object reply = timeline(world, task);
  CHECK(reply.at("truncated").as_bool());
  CHECK(reply.at("timeline").as_array().size() == 2'000);
  CHECK(reply.at("metrics").at("updateCount").as_int64() == 2'002);
}

TEST_CASE("T-17: a log with very long notes shows its newest part, and the whole in pages") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  const std::string first = ansible::key::audit(task, 1);
  json::object record = ansible::parse_document(first, world.store.at(first));
  record["note"] = std::string(5'000, 'n');
  for (std::uint64_t seq = 1; seq <= 500; ++seq) {
    record["at"] = World::kStart + static_cast<std::int64_t>(seq);
    world.store[ansible::key::audit(task, seq)] = json::canonical(record);
  }
  const json::object reply = timeline(world, task);
  CHECK(reply.at("truncated").as_bool());
  const auto& events = reply.at("timeline").as_array();
  CHECK(events.size() > 300);
  CHECK(events.back().at("at").as_int64() == World::kStart + 500);
  CHECK(json::canonical(reply).size() < (4u << 20));

  std::int64_t found = 0;
  json::object args{{"limit", 1'000}, {"taskId", task}};
  for (int page = 1;; ++page) {
    const json::object part = world.ok("ansible_audit_log", args);
    CHECK(json::canonical(part).size() < (4u << 20));
    found += part.at("returned").as_int64();
    if (!part.contains("nextCursor")) {
      CHECK(page > 1);
      break;
    }
    args["cursor"] = part.at("nextCursor");
  }
  CHECK(found == 501);
}

TEST_CASE("reading needs somebody: an anonymous caller without a token sees nothing") {
  World world;
  const std::string token = world.agent("bob");
  const std::string task = delegate(world, "bob");
  world.caller.kind = ansible::CallerKind::kAnonymous;
  CHECK(code_of(world.call("ansible_find_task", json::object{})) == "not_authorized");
  CHECK(code_of(world.call("ansible_task_timeline", {{"taskId", task}})) == "not_authorized");
  CHECK(code_of(world.call("ansible_find_task", {{"agent_token", token}})) == "ok");
}
