// ansible_audit_log: the whole log, by time, by task, by agent.
#include <doctest/doctest.h>

#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

// "kind by agent" of each record, newest first, over all pages.
std::vector<std::string> read(World& world, json::object args = {}) {
  std::vector<std::string> out;
  for (;;) {
    const json::object page = world.ok("ansible_audit_log", args);
    for (const json::value& record : page.at("records").as_array()) {
      out.push_back(text_of(record.as_object(), "kind") + " by " +
                    text_of(record.as_object(), "byAgentId"));
    }
    if (!page.contains("nextCursor")) return out;
    args["cursor"] = page.at("nextCursor");
  }
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("T-17: the log shows what happened to all tasks, newest first") {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  const std::string first = delegate(world, "ann");
  world.advance_ms(1'000);
  REQUIRE(code_of(claim(world, first, "ann")) == "ok");
  world.advance_ms(1'000);
  const std::string second = task_in(world, "claimed", "bob");
  world.advance_ms(1'000);
  REQUIRE(code_of(complete(world, first, "ann")) == "ok");
  const Lines all = read(world);
  CHECK(all.front() == "completed by ann");
  CHECK(all.back() == "created by node-a");
  CHECK(all.size() == 5);
  CHECK(read(world, {{"limit", 1}}) == all);
  CHECK(read(world, {{"limit", 2}}) == all);
  CHECK(read(world, {{"byAgentId", "ann"}}) == Lines{"completed by ann", "claimed by ann"});
  CHECK(read(world, {{"taskId", second.substr(0, 8)}}) ==
        Lines{"claimed by bob", "created by node-a"});
  CHECK(read(world, {{"taskId", first}, {"byAgentId", "ann"}, {"limit", 1}}) ==
        Lines{"completed by ann", "claimed by ann"});
  CHECK(read(world, {{"since", "1s"}}) ==
        Lines{"completed by ann", "claimed by bob", "created by node-a"});
  CHECK(read(world, {{"since", "2027-01-15T08:00:03Z"}}) == Lines{"completed by ann"});
  CHECK(read(world, {{"until", "2027-01-15T08:00:01Z"}}) ==
        Lines{"claimed by ann", "created by node-a"});
  CHECK(read(world, {{"taskId", first}, {"since", "1s"}}) == Lines{"completed by ann"});
  const json::object page = world.ok("ansible_audit_log", {{"limit", 1}});
  const json::value& record = page.at("records").at(0);
  CHECK(record.at("taskId").as_string() == first);
  CHECK(record.at("seq").as_int64() == 2);
  CHECK(record.at("at").as_int64() == World::kStart + 3'000);
  CHECK(record.at("time").as_string() == "2027-01-15T08:00:03.000Z");
}

TEST_CASE("T-17: an agent's records among many others cost what is looked at, not what is stored") {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  task_in(world, "claimed", "ann");
  world.advance_ms(1'000);
  for (int i = 0; i < 3'000; ++i) {
    world.store["audit-time/" +
                std::to_string(1'800'000'000'000'000 / 1'000 + 1'000 + i).insert(0, "000") +
                "/t/000000"] = "bob";
  }
  const json::object page = world.ok("ansible_audit_log", {{"byAgentId", "ann"}});
  CHECK(page.at("returned").as_int64() == 0);
  CHECK(page.contains("nextCursor"));
  CHECK(world.keys_read <= 2'020);
  CHECK(read(world, {{"byAgentId", "ann"}}) == Lines{"claimed by ann"});
}

TEST_CASE("WHO-10: the audit log is for admins; bad times and cursors are refused") {
  World world;
  world.agent("ann");
  CHECK(code_of(world.call("ansible_audit_log", {{"from_agent", "ann"}})) == "not_authorized");
  for (const auto& [name, value] : {std::pair{"since", "yesterday"}, std::pair{"until", "5x"},
                                    std::pair{"since", "-5m"}, std::pair{"cursor", "zzz"}}) {
    const json::object reply = world.call("ansible_audit_log", {{name, value}});
    CHECK(code_of(reply) == "invalid_argument");
    CHECK(text_of(reply, "pointer") == "/" + std::string(name));
  }
  CHECK(read(world, {{"taskId", "nothing-of-that-name"}}).empty());
}
