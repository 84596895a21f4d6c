// ansible_purge_agent: an agent goes, with everything that is its own, and with nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "plugin/support/publishing.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

// Keys of the store, but for what outlives an agent: the audit log, counters, and what the operator asked for.
std::set<std::string> keys_of(const World& world) {
  std::set<std::string> keys;
  for (const auto& [key, value] : world.store) {
    const auto begins = [&](const char* prefix) { return key.starts_with(prefix); };
    const bool outlives = begins("audit/") || begins("audit-time/") || key == "task-count" ||
                          key == "message-count" || begins("ledger/tool/node-a/") ||
                          begins("prune/") || key == "inbox-state/helper";
    if (!outlives) keys.insert(key);
  }
  return keys;
}

std::string difference(const std::set<std::string>& before, const std::set<std::string>& after) {
  std::string text;
  for (const std::string& key : after) {
    if (!before.contains(key)) text += "left: " + key + "\n";
  }
  for (const std::string& key : before) {
    if (!after.contains(key)) text += "gone: " + key + "\n";
  }
  return text;
}

json::object purge(World& world, const std::string& agent) {
  return world.call("ansible_purge_agent", {{"agent_id", agent}, {"reason", "test"}});
}

// A finished task from before, as dumps have it.
void import_closed(World& world, const std::string& id, std::string_view creator,
                   std::string_view assignee, std::string_view claimer) {
  const json::object task{{"title", "old"},
                          {"description", "from before"},
                          {"status", "completed"},
                          {"createdBy_agent", creator},
                          {"createdAt", 1'700'000'000'000},
                          {"assignedTo_agent", assignee},
                          {"claimedBy_agent", claimer}};
  const json::object reply = world.ok(
      "ansible_import", {{"section", "tasks"}, {"items", {{{"key", id}, {"value", task}}}}});
  REQUIRE_MESSAGE(reply.at("imported").as_int64() == 1, json::canonical(reply));
}

// A busy life of "guest" among others; nothing of it is open at its end.
void live(CapabilityWorld& world) {
  world.agent("guest");
  world.ok("ansible_update_context", {{"from_agent", "guest"}, {"currentFocus", "everything"}});
  world.ok("ansible_advertise_skills",
           {{"from_agent", "guest"}, {"skills", json::array{"juggling"}}});
  world.ok("ansible_set_agent_sink", {{"agent_id", "guest"}});
  world.ok("ansible_send_message",
           {{"from_agent", "guest"}, {"content", "to one"}, {"to", json::array{"helper"}}});
  world.ok("ansible_send_message", {{"from_agent", "guest"}, {"content", "to everybody"}});
  world.ok("ansible_send_message", {{"from_agent", "helper"},
                                    {"content", "for you"},
                                    {"to", json::array{"guest"}},
                                    {"notify_on_send", false}});
  json::object manifest = demo_manifest();
  manifest = changed(manifest, "/capabilityId", "cap.guest");
  manifest = changed(manifest, "/ownerAgentId", "guest");
  manifest = changed(manifest, "/provenance/publishedByAgentId", "guest");
  world.ok("ansible_capability_publish", {{"manifest", sealed(manifest)}, {"from_agent", "guest"}});
  const std::string task = delegate(
      world, "guest",
      {{"from_agent", "guest"}, {"requires", json::array{"cap.guest"}}, {"idempotency_key", "d"}});
  REQUIRE(code_of(claim(world, task, "guest", {{"etaSeconds", 900}, {"idempotency_key", "c"}})) ==
          "ok");
  REQUIRE(code_of(update(world, task, "guest")) == "ok");
  REQUIRE(code_of(complete(world, task, "guest")) == "ok");
  world.ok("ansible_capability_unpublish",
           {{"capability_id", "cap.guest"}, {"from_agent", "guest"}});
}

}  // namespace

TEST_CASE("a purged agent leaves nothing behind but what the audit log says") {
  for (const std::size_t every : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(every);
    CapabilityWorld world;
    delegate(world, "helper");
    const auto before = keys_of(world);
    const std::string counts = json::canonical(world.ok("ansible_status", {}).at("tasksByStatus"));
    live(world);
    world.yield_every = every;
    const json::object reply = purge(world, "guest");
    CHECK_MESSAGE(code_of(reply) == "ok", json::canonical(reply));
    CHECK((every == 0 || world.steps > 3));
    CHECK(reply.at("purged").at("tasks").as_int64() == 1);
    CHECK(reply.at("purged").at("capabilities").as_int64() == 1);
    CHECK(difference(before, keys_of(world)) == "");
    CHECK(json::canonical(world.ok("ansible_status", {}).at("tasksByStatus")) == counts);
    const json::object log = world.ok("ansible_audit_log", {{"taskId", "agent:guest"}});
    const json::object entry = log.at("records").as_array().at(0).as_object();
    CHECK(text_of(entry, "kind") == "agent_purged");
    CHECK(text_of(entry, "note") == "test");
    CHECK(text_of(entry, "byAgentId") == "node-a");
  }
}

