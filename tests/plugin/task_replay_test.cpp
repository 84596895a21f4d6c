#include <doctest/doctest.h>

#include <tuple>

#include "core/fields.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

// A replay changes nothing and says so.
json::object replay(World& world, std::string_view tool, const json::object& args) {
  const Store before = world.store;
  json::object reply = world.ok(tool, args);
  CHECK(world.store == before);
  CHECK(ansible::bool_field(reply, "idempotent") == true);
  return reply;
}

// What a replay adds to the original reply.
json::object without_replay_marks(json::object reply) {
  for (const char* name : {"idempotent", "superseded", "claimedBy_agent", "task"})
    reply.erase(name);
  return reply;
}

}  // namespace

TEST_CASE("T-3, T-4: each verb replays its key and refuses it with other arguments") {
  struct Row {
    std::string_view tool;
    std::string_view status;  // of the task it starts from
    json::object args;
    json::object other;
  };
  const Row rows[] = {
      {"ansible_claim_task", "pending", {{"etaSeconds", 60}}, {{"etaSeconds", 61}}},
      {"ansible_update_task",
       "claimed",
       {{"status", "in_progress"}, {"note", "a"}},
       {{"status", "in_progress"}, {"note", "b"}}},
      {"ansible_update_task",
       "in_progress",
       {{"status", "failed"}, {"note", "a"}},
       {{"status", "in_progress"}}},
      {"ansible_complete_task", "in_progress", {{"result", "a"}}, {{"result", "b"}}},
      {"ansible_release_task", "claimed", {{"note", "a"}}, {}},
      {"ansible_cancel_task", "pending", {{"reason", "a"}}, {{"reason", "b"}}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.tool);
    World world;
    world.agent("admin-bob");
    world.ok("ansible_register_agent", {{"agent_id", "bob"}, {"type", "internal"}});
    const std::string task = task_in(world, row.status, "bob");
    json::object base{{"taskId", task}, {"agentId", "bob"}, {"idempotency_key", " k1 "}};
    if (row.tool == "ansible_cancel_task") base["agentId"] = "admin";
    const json::object first = world.ok(row.tool, with(base, row.args));
    world.advance_ms(5'000);

    const json::object again =
        replay(world, row.tool, with(with(base, row.args), {{"idempotency_key", "k1"}}));
    CHECK(without_replay_marks(again) == without_replay_marks(first));
    CHECK(again.at("task").at("status").as_string() == status_of(world, task));
    CHECK(again.at("task").at("title").as_string() == "Title");

    const Store before = world.store;
    const json::object conflict = world.call(row.tool, with(base, row.other));
    CHECK(code_of(conflict) == "idempotency_conflict");
    CHECK(world.store == before);
  }
}

TEST_CASE(
    "T-2: prefix, null arguments and the way of naming the actor do not make another request") {
  World world;
  const std::string token = world.agent("bob");
  const std::string task = delegate(world, "bob");
  world.ok("ansible_claim_task",
           {{"taskId", task}, {"agentId", "bob"}, {"etaSeconds", 60}, {"idempotency_key", "k"}});
  replay(world, "ansible_claim_task",
         {{"taskId", task.substr(0, 8)},
          {"agent_token", token},
          {"etaSeconds", 60.0},
          {"planSummary", nullptr},
          {"idempotency_key", "k"}});
  world.caller = {ansible::CallerKind::kAgent, "bob"};
  replay(world, "ansible_claim_task",
         {{"taskId", task}, {"etaSeconds", 60}, {"idempotency_key", "k"}});
}

TEST_CASE("T-2, ARG-1: an invented argument makes a retry no other request") {
  World world;
  world.agent("ann");
  const json::object delegation{{"title", "t"},
                                {"description", "d"},
                                {"assignedTo", "ann"},
                                {"idempotency_key", "k"},
                                {"mood", "calm"}};
  const json::object first = world.ok("ansible_delegate_task", delegation);
  const json::object retried = with(delegation, {{"mood", "hasty"}, {std::string(150, 'x'), true}});
  CHECK(replay(world, "ansible_delegate_task", retried).at("taskId") == first.at("taskId"));

  const json::object claiming{
      {"taskId", first.at("taskId")}, {"agentId", "ann"}, {"etaSeconds", 60}};
  world.ok("ansible_claim_task", claiming);
  replay(world, "ansible_claim_task", with(claiming, {{"mood", "calm"}}));
}

TEST_CASE("T-2: a key belongs to one task, one verb and one actor") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"to_agents", {"carol"}}});
  const std::string other = delegate(world, "bob");
  const json::object key{{"idempotency_key", "same"}};
  CHECK(code_of(claim(world, task, "bob", with({{"etaSeconds", 60}}, key))) == "ok");
  CHECK(code_of(claim(world, other, "bob", with({{"etaSeconds", 61}}, key))) == "ok");
  CHECK(code_of(claim(world, task, "carol", with({{"etaSeconds", 60}}, key))) ==
        "invalid_transition");
  const json::object progress = update(world, task, "bob", with({{"status", "in_progress"}}, key));
  CHECK(code_of(progress) == "ok");
  CHECK_FALSE(progress.contains("idempotent"));
  CHECK(code_of(update(world, task, "carol", with({{"status", "in_progress"}}, key))) ==
        "not_claimer");
  const json::object done = complete(world, task, "bob", with({{"result", "x"}}, key));
  CHECK_FALSE(done.contains("idempotent"));
  CHECK(status_of(world, task) == "completed");
}

