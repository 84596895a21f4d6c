#include <doctest/doctest.h>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

json::object delegation(const json::object& more = {}) {
  return with({{"title", "Title"}, {"description", "Do it"}, {"assignedTo", "bob"}}, more);
}

json::object try_delegate(World& world, const json::object& more) {
  return world.call("ansible_delegate_task", delegation(more));
}

}  // namespace

TEST_CASE("reference 11: a delegation's reply has the known fields") {
  World world;
  world.agent("bob");
  const json::object reply = world.ok("ansible_delegate_task", delegation());
  CHECK(reply.at("success").as_bool());
  CHECK(text_of(reply, "taskId").size() == 36);
  CHECK(text_of(reply, "assignedTo") == "bob");
  CHECK(json::canonical(reply.at("assignedTo_all")) == R"(["bob"])");
  CHECK_FALSE(text_of(reply, "message").empty());
}

TEST_CASE("reference 1.4: a stored task has the known shape") {
  World world;
  world.agent("bob");
  const std::string id =
      delegate(world, "bob",
               {{"context", "why"}, {"intent", "review"}, {"requires", {" a ", "b", "a", ""}}});
  const json::object task = shown(world, id);
  const json::object expected{{"id", id},
                              {"title", "Title"},
                              {"description", "Do it"},
                              {"status", "pending"},
                              {"createdBy_agent", "node-a"},
                              {"createdBy_node", "node-a"},
                              {"createdAt", World::kStart},
                              {"updatedAt", World::kStart},
                              {"assignedTo_agent", "bob"},
                              {"requires", {"a", "b"}},
                              {"context", "why"},
                              {"intent", "review"},
                              {"priority", "normal"}};
  for (const auto& member : expected) {
    CAPTURE(member.key());
    REQUIRE(task.contains(member.key()));
    CHECK(json::canonical(task.at(member.key())) == json::canonical(member.value()));
  }
  CHECK_FALSE(task.contains("assignedTo_agents"));
  const json::object& block = task.at("metadata").at("ansible").as_object();
  CHECK(block.at("responseRequired").as_bool());
  CHECK(text_of(block, "routingMode") == "explicit");
  CHECK(json::canonical(block.at("ack")) ==
        R"({"requireEta":true,"required":true,"state":"pending"})");
  CHECK(json::canonical(block.at("contract")) == R"({"capabilities":[]})");
  CHECK(json::canonical(block.at("backpressure")) ==
        R"({"maxConcurrent":6,"maxQueueDepth":40,"retryBudget":3})");
  CHECK(block.at("defaultEtaSeconds").as_int64() == 0);
  for (const char* name : {"requiredCapabilities", "requiredSkills", "routing"}) {
    CHECK(block.contains(name));
  }
}

TEST_CASE("T-10: caller metadata is kept, except the reserved block") {
  World world;
  world.agent("bob");
  const std::string id =
      delegate(world, "bob",
               {{"metadata", {{"ticket", 7}, {"ansible", {{"ack", "forged"}, {"own", true}}}}}});
  const json::object task = shown(world, id);
  const json::object& metadata = task.at("metadata").as_object();
  CHECK(metadata.at("ticket").as_int64() == 7);
  CHECK_FALSE(metadata.at("ansible").as_object().contains("own"));
  CHECK(metadata.at("ansible").at("ack").is_object());
}

TEST_CASE("T-10: to_agents is united with assignedTo, without duplicates and in order") {
  World world;
  for (const char* agent : {"bob", "carol", "dave"}) world.agent(agent);
  const json::object reply =
      try_delegate(world, {{"to_agents", {"dave", "bob", " carol ", "dave"}}});
  CHECK(json::canonical(reply.at("assignedTo_all")) == R"(["bob","dave","carol"])");
  const json::object task = shown(world, text_of(reply, "taskId"));
  CHECK(text_of(task, "assignedTo_agent") == "bob");
  CHECK(json::canonical(task.at("assignedTo_agents")) == R"(["bob","dave","carol"])");

  json::object only = delegation({{"to_agents", {"carol"}}});
  only.erase("assignedTo");
  CHECK(text_of(world.ok("ansible_delegate_task", only), "assignedTo") == "carol");
}

