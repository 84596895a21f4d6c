#include <doctest/doctest.h>

#include "core/fields.hpp"
#include "plugin/support/tasks.hpp"
#include "tasks/failure.hpp"

using namespace ansible_test;

namespace {

json::object fail(World& world, const std::string& task, const json::object& more = {}) {
  return update(world, task, "bob", with({{"status", "failed"}, {"note", "broken"}}, more));
}

json::object block(World& world, const std::string& task) {
  return shown(world, task).at("metadata").at("ansible").as_object();
}

}  // namespace

TEST_CASE(
    "T-14: every failure class is accepted and stored; nothing else, and nothing is guessed") {
  for (const std::string_view failure_class : ansible::kFailureClasses) {
    World world;
    world.agent("bob");
    const std::string task = task_in(world, "claimed", "bob");
    REQUIRE(code_of(fail(world, task, {{"failure_class", failure_class}})) == "ok");
    const json::object failure = block(world, task).at("failure").as_object();
    CHECK(text_of(failure, "failureClass") == failure_class);
    CHECK(failure.at("terminal").as_bool() == (failure_class == "failed_terminal"));
    CHECK_FALSE(failure.at("retryable").as_bool());
  }
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  CHECK(code_of(fail(world, task, {{"failure_class", "Timeout"}})) == "invalid_argument");
  REQUIRE(code_of(fail(world, task, {{"note", "timeout in metadata of the author"}})) == "ok");
  const json::object failure = block(world, task).at("failure").as_object();
  CHECK(text_of(failure, "failureClass") == "execution_error");
  CHECK(text_of(failure, "errorSummary") == "timeout in metadata of the author");
  CHECK(text_of(failure, "failedByAgentId") == "bob");
  CHECK(text_of(failure, "failedByNodeId") == "node-a");
}

TEST_CASE("T-14: failure words belong to failures, and a failure needs words") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  const Store before = world.store;
  for (const json::object& extra :
       {json::object{{"failure_class", "timeout"}}, json::object{{"failure_code", "x"}},
        json::object{{"terminal", true}}, json::object{{"retryable", false}}}) {
    CAPTURE(json::canonical(extra));
    CHECK(code_of(update(world, task, "bob", with({{"status", "in_progress"}}, extra))) ==
          "invalid_argument");
  }
  CHECK(code_of(update(world, task, "bob", {{"status", "failed"}})) == "invalid_argument");
  CHECK(code_of(fail(world, task, {{"note", std::string(201, 'x')}})) == "invalid_argument");
  CHECK(code_of(fail(world, task, {{"failure_code", std::string(201, 'x')}})) ==
        "invalid_argument");
  CHECK(code_of(fail(world, task, {{"terminal", true}, {"retryable", true}})) ==
        "invalid_argument");
  CHECK(code_of(fail(world, task, {{"failure_class", "failed_terminal"}, {"retryable", true}})) ==
        "invalid_argument");
  CHECK(code_of(update(world, task, "bob", {{"status", "completed"}})) == "invalid_argument");
  CHECK(world.store == before);
  CHECK(code_of(update(world, task, "bob", {{"status", "failed"}, {"result", "only a result"}})) ==
        "ok");
}