TEST_CASE("T-3: a replay tells the current status and claimer, and that it was overtaken") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"to_agents", {"carol"}}});
  const json::object request{
      {"taskId", task}, {"agentId", "bob"}, {"etaSeconds", 60}, {"idempotency_key", "k"}};
  world.ok("ansible_claim_task", request);
  json::object again = replay(world, "ansible_claim_task", request);
  CHECK_FALSE(again.contains("superseded"));
  CHECK(again.at("task").at("claimedBy_agent").as_string() == "bob");

  REQUIRE(code_of(update(world, task, "bob")) == "ok");
  again = replay(world, "ansible_claim_task", request);
  CHECK(again.at("task").at("status").as_string() == "in_progress");
  CHECK_FALSE(again.contains("superseded"));

  REQUIRE(code_of(on_task(world, "ansible_release_task", task, "bob")) == "ok");
  again = replay(world, "ansible_claim_task", request);
  CHECK(again.at("superseded").as_bool());
  CHECK(again.at("task").at("claimedBy_agent").is_null());

  REQUIRE(code_of(claim(world, task, "carol")) == "ok");
  again = replay(world, "ansible_claim_task", request);
  CHECK(again.at("superseded").as_bool());
  CHECK(text_of(again, "claimedBy_agent") == "carol");
  CHECK(again.at("accepted").at("byAgentId").as_string() == "bob");  // the original reply
}

TEST_CASE("T-5: a replay needs the same actor, authenticated and enabled") {
  World world;
  const std::string token = world.agent("bob");
  const std::string task = delegate(world, "bob");
  const json::object request{
      {"taskId", task}, {"agentId", "bob"}, {"etaSeconds", 60}, {"idempotency_key", "k"}};
  world.ok("ansible_claim_task", request);
  world.ok("ansible_disable_agent", {{"agent_id", "bob"}});
  CHECK(code_of(world.call("ansible_claim_task", request)) == "agent_disabled");
  world.ok("ansible_enable_agent", {{"agent_id", "bob"}});
  replay(world, "ansible_claim_task", request);
  json::object forged = request;
  forged.erase("agentId");
  forged["agent_token"] = "at_" + std::string(48, '0');
  CHECK(code_of(world.call("ansible_claim_task", forged)) == "invalid_token");
}

TEST_CASE("T-6: updates have no default key: each one counts") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  for (int i = 0; i < 3; ++i) {
    const json::object reply = update(world, task, "bob");
    CHECK(code_of(reply) == "ok");
    CHECK_FALSE(reply.contains("idempotent"));
  }
  CHECK(kinds_of(world, task) ==
        "created ack_accepted claimed status_update status_update status_update");
}

TEST_CASE("T-6: a keyless claim or completion replays, with other arguments it is refused") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  const json::object claimed{{"taskId", task}, {"agentId", "bob"}, {"etaSeconds", 60}};
  world.ok("ansible_claim_task", claimed);
  replay(world, "ansible_claim_task", claimed);
  CHECK(code_of(world.call("ansible_claim_task", with(claimed, {{"etaSeconds", 61}}))) ==
        "invalid_transition");
  const json::object completed{{"taskId", task}, {"agentId", "bob"}, {"result", "x"}};
  world.ok("ansible_complete_task", completed);
  replay(world, "ansible_complete_task", completed);
  CHECK(code_of(world.call("ansible_complete_task", with(completed, {{"result", "y"}}))) ==
        "invalid_transition");
  CHECK(replay(world, "ansible_claim_task", claimed).at("task").at("status").as_string() ==
        "completed");
}

