// Moving over from the existing plugin: records as its dumps print them.
#include <doctest/doctest.h>

#include "plugin/support/dumps.hpp"

using namespace ansible_test;

namespace {

// Everything of a small mesh, one call per section.
void import_all(World& world, const json::object& more = {}) {
  const auto take = [&](std::string_view section, json::array items) {
    INFO(section);
    const json::object reply = import(world, section, std::move(items), more);
    INFO(json::canonical(reply));
    REQUIRE(code_of(reply) == "ok");
    CHECK(reply.at("skipped").as_array().empty());
  };
  take("agents", {item("ann", agent_record()), item("bob", {{"type", "external"}})});
  take("context",
       {item("ann", {{"currentFocus", "the parser"},
                     {"activeThreads", {{{"id", "t"}, {"summary", "s"}, {"lastActivity", kThen}}}},
                     {"recentDecisions", json::array{}},
                     {"skills", {"deploy"}}})});
  take("coordination",
       {item("backpressureMaxConcurrent", 2), item("pref:node-z", {{"updatedAt", 1}}),
        item("gatewayAdmin:node-z", "bob"), item("delegationAck:team:ann:version", "3"),
        item("delegationAck:team:ann:checksum", "sha256:x"),
        item("delegationAck:team:ann:at", kThen)});
  take("messages", {item("m1", message_record("bob", {"ann"}, {"bob"})),
                    item("m2", message_record("bob", json::array{}, {"bob", "ann"}))});
  take("tasks", {item("t-pending", task_record("t-pending", "pending")),
                 item("t-claimed", task_record("t-claimed", "claimed")),
                 item("t-done", task_record("t-done", "completed"))});
}

}  // namespace

TEST_CASE("WHO-9: an imported agent keeps its token") {
  World world;
  REQUIRE(code_of(import(world, "agents", {item("ann", agent_record())})) == "ok");
  world.caller.kind = ansible::CallerKind::kAnonymous;
  CHECK(code_of(world.call("ansible_read_messages", {{"agent_token", kToken}})) == "ok");
  world.caller.kind = ansible::CallerKind::kOperator;
  const json::object listed = world.ok("ansible_list_agents", {});
  CHECK(json::canonical(listed).find("tokenHash") == std::string::npos);
}

TEST_CASE("Import: a task goes on where it stood, with history, counters and indexes") {
  World world;
  import_all(world);
  CHECK(json::canonical(world.ok("ansible_status", {}).at("tasksByStatus")) ==
        R"({"claimed":1,"completed":1,"pending":1})");
  CHECK(kinds_of(world, "t-done") == "created ack_accepted claimed completed");
  const json::object done = shown(world, "t-done");
  CHECK(text_of(done, "result") == "done");
  CHECK(done.at("metadata").at("ticket").as_int64() == 7);
  CHECK_FALSE(done.at("metadata").at("ansible").as_object().contains("idempotency"));
  CHECK(world.ok("ansible_find_task", {{"assignedTo", "ann"}}).at("total").as_int64() == 3);
  // The claimer completes what it held there, and the bound of two counts it.
  REQUIRE(code_of(claim(world, "t-pending", "ann")) == "ok");
  const std::string third = delegate(world, "ann");
  CHECK(code_of(claim(world, third, "ann")) == "overloaded");
  CHECK(code_of(complete(world, "t-claimed", "bob")) == "not_claimer");
  REQUIRE(code_of(complete(world, "t-claimed", "ann")) == "ok");
  CHECK(code_of(claim(world, third, "ann")) == "ok");
  CHECK(code_of(complete(world, "t-done", "ann")) == "invalid_transition");
}

