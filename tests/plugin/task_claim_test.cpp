#include <doctest/doctest.h>

#include "core/ids.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

TEST_CASE("reference 11: a claim's reply has the known fields") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob", {{"context", "why"}, {"intent", "review"}});
  world.advance_ms(500);
  const json::object reply =
      claim(world, task, "bob", {{"etaSeconds", 60}, {"planSummary", "read it"}});
  REQUIRE(code_of(reply) == "ok");
  CHECK(reply.at("success").as_bool());
  CHECK(reply.at("notifyMessageId").is_string());
  const std::string eta = ansible::iso_time(world.now_ms + 60'000);
  CHECK(
      json::canonical(reply.at("accepted")) ==
      R"({"approvalRequired":false,"approvalSatisfied":false,"byAgentId":"bob","byNodeId":"node-a","etaAt":")" +
          eta + R"(","planSummary":"read it"})");
  CHECK(json::canonical(reply.at("task")) ==
        R"({"context":"why","description":"Do it","id":")" + task +
            R"(","intent":"review","status":"claimed","title":"Title"})");
  const json::object stored = shown(world, task);
  CHECK(text_of(stored, "claimedBy_agent") == "bob");
  CHECK(text_of(stored, "claimedBy_node") == "node-a");
  CHECK(stored.at("claimedAt").as_int64() == world.now_ms);
  CHECK(stored.at("updates").at(0).at("status").as_string() == "claimed");
  const json::object& ack = stored.at("metadata").at("ansible").at("ack").as_object();
  CHECK(text_of(ack, "state") == "accepted");
  CHECK(text_of(ack, "etaAt") == eta);
  CHECK(ack.at("acceptedAt").as_int64() == world.now_ms);
}

TEST_CASE("T-8: a claim needs an ETA: etaAt wins over etaSeconds, both have limits") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  const std::string now = ansible::iso_time(world.now_ms);
  struct Case {
    json::object args;
    std::string_view code;
  };
  const Case refused[] = {
      {{}, "eta_required"},
      {{{"etaSeconds", nullptr}}, "eta_required"},
      {{{"etaSeconds", 0}}, "eta_invalid"},
      {{{"etaSeconds", -5}}, "eta_invalid"},
      {{{"etaSeconds", 1'209'601}}, "eta_invalid"},
      {{{"etaAt", now}}, "eta_invalid"},
      {{{"etaAt", "2020-01-01T00:00:00Z"}}, "eta_invalid"},
      {{{"etaAt", "soon"}}, "eta_invalid"},
      {{{"etaAt", "soon"}, {"etaSeconds", 60}}, "eta_invalid"},
      {{{"etaSeconds", "60"}}, "invalid_argument"},
      {{{"etaSeconds", 60}, {"planSummary", std::string(5001, 'x')}}, "invalid_argument"},
      {{{"etaSeconds", 60}, {"requested_version", std::string(121, '1')}}, "invalid_argument"},
      {{{"etaSeconds", 60}, {"requested_version", "1.0.0"}}, "version_incompatible"},
  };
  const Store before = world.store;
  for (const Case& c : refused) {
    CAPTURE(json::canonical(c.args));
    CHECK(code_of(claim(world, task, "bob", c.args)) == c.code);
  }
  CHECK(world.store == before);
  const json::object reply =
      claim(world, task, "bob", {{"etaAt", "2027-01-15T10:00:00+01:00"}, {"etaSeconds", 60}});
  CHECK(reply.at("accepted").at("etaAt").as_string() == "2027-01-15T09:00:00.000Z");
}

TEST_CASE("T-8: the longest and the shortest ETA are accepted") {
  for (const std::int64_t seconds : {1, 1'209'600}) {
    World world;
    world.agent("bob");
    CHECK(code_of(claim(world, delegate(world, "bob"), "bob", {{"etaSeconds", seconds}})) == "ok");
  }
}