TEST_CASE("T-10: the creator is who acts: the node, a named agent, or a token's agent") {
  World world;
  world.agent("bob");
  const std::string token = world.agent("carol");
  const auto creator = [&](const json::object& more) {
    return text_of(shown(world, text_of(try_delegate(world, more), "taskId")), "createdBy_agent");
  };
  CHECK(creator({}) == "node-a");
  CHECK(creator({{"from_agent", "bob"}}) == "bob");
  CHECK(creator({{"agent_token", token}}) == "carol");
  CHECK(code_of(try_delegate(world, {{"from_agent", "nobody"}})) == "not_authorized");
  CHECK(code_of(try_delegate(world, {{"agent_token", "at_wrong"}})) == "invalid_token");
}

TEST_CASE("T-10: sla, deadline, priority and lease are kept") {
  World world;
  world.agent("bob");
  const std::string id = delegate(world, "bob",
                                  {{"sla",
                                    {{"acceptSlaSeconds", 1},
                                     {"completeSlaSeconds", 604'800},
                                     {"progressSlaSeconds", nullptr}}},
                                   {"deadlineAt", "2027-01-15T09:00:00Z"},
                                   {"priority", "high"},
                                   {"claimLeaseSeconds", 60}});
  const json::object task = shown(world, id);
  CHECK(text_of(task, "priority") == "high");
  const json::object& block = task.at("metadata").at("ansible").as_object();
  CHECK(json::canonical(block.at("slaSeconds")) == R"({"accept":1,"complete":604800})");
  CHECK(block.at("deadlineAt").as_int64() == World::kStart + 3'600'000);
  CHECK(block.at("claimLeaseSeconds").as_int64() == 60);
  CHECK(block.at("sla").at("acceptByAt").as_int64() == World::kStart + 1'000);
}

TEST_CASE("T-10: argument limits, each with its pointer") {
  World world;
  world.agent("bob");
  struct Case {
    json::object more;
    std::string_view pointer;
  };
  const std::string now = ansible::iso_time(world.now_ms);
  const Case cases[] = {
      {{{"title", std::string(201, 'x')}}, "/title"},
      {{{"title", nullptr}}, "/title"},
      {{{"description", std::string(5001, 'x')}}, "/description"},
      {{{"context", std::string(5001, 'x')}}, "/context"},
      {{{"assignedTo", std::string(201, 'x')}}, "/assignedTo"},
      {{{"assignedTo", 7}}, "/assignedTo"},
      {{{"to_agents", "bob"}}, "/to_agents"},
      {{{"to_agents", {1}}}, "/to_agents/0"},
      {{{"priority", "urgent"}}, "/priority"},
      {{{"deadlineAt", now}}, "/deadlineAt"},
      {{{"deadlineAt", "2020-01-01T00:00:00Z"}}, "/deadlineAt"},
      {{{"deadlineAt", "tomorrow"}}, "/deadlineAt"},
      {{{"sla", {{"acceptSlaSeconds", 0}}}}, "/sla/acceptSlaSeconds"},
      {{{"sla", {{"progressSlaSeconds", 604'801}}}}, "/sla/progressSlaSeconds"},
      {{{"sla", {{"completeSlaSeconds", 1.5}}}}, "/sla/completeSlaSeconds"},
      {{{"sla", {{"seconds", 1}}}}, "/sla/seconds"},
      {{{"sla", 5}}, "/sla"},
      {{{"claimLeaseSeconds", -1}}, "/claimLeaseSeconds"},
      {{{"idempotency_key", std::string(201, 'k')}}, "/idempotency_key"},
      {{{"metadata", "text"}}, "/metadata"},
  };
  const Store before = world.store;
  for (const Case& c : cases) {
    CAPTURE(json::canonical(c.more));
    const json::object reply = try_delegate(world, c.more);
    CHECK(code_of(reply) == "invalid_argument");
    CHECK(text_of(reply, "pointer") == c.pointer);
  }
  CHECK(world.store == before);
  CHECK(code_of(try_delegate(world, {{"title", std::string(200, 'x')}})) == "ok");
  CHECK(code_of(try_delegate(world, {{"metadata", {{"blob", std::string(70'000, 'x')}}}})) ==
        "too_large");
  json::array many;
  for (int i = 0; i < 101; ++i) many.emplace_back("r" + std::to_string(i));
  CHECK(code_of(try_delegate(world, {{"requires", many}})) == "too_large");
}

TEST_CASE("T-11: an assignee is an agent, else a node's first enabled agent, else the node id") {
  World world;
  world.agent("bob");
  world.agent("aaron");
  world.agent("off");
  REQUIRE(code_of(world.call("ansible_disable_agent", {{"agent_id", "off"}})) == "ok");
  const auto assigned = [&](std::string_view name) {
    return text_of(try_delegate(world, {{"assignedTo", name}}), "assignedTo");
  };
  CHECK(assigned("bob") == "bob");
  CHECK(assigned("node-a") == "node-a");  // registered as an agent itself (WHO-7)
  world.store["node/edge-1"] = R"({"name":"edge-1"})";
  CHECK(assigned("edge-1") == "edge-1");

  World other;
  other.store["node/node-b"] = R"({"name":"node-b"})";
  for (const char* id : {"zoe", "amy", "abe"}) {
    other.ok("ansible_register_agent",
             {{"agent_id", id}, {"type", "internal"}, {"gateway", "node-b"}});
  }
  other.ok("ansible_disable_agent", {{"agent_id", "abe"}});
  CHECK(text_of(try_delegate(other, {{"assignedTo", "node-b"}}), "assignedTo") == "amy");
}

TEST_CASE(
    "T-11: unknown and disabled assignees are invalid targets, all named, and nothing is stored") {
  World world;
  world.agent("bob");
  world.agent("off");
  world.ok("ansible_disable_agent", {{"agent_id", "off"}});
  const Store before = world.store;
  const json::object reply = try_delegate(world, {{"to_agents", {"off", "ghost"}}});
  CHECK(code_of(reply) == "invalid_targets");
  CHECK(json::canonical(reply.at("targets")) ==
        R"([{"id":"off","reason":"disabled"},{"id":"ghost","reason":"unknown"}])");
  CHECK(world.store == before);
}

TEST_CASE("T-11: requirements alone have no route; with an assignee they are recorded") {
  World world;
  world.agent("bob");
  json::object args = delegation({{"requires", {"cap.x"}}});
  const json::object recorded = world.ok("ansible_delegate_task", args);
  CHECK(json::canonical(shown(world, text_of(recorded, "taskId")).at("requires")) ==
        R"(["cap.x"])");
  args.erase("assignedTo");
  CHECK(code_of(world.call("ansible_delegate_task", args)) == "no_route");
  args.erase("requires");
  CHECK(code_of(world.call("ansible_delegate_task", args)) == "invalid_argument");
}

TEST_CASE("WHO-5: a task for `admin` goes to the effective admin when nobody has that name") {
  World world(R"({"tier":"backbone","adminAgentId":"boss"})");
  CHECK(text_of(try_delegate(world, {{"assignedTo", "admin"}}), "assignedTo") == "boss");
}

TEST_CASE("ARG-5: a full queue is overloaded, and only full ones are left out") {
  World world;
  world.agent("bob");
  world.agent("carol");
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 2}});
  const std::string first = delegate(world, "bob");
  delegate(world, "bob");
  const Store before = world.store;
  const json::object reply = try_delegate(world, {});
  CHECK(code_of(reply) == "overloaded");
  CHECK(reply.at("retryAfterMs").as_int64() > 0);
  CHECK(json::canonical(reply.at("backpressure")) ==
        R"({"maxQueueDepth":2,"overloadedTargets":["bob"]})");
  CHECK(world.store == before);

  const json::object both = try_delegate(world, {{"to_agents", {"carol"}}});
  CHECK(json::canonical(both.at("assignedTo_all")) == R"(["carol"])");
  CHECK(json::canonical(both.at("overloadedTargets")) == R"(["bob"])");

  REQUIRE(code_of(claim(world, first, "bob")) == "ok");
  CHECK(code_of(try_delegate(world, {})) == "ok");  // a claimed task has left the queue
}

TEST_CASE(
    "reference 5.3: the admin and the configured agents get a receipt, unless they sent or got "
    "it") {
  World world(R"({"tier":"backbone","sendReceiptAgents":["carol","ghost"]})");
  world.agent("bob");
  world.agent("carol");
  const auto receipts = [&](std::string_view agent) {
    std::size_t n = 0;
    const json::object inbox =
        world.ok("ansible_read_messages", {{"agent", agent}, {"all", true}, {"limit", 100}});
    for (const json::value& m : inbox.at("messages").as_array()) {
      if (m.at("from").as_string() != agent) ++n;
    }
    return n;
  };
  delegate(world, "bob");
  CHECK(receipts("carol") == 1);
  CHECK(receipts("admin") == 1);
  CHECK(receipts("bob") == 0);
  delegate(world, "carol");
  CHECK(receipts("carol") == 1);
  delegate(world, "bob", {{"from_agent", "carol"}});
  CHECK(receipts("carol") == 1);
  CHECK(receipts("admin") == 3);
}