TEST_CASE("Import: doing it twice changes nothing, byte for byte") {
  World world;
  import_all(world);
  const Store before = world.store;
  world.advance_ms(60'000);
  import_all(world);
  CHECK(world.store == before);
}

TEST_CASE("Import: a dry run reports and leaves no trace") {
  World world;
  const Store before = world.store;
  import_all(world, {{"dry_run", true}});
  CHECK(world.store == before);
  const json::object reply =
      import(world, "agents", {item("ann", agent_record())}, {{"dry_run", true}});
  CHECK(reply.at("imported").as_int64() == 1);
  CHECK(reply.at("dryRun").as_bool());
}

TEST_CASE("Import: the same records in steps of one give the same store") {
  World whole;
  World stepped;
  stepped.yield_every = 1;
  import_all(whole);
  import_all(stepped);
  CHECK(whole.store == stepped.store);
  json::array many;
  for (int i = 0; i < 120; ++i) {
    const std::string id = "t" + std::to_string(i);
    many.push_back(item(id, task_record(id, "pending")));
  }
  const json::object reply = import(whole, "tasks", many);
  CHECK(reply.at("imported").as_int64() == 120);
  CHECK(whole.steps == 3);
}

TEST_CASE("Import: what is registered here gets what it lacks and keeps what it has") {
  World world(R"({"tier":"backbone","injectContextAgents":["ann"]})");
  world.agent("bob");
  const json::object first =
      import(world, "agents", {item("ann", agent_record()), item("bob", agent_record("external"))});
  CHECK(first.at("imported").as_int64() == 2);
  CHECK(json::canonical(first.at("notes")).find("is that of 'ann' here") != std::string::npos);
  CHECK(json::canonical(first.at("notes")).find("keeps the type") != std::string::npos);
  world.caller.kind = ansible::CallerKind::kAnonymous;
  CHECK(text_of(world.call("ansible_read_messages", {{"agent_token", kToken}}), "agent") == "ann");
}

TEST_CASE("Import: who was disabled there is disabled here, unless somebody enabled it here") {
  World world;
  const json::object disabled = with(agent_record(), {{"disabledAt", kThen}, {"disabledBy", "x"}});
  REQUIRE(code_of(import(world, "agents", {item("ann", disabled), item("admin", disabled)})) ==
          "ok");
  CHECK(code_of(world.call("ansible_update_context",
                           {{"currentFocus", "x"}, {"from_agent", "ann"}})) == "agent_disabled");
  // The gateway's admin stays able to act.
  CHECK(code_of(world.call("ansible_update_context",
                           {{"currentFocus", "x"}, {"from_agent", "admin"}})) == "ok");
  world.ok("ansible_enable_agent", {{"agent_id", "ann"}});
  const Store before = world.store;
  import(world, "agents", {item("ann", disabled)});
  CHECK(world.store == before);
}

TEST_CASE("ARG-3: odd ids are kept and reported; one that no key can carry is skipped") {
  World world;
  const std::string odd = "Jane Doe/\xC3\xA4";
  const std::string endless(300, 'x');
  const json::object reply =
      import(world, "agents",
             {item(odd, agent_record()), item(endless, agent_record()), item("", agent_record())});
  CHECK(reply.at("imported").as_int64() == 1);
  REQUIRE(reply.at("skipped").as_array().size() == 2);
  CHECK(reply.at("skipped").at(0).at("key").as_string() == endless);
  CHECK(json::canonical(reply.at("notes")).find("odd id") != std::string::npos);
  const json::object listed = world.ok("ansible_list_agents", {});
  CHECK(json::canonical(listed).find(odd) != std::string::npos);
  REQUIRE(code_of(import(world, "tasks",
                         {item("odd task", task_record("odd task", "pending",
                                                       {{"assignedTo_agent", odd}}))})) == "ok");
  CHECK(code_of(claim(world, "odd task", odd)) == "ok");
}

TEST_CASE("Import: unread messages stay unread, read ones read, broadcasts too") {
  World world;
  import_all(world);
  const json::object inbox = world.ok("ansible_read_messages", {{"agent", "ann"}, {"all", true}});
  CHECK(inbox.at("unreadMessages").as_int64() == 1);
  REQUIRE(inbox.at("messages").as_array().size() == 2);
  for (const json::value& message : inbox.at("messages").as_array()) {
    CHECK(message.at("unread").as_bool() == (message.at("id").as_string() == "m1"));
  }
}

TEST_CASE("Import: a message that names a recipient twice is one message in its inbox") {
  World world;
  world.agent("ann");
  REQUIRE(code_of(import(world, "messages",
                         {item("m", message_record("bob", {"ann", "ann"}, {"bob"}))})) == "ok");
  const auto unread = [&] {
    return world.ok("ansible_read_messages", {{"agent", "ann"}}).at("unreadMessages").as_int64();
  };
  CHECK(unread() == 1);
  world.ok("ansible_mark_read", {{"agent", "ann"}});
  CHECK(unread() == 0);
}

TEST_CASE("Import: a record that makes no sense is skipped and named, the others come over") {
  World world;
  const json::object reply = import(
      world, "tasks",
      {item("a", task_record("a", "resting")),
       item("b", task_record("b", "pending", {{"createdAt", -5}})), json::object{{"key", "c"}},
       item("d", "text"), item("e", task_record("e", "pending"))});
  CHECK(reply.at("imported").as_int64() == 1);
  REQUIRE(reply.at("skipped").as_array().size() == 4);
  CHECK(reply.at("skipped").at(0).at("reason").as_string().find("'resting'") != std::string::npos);
  const json::object messages = import(world, "messages",
                                       {item("m", {{"content", "x"}, {"timestamp", 1}}),
                                        item("n", {{"from_agent", "a"}, {"content", "x"}})});
  CHECK(messages.at("skipped").as_array().size() == 2);
}

TEST_CASE("Import: coordination fills what is not set here, and says what it cannot take") {
  World world;
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 9}});
  const json::object reply = import(
      world, "coordination",
      {item("coordinator", "far-away"), item("backpressureMaxConcurrent", 2),
       item("retentionClosedTaskSeconds", 86'400), item("retentionPruneEverySeconds", 0),
       item("slaSweepRecordOnly", false), item("slaSweepLastAt", kThen), item("invented", 1),
       item("delegationPolicyVersion", "7"), item("delegationPolicyMarkdown", "text"),
       item("delegationPolicyChecksum", "sha256:wrong"), item("gatewayAdmin:node-z", "bob")});
  std::string skipped;
  for (const json::value& one : reply.at("skipped").as_array()) {
    skipped += std::string(one.at("key").as_string()) + ' ';
  }
  CHECK(skipped == "coordinator retentionPruneEverySeconds invented ");
  CHECK(json::canonical(reply.at("notes")).find("checksum") != std::string::npos);
  const json::object now = world.ok("ansible_get_coordination", {});
  CHECK_FALSE(now.contains("coordinator"));
  CHECK(now.at("backpressure").at("maxConcurrent").as_int64() == 9);
  CHECK(now.at("retentionClosedTaskSeconds").as_int64() == 86'400);
  CHECK(now.at("gatewayAdmins").at("node-z").as_string() == "bob");
  CHECK(text_of(now, "delegationPolicyVersion") == "7");
  // printf text | sha256sum
  CHECK(text_of(now, "delegationPolicyChecksum") ==
        "sha256:982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1");
  const json::object own = import(world, "coordination", {item("coordinator", "node-a")});
  CHECK(own.at("imported").as_int64() == 1);
}

TEST_CASE("WHO-10: importing needs an admin") {
  World world;
  world.agent("ann");
  CHECK(code_of(import(world, "agents", {item("x", agent_record())}, {{"from_agent", "ann"}})) ==
        "not_authorized");
}