TEST_CASE("T-8, reference 2.4: a fraction of a second of the ETA is dropped") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  CHECK(code_of(claim(world, task, "bob", {{"etaSeconds", 0.9}})) == "eta_invalid");
  CHECK(code_of(claim(world, task, "bob", {{"etaSeconds", 1e300}})) == "invalid_argument");
  const json::object reply = claim(world, task, "bob", {{"etaSeconds", 900.7}});
  CHECK(text_of(reply.at("accepted").as_object(), "etaAt") ==
        ansible::iso_time(world.now_ms + 900'000));
  // Rounded, it is the same request (T-2).
  CHECK(claim(world, task, "bob", {{"etaSeconds", 900}}).contains("idempotent"));
}

TEST_CASE("T-8: a claim beyond maxConcurrent is overloaded until a task is given back") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 2}});
  const std::string first = delegate(world, "bob");
  const std::string second = delegate(world, "bob");
  const std::string third = delegate(world, "bob");
  REQUIRE(code_of(claim(world, first, "bob")) == "ok");
  REQUIRE(code_of(claim(world, second, "bob")) == "ok");
  REQUIRE(code_of(update(world, second, "bob")) == "ok");
  const json::object reply = claim(world, third, "bob");
  CHECK(code_of(reply) == "overloaded");
  CHECK(reply.at("retryAfterMs").as_int64() > 0);
  CHECK(json::canonical(reply.at("backpressure")) == R"({"activeClaims":2,"maxConcurrent":2})");
  REQUIRE(code_of(complete(world, second, "bob")) == "ok");
  CHECK(code_of(claim(world, third, "bob")) == "ok");
}

TEST_CASE("WHO-1: without a name the node claims, if it is the assignee") {
  World world;
  world.agent("bob");
  const std::string mine = delegate(world, "node-a");
  const json::object reply =
      world.ok("ansible_claim_task", {{"taskId", mine}, {"etaSeconds", 900}});
  CHECK(reply.at("accepted").at("byAgentId").as_string() == "node-a");
  const std::string bobs = delegate(world, "bob");
  CHECK(code_of(world.call("ansible_claim_task", {{"taskId", bobs}, {"etaSeconds", 900}})) ==
        "not_assignee");
}

TEST_CASE("WHO-6: a disabled agent claims nothing, and its claims are not its to finish") {
  World world;
  world.agent("bob");
  const std::string held = task_in(world, "claimed", "bob");
  const std::string pending = delegate(world, "bob");
  world.ok("ansible_disable_agent", {{"agent_id", "bob"}});
  CHECK(code_of(claim(world, pending, "bob")) == "agent_disabled");
  CHECK(code_of(complete(world, held, "bob")) == "agent_disabled");
}

TEST_CASE(
    "reference 2.10: the creator is told of claim and completion, of updates only on request") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"from_agent", "carol"}});
  const auto intents = [&] {
    std::string out;
    for (const auto& [key, value] : world.store) {
      if (!key.starts_with("message-time/")) continue;
      const auto message = json::parse(world.store.at("message/" + key.substr(key.rfind('/') + 1)));
      const std::string intent(message->at("intent").as_string());
      if (intent == "send_receipt") continue;
      CHECK(message->at("from_agent").as_string() == "bob");
      CHECK(json::canonical(message->at("to_agents")) == R"(["carol"])");
      CHECK(message->at("metadata").at("corr").as_string() == task);
      CHECK(message->at("metadata").at("kind").as_string() == intent);
      out += (out.empty() ? "" : " ") + intent;
    }
    return out;
  };
  const auto later = [&] { world.advance_ms(1000); };
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  later();
  CHECK(intents() == "task_accept");
  json::object reply = update(world, task, "bob");
  CHECK_FALSE(reply.at("notified").as_bool());
  CHECK(reply.at("notifyMessageId").is_null());
  CHECK(intents() == "task_accept");
  later();
  reply = update(world, task, "bob",
                 {{"status", "in_progress"}, {"notify", true}, {"note", "half way"}});
  CHECK(reply.at("notified").as_bool());
  CHECK(intents() == "task_accept task_update");
  const auto notice = json::parse(world.store.at("message/" + text_of(reply, "notifyMessageId")));
  const std::string content(notice->at("content").as_string());
  CHECK(content.find(task.substr(0, 8) + " \"Title\"") != std::string::npos);
  CHECK(content.find("Note: half way") != std::string::npos);
  CHECK(content.find("bob on node-a") != std::string::npos);
  later();
  REQUIRE(code_of(complete(world, task, "bob")) == "ok");
  CHECK(intents() == "task_accept task_update task_complete");
}