TEST_CASE("T-15: a retryable failure goes back to pending and rests") {
  World world;
  world.agent("bob");
  const std::string task =
      delegate(world, "bob", {{"sla", {{"acceptSlaSeconds", 100}}}, {"claimLeaseSeconds", 60}});
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  world.advance_ms(10'000);
  const json::object reply =
      fail(world, task, {{"retryable", true}, {"failure_class", "transport_error"}});
  REQUIRE(code_of(reply) == "ok");
  CHECK(text_of(reply, "status") == "pending");
  const std::int64_t retry_at = reply.at("retryAt").as_int64();
  CHECK(retry_at >= world.now_ms + 1'600);
  CHECK(retry_at <= world.now_ms + 2'400);

  const json::object stored = shown(world, task);
  CHECK_FALSE(stored.contains("claimedBy_agent"));
  const json::object ansible = block(world, task);
  CHECK(ansible.at("ack").at("state").as_string() == "pending");
  CHECK_FALSE(ansible.contains("leaseExpiresAt"));
  CHECK_FALSE(ansible.at("failure").at("terminal").as_bool());
  CHECK(ansible.at("failure").at("retryable").as_bool());
  CHECK(ansible.at("retry").at("notBeforeAt").as_int64() == retry_at);
  CHECK(ansible.at("retry").at("retryableFailureCount").as_int64() == 1);
  CHECK(ansible.at("sla").at("acceptByAt").as_int64() == world.now_ms + 100'000);

  const Store before = world.store;
  const json::object early = claim(world, task, "bob");
  CHECK(code_of(early) == "overloaded");
  CHECK(early.at("retryAfterMs").as_int64() == retry_at - world.now_ms);
  CHECK(early.contains("backpressure"));
  CHECK(world.store == before);
  world.now_ms = retry_at;
  CHECK(code_of(claim(world, task, "bob")) == "ok");
  CHECK_FALSE(block(world, task).at("retry").as_object().contains("notBeforeAt"));
}

TEST_CASE("T-15: the rest doubles up to 300 seconds, give or take a fifth") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_backpressure_policy", {{"retry_budget", 12}});
  const std::string task = delegate(world, "bob");
  std::int64_t base = 2'000;
  bool jittered = false;
  for (int n = 1; n <= 12; ++n) {
    CAPTURE(n);
    REQUIRE(code_of(claim(world, task, "bob")) == "ok");
    const json::object reply = fail(world, task, {{"retryable", true}});
    REQUIRE(code_of(reply) == "ok");
    const std::int64_t rest = reply.at("retryAt").as_int64() - world.now_ms;
    CHECK(rest >= base * 8 / 10);
    CHECK(rest <= base * 12 / 10);
    jittered = jittered || rest != base;
    base = std::min<std::int64_t>(base * 2, 300'000);
    world.advance_ms(rest);
  }
  CHECK(base == 300'000);
  CHECK(jittered);
}

TEST_CASE("T-15: beyond the budget the failure is final") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_backpressure_policy", {{"retry_budget", 1}});
  const std::string task = delegate(world, "bob");
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  const json::object first = fail(world, task, {{"retryable", true}});
  REQUIRE(text_of(first, "status") == "pending");
  world.now_ms = first.at("retryAt").as_int64();
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  const json::object last = fail(world, task, {{"retryable", true}, {"failure_code", "mine"}});
  REQUIRE(code_of(last) == "ok");
  CHECK(text_of(last, "status") == "failed");
  CHECK_FALSE(last.contains("retryAt"));
  const json::object ansible = block(world, task);
  CHECK(text_of(ansible.at("failure").as_object(), "failureClass") == "failed_terminal");
  CHECK(text_of(ansible.at("failure").as_object(), "failureCode") == "retry_budget_exceeded");
  CHECK(ansible.at("failure").at("terminal").as_bool());
  CHECK_FALSE(ansible.at("failure").at("retryable").as_bool());
  CHECK(ansible.at("retry").at("retryableFailureCount").as_int64() == 1);
  CHECK(ansible.at("retry").at("retryBudgetExceededAt").as_int64() == world.now_ms);
  CHECK(code_of(claim(world, task, "bob")) == "ok");  // the keyless replay of the last claim
  CHECK(status_of(world, task) == "failed");
}

TEST_CASE("T-15: with no budget at all the first retryable failure is final") {
  World world;
  world.agent("bob");
  world.ok("ansible_set_backpressure_policy", {{"retry_budget", 0}});
  const std::string task = task_in(world, "claimed", "bob");
  CHECK(text_of(fail(world, task, {{"retryable", true}}), "status") == "failed");
}

TEST_CASE("T-15: a task that succeeds after a retry has no failure left") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  const json::object reply = fail(world, task, {{"retryable", true}});
  world.now_ms = reply.at("retryAt").as_int64();
  REQUIRE(code_of(claim(world, task, "bob")) == "ok");
  CHECK(block(world, task).contains("failure"));
  REQUIRE(code_of(complete(world, task, "bob")) == "ok");
  CHECK_FALSE(block(world, task).contains("failure"));
  CHECK(kinds_of(world, task) ==
        "created ack_accepted claimed requeued ack_accepted claimed completed");
}

TEST_CASE("T-3: the replay of a requeuing update says that the claim is gone") {
  World world;
  world.agent("bob");
  const std::string task = task_in(world, "claimed", "bob");
  const json::object args{{"retryable", true}, {"idempotency_key", "k"}};
  const json::object first = fail(world, task, args);
  const json::object again = fail(world, task, args);
  CHECK(again.at("idempotent").as_bool());
  CHECK(again.at("superseded").as_bool());
  CHECK(again.at("retryAt") == first.at("retryAt"));
}