TEST_CASE(
    "T-6: with the same words a claim or completion replays, also without its key or with a first "
    "one") {
  const json::object keys[] = {{}, {{"idempotency_key", "a"}}, {{"idempotency_key", "b"}}};
  for (const json::object& first : keys) {
    for (const json::object& second : keys) {
      CAPTURE(json::canonical(first));
      CAPTURE(json::canonical(second));
      World world;
      world.agent("bob");
      const std::string task = delegate(world, "bob");
      const json::object claimed{{"taskId", task}, {"agentId", "bob"}, {"etaSeconds", 9}};
      const json::object completed{{"taskId", task}, {"agentId", "bob"}, {"result", "x"}};
      for (const auto& [tool, words, other] :
           {std::tuple{"ansible_claim_task", claimed, json::object{{"etaSeconds", 10}}},
            std::tuple{"ansible_complete_task", completed, json::object{{"result", "y"}}}}) {
        const json::object reply = world.ok(tool, with(words, first));
        const std::string kinds = kinds_of(world, task);
        const json::object again = world.ok(tool, with(words, second));
        CHECK(again.at("idempotent").as_bool());
        CHECK(without_replay_marks(again) == without_replay_marks(reply));
        CHECK(kinds_of(world, task) == kinds);
        const std::string code = code_of(world.call(tool, with(with(words, second), other)));
        CHECK(code == (second.empty() ? "invalid_transition" : "idempotency_conflict"));
      }
    }
  }
}

TEST_CASE("T-6: a new key does not get a claim back that somebody else has taken since") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"to_agents", {"carol"}}});
  REQUIRE(code_of(claim(world, task, "bob", {{"etaSeconds", 9}, {"idempotency_key", "a"}})) ==
          "ok");
  REQUIRE(code_of(on_task(world, "ansible_release_task", task, "bob")) == "ok");
  REQUIRE(code_of(claim(world, task, "carol")) == "ok");
  const Store before = world.store;
  CHECK(code_of(claim(world, task, "bob", {{"etaSeconds", 9}, {"idempotency_key", "b"}})) ==
        "invalid_transition");
  CHECK(world.store == before);
}

TEST_CASE("T-3: a key that was answered by a replay stays used after a release") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  REQUIRE(code_of(claim(world, task, "bob", {{"etaSeconds", 9}})) == "ok");
  const json::object keyed{{"etaSeconds", 9}, {"idempotency_key", "a"}};
  REQUIRE(claim(world, task, "bob", keyed).contains("idempotent"));
  REQUIRE(code_of(on_task(world, "ansible_release_task", task, "bob")) == "ok");
  CHECK(claim(world, task, "bob", keyed).at("superseded").as_bool());
  CHECK(status_of(world, task) == "pending");
}

TEST_CASE("T-6: after a release the same keyless claim is a new claim") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  REQUIRE(code_of(on_task(world, "ansible_release_task", task, "bob")) == "ok");
  const json::object again = claim(world, task, "bob");
  CHECK(code_of(again) == "ok");
  CHECK_FALSE(again.contains("idempotent"));
  CHECK(status_of(world, task) == "claimed");
}

TEST_CASE("T-2: a delegation with a key creates one task") {
  World world;
  world.agent("bob");
  const json::object request{{"title", "Title"},
                             {"description", "Do it"},
                             {"assignedTo", "bob"},
                             {"idempotency_key", "k"}};
  const json::object first = world.ok("ansible_delegate_task", request);
  const std::string task = text_of(first, "taskId");
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  const json::object again = replay(world, "ansible_delegate_task", request);
  CHECK(text_of(again, "taskId") == task);
  CHECK(again.at("task").at("status").as_string() == "claimed");
  CHECK(again.at("task").at("claimedBy_agent").as_string() == "bob");
  CHECK_FALSE(again.contains("superseded"));
  CHECK(code_of(world.call("ansible_delegate_task", with(request, {{"title", "Other"}}))) ==
        "idempotency_conflict");
  json::object bobs = with(request, {{"from_agent", "bob"}});
  CHECK(text_of(world.ok("ansible_delegate_task", bobs), "taskId") != task);
  json::object keyless = request;
  keyless.erase("idempotency_key");
  CHECK(text_of(world.ok("ansible_delegate_task", keyless), "taskId") != task);
}

TEST_CASE("T-2: a delegation replays although its assignee has been disabled since") {
  World world;
  world.agent("bob");
  const json::object request{{"title", "Title"},
                             {"description", "Do it"},
                             {"assignedTo", "bob"},
                             {"idempotency_key", "k"}};
  world.ok("ansible_delegate_task", request);
  world.ok("ansible_disable_agent", {{"agent_id", "bob"}});
  replay(world, "ansible_delegate_task", request);
}

TEST_CASE("T-4: a refused request does not use up its key") {
  World world;
  world.agent("bob");
  const std::string task = delegate(world, "bob");
  CHECK(code_of(claim(world, task, "bob", {{"idempotency_key", "k"}})) == "eta_required");
  CHECK(code_of(claim(world, task, "bob", {{"idempotency_key", "k"}, {"etaSeconds", 5}})) == "ok");
}