TEST_CASE("MSG-3: a creator that cannot receive gets no notice, and the work goes on") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"from_agent", "carol"}});
  world.ok("ansible_disable_agent", {{"agent_id", "carol"}});
  const json::object reply = claim(world, task, "bob");
  REQUIRE(code_of(reply) == "ok");
  CHECK(reply.at("notifyMessageId").is_null());
}

TEST_CASE("reference 2.7: a completion needs a result and keeps it") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "in_progress", "bob");
  CHECK(code_of(complete(world, task, "bob", {})) == "invalid_argument");
  CHECK(code_of(complete(world, task, "bob", {{"result", "  "}})) == "invalid_argument");
  CHECK(code_of(complete(world, task, "bob", {{"result", std::string(5001, 'x')}})) ==
        "invalid_argument");
  world.advance_ms(10);
  const json::object reply = complete(world, task, "bob", {{"result", "all good"}});
  REQUIRE(code_of(reply) == "ok");
  CHECK(reply.at("notifyMessageId").is_string());
  CHECK(reply.at("task").at("status").as_string() == "completed");
  const json::object stored = shown(world, task);
  CHECK(text_of(stored, "result") == "all good");
  CHECK(stored.at("completedAt").as_int64() == world.now_ms);
}

TEST_CASE("T-16: release gives a task back; the next claim starts afresh") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"to_agents", {"carol"}}});
  REQUIRE(code_of(claim(world, task, "bob", {{"etaSeconds", 900}})) == "ok");
  const json::object reply = on_task(world, "ansible_release_task", task, "bob",
                                     {{"note", "no time"}, {"idempotency_key", "r"}});
  REQUIRE(code_of(reply) == "ok");
  CHECK(reply.at("task").at("status").as_string() == "pending");
  const json::object stored = shown(world, task);
  for (const char* gone : {"claimedBy_agent", "claimedBy_node", "claimedAt"}) {
    CHECK_FALSE(stored.contains(gone));
  }
  CHECK(stored.at("metadata").at("ansible").at("ack").at("state").as_string() == "pending");
  CHECK(stored.at("updates").at(0).at("note").as_string() == "no time");
  CHECK(code_of(claim(world, task, "carol")) == "ok");
  CHECK(code_of(world.call("ansible_release_task", {{"taskId", task}})) == "ok");  // the operator
  CHECK(status_of(world, task) == "pending");
}

TEST_CASE("T-16: the creator or an admin cancels with a reason") {
  World world;
  for (const char* agent : {"bob", "carol"}) world.agent(agent);
  const auto cancel = [&](const std::string& task, std::string_view by) {
    return on_task(world, "ansible_cancel_task", task, by, {{"reason", "not  needed\nany more"}});
  };
  const auto carols = [&] { return delegate(world, "bob", {{"from_agent", "carol"}}); };
  CHECK(code_of(cancel(carols(), "carol")) == "ok");
  CHECK(code_of(cancel(carols(), "admin")) == "ok");
  CHECK(code_of(cancel(carols(), "bob")) == "not_authorized");
  CHECK(code_of(world.call("ansible_cancel_task", {{"taskId", carols()}})) == "invalid_argument");
  CHECK(code_of(world.call("ansible_cancel_task", {{"taskId", carols()}, {"reason", " "}})) ==
        "invalid_argument");
  const std::string task = carols();
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  REQUIRE(code_of(cancel(task, "carol")) == "ok");
  const json::object stored = shown(world, task);
  CHECK(text_of(stored, "status") == "failed");
  const json::object& failure = stored.at("metadata").at("ansible").at("failure").as_object();
  CHECK(text_of(failure, "failureClass") == "failed_terminal");
  CHECK(text_of(failure, "failureCode") == "cancelled");
  CHECK(text_of(failure, "errorSummary") == "not needed any more");
  CHECK(failure.at("terminal").as_bool());
}