TEST_CASE("a purge that was killed goes on when it is asked for again") {
  CapabilityWorld world;
  const auto before = keys_of(world);
  live(world);
  world.yield_every = 1;
  REQUIRE_FALSE(world.call_and_kill("ansible_purge_agent", {{"agent_id", "guest"}}, 4));
  CHECK(code_of(purge(world, "guest")) == "ok");
  CHECK(difference(before, keys_of(world)) == "");
  CHECK(code_of(purge(world, "guest")) == "not_found");
}

TEST_CASE(
    "T-5: what others were told about a purged agent's task answers their repeated requests") {
  CapabilityWorld world;
  world.agent("guest");
  const std::string task =
      delegate(world, "helper", {{"from_agent", "guest"}, {"to_agents", {"guest"}}});
  REQUIRE(code_of(claim(world, task, "guest")) == "ok");
  REQUIRE(code_of(on_task(world, "ansible_release_task", task, "guest",
                          {{"idempotency_key", "r"}})) == "ok");
  REQUIRE(code_of(claim(world, task, "helper")) == "ok");
  const json::object done = {{"result", "done"}, {"idempotency_key", "k"}};
  const json::object first = complete(world, task, "helper", done);
  REQUIRE(code_of(first) == "ok");
  REQUIRE(code_of(purge(world, "guest")) == "ok");
  const json::object again = complete(world, task, "helper", done);
  CHECK(again.at("idempotent").as_bool());
  CHECK(again.at("message") == first.at("message"));
  world.agent("guest");  // another one of this name
  CHECK(code_of(on_task(world, "ansible_release_task", task, "guest",
                        {{"idempotency_key", "r"}})) == "not_found");

  world.advance_ms(7LL * 86'400'000);
  world.sweep("retention");
  for (const char* prefix : {"ledger/task/", "ledger-left/"}) {
    const auto at = world.store.lower_bound(prefix);
    CHECK_MESSAGE((at == world.store.end() || !at->first.starts_with(prefix)), prefix);
  }
}

TEST_CASE("an agent with a long ledger of what it created is purged in steps") {
  CapabilityWorld world;
  const auto before = keys_of(world);
  world.agent("guest");
  for (int i = 0; i < 2'500; ++i) {
    world.store["ledger/tool/guest/ansible_delegate_task/" + std::to_string(i)] = "{}";
  }
  CHECK(code_of(purge(world, "guest")) == "ok");
  CHECK(world.steps == 3);
  CHECK(difference(before, keys_of(world)) == "");
}

TEST_CASE("the name may be used again, and purged again") {
  CapabilityWorld world;
  const auto before = keys_of(world);
  for (int life = 0; life < 2; ++life) {
    live(world);
    CHECK(code_of(purge(world, "guest")) == "ok");
  }
  CHECK(difference(before, keys_of(world)) == "");
  const json::object log = world.ok("ansible_audit_log", {{"taskId", "agent:guest"}});
  CHECK(log.at("records").as_array().size() == 2);
}

TEST_CASE("invites go with the agent that they are for") {
  World world;
  const auto before = keys_of(world);
  world.agent("guest", "external");
  world.ok("ansible_invite_agent", {{"agent_id", "guest"}});
  world.ok("ansible_purge_agent", {{"agent_id", "guest"}});
  CHECK(difference(before, keys_of(world)) == "");
  CHECK(world.ok("ansible_list_agent_invites", {}).at("total").as_int64() == 0);
}

TEST_CASE("what others wrote to several stays with them, and so do their unread counts") {
  World world;
  world.agent("guest");
  world.agent("ann");
  world.agent("bob");
  world.ok("ansible_send_message",
           {{"from_agent", "ann"}, {"content", "for both"}, {"to", json::array{"guest", "bob"}}});
  world.ok("ansible_send_message",
           {{"from_agent", "guest"}, {"content", "from the guest"}, {"to", json::array{"bob"}}});
  CHECK(world.ok("ansible_read_messages", {{"agent", "bob"}}).at("unreadMessages").as_int64() == 2);
  world.ok("ansible_purge_agent", {{"agent_id", "guest"}});
  const json::object inbox = world.ok("ansible_read_messages", {{"agent", "bob"}});
  CHECK(inbox.at("unreadMessages").as_int64() == 1);
  CHECK(json::canonical(inbox.at("messages")).find("for both") != std::string::npos);
}

TEST_CASE("nothing is removed while the agent has open tasks, whoever made them") {
  World world;
  world.agent("guest");
  world.agent("bob");
  const auto refused = [&] {
    const Store before = world.store;
    const json::object reply = purge(world, "guest");
    CHECK(code_of(reply) == "conflict");
    CHECK(world.store == before);
    return text_of(reply, "error");
  };
  const std::string waiting = delegate(world, "guest");
  CHECK(refused().find("1 waiting") != std::string::npos);
  REQUIRE(code_of(claim(world, waiting, "guest")) == "ok");
  CHECK(refused().find("1 held") != std::string::npos);
  REQUIRE(code_of(complete(world, waiting, "guest")) == "ok");
  const std::string made = delegate(world, "bob", {{"from_agent", "guest"}});
  CHECK(refused().find("not finished") != std::string::npos);
  world.ok("ansible_cancel_task", {{"taskId", made}, {"reason", "over"}});
  CHECK(code_of(purge(world, "guest")) == "ok");
  CHECK(code_of(world.call("ansible_task_timeline", {{"taskId", made}})) == "not_found");
}

TEST_CASE("an open task keeps the agent also when somebody else it is shared with works on it") {
  World world;
  world.agent("guest");
  world.agent("bob");
  const std::string shared = delegate(world, "guest", {{"to_agents", json::array{"bob"}}});
  const auto refused = [&] {
    const json::object reply = purge(world, "guest");
    return code_of(reply) == "conflict" && text_of(reply, "taskId") == shared;
  };
  REQUIRE(code_of(claim(world, shared, "bob")) == "ok");
  CHECK(refused());
  REQUIRE(code_of(update(world, shared, "bob")) == "ok");
  CHECK(refused());
  REQUIRE(code_of(complete(world, shared, "bob")) == "ok");
  CHECK(code_of(purge(world, "guest")) == "ok");
}

TEST_CASE(
    "closed tasks go that an agent made, shared or took, however odd their ids; others stay") {
  for (const std::size_t every : {std::size_t{0}, std::size_t{1}}) {
    CAPTURE(every);
    World world;
    world.agent("bob");
    import_closed(world, "others", "bob", "bob", "node-a");
    const auto before = keys_of(world);
    world.agent("guest");
    import_closed(world, "made", "guest", "bob", "bob");
    import_closed(world, "shared", "bob", "guest", "bob");
    import_closed(world, "taken", "bob", "bob", "guest");
    import_closed(world, "odd / id", "guest", "guest", "guest");
    import_closed(world, std::string(120, 'x'), "guest", "bob", "guest");
    world.yield_every = every;
    const json::object reply = purge(world, "guest");
    CHECK_MESSAGE(code_of(reply) == "ok", json::canonical(reply));
    CHECK(reply.at("purged").at("tasks").as_int64() == 5);
    CHECK(difference(before, keys_of(world)) == "");
  }
}

TEST_CASE("a purge reads what goes, and what forbids it, however many tasks others have") {
  const auto keys_read = [](int others) {
    World world;
    world.ok("ansible_set_backpressure_policy",
             {{"max_queue_depth", 500}, {"max_concurrent", 500}});
    for (const char* agent : {"guest", "ann", "bob"}) world.agent(agent);
    for (int i = 0; i < others; ++i) {
      task_in(world, i % 2 == 0 ? "completed" : "claimed", i % 3 == 0 ? "ann" : "bob");
    }
    world.ok("ansible_mark_read", {});
    std::vector<std::size_t> reads;
    const std::string made = delegate(world, "bob", {{"from_agent", "guest"}});
    CHECK(code_of(purge(world, "guest")) == "conflict");
    reads.push_back(world.keys_read);
    world.ok("ansible_cancel_task", {{"taskId", made}, {"reason", "over"}});
    task_in(world, "completed", "guest");
    const json::object reply = purge(world, "guest");
    CHECK(code_of(reply) == "ok");
    CHECK(reply.at("purged").at("tasks").as_int64() == 2);
    reads.push_back(world.keys_read);
    return reads;
  };
  const auto few = keys_read(10);
  CHECK(few == keys_read(600));
  for (const std::size_t reads : few) CHECK(reads < 80);
}

TEST_CASE("nothing is removed while the agent offers a capability") {
  CapabilityWorld world;
  world.published(demo_manifest());
  const json::object reply = purge(world, "owner");
  CHECK(code_of(reply) == "conflict");
  CHECK(text_of(reply, "capabilityId") == "cap.demo");
  world.unpublish();
  CHECK(code_of(purge(world, "owner")) == "ok");
  CHECK(world.ok("ansible_list_capabilities", {}).at("capabilities").as_array().empty());
}

TEST_CASE("admins, the node and agents of the configuration are not purged; others may not purge") {
  World world(R"({"tier":"backbone","adminAgentId":"boss","injectContextAgents":["boss","ann"]})");
  const std::string token = world.agent("guest");
  for (const char* agent : {"boss", "ann", "node-a"})
    CHECK(code_of(purge(world, agent)) == "conflict");
  CHECK(code_of(world.call("ansible_purge_agent", {{"agent_id", "ann"}, {"agent_token", token}})) ==
        "not_authorized");
  CHECK(code_of(purge(world, "nobody")) == "not_found");
}
