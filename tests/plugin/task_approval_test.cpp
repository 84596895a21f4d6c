// High-risk work waits for a human's word (T-12, T-13, reference 2.6).
#include <doctest/doctest.h>

#include "core/fields.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

// `boss` delegates high-risk work to `worker`.
struct Risky : World {
  Risky() {
    for (const char* id : {"boss", "worker", "other"}) agent(id);
    ansible::Manifest m = manifest_of("cap.deploy", "worker");
    m.risk_class = "high";
    install(*this, m);
  }

  std::string task(const json::object& more = {}) {
    const json::object args = with({{"title", "Title"},
                                    {"description", "Do it"},
                                    {"requires", {"cap.deploy"}},
                                    {"from_agent", "boss"}},
                                   more);
    return text_of(ok("ansible_delegate_task", args), "taskId");
  }

  json::object approve(std::string_view id, std::string_view agent, const json::object& more = {}) {
    return on_task(*this, "ansible_approve_task", id, agent,
                   with({{"approval_artifact_id", "ticket-7"}}, more));
  }

  json::object approval(std::string_view id) {
    return shown(*this, id).at("metadata").at("ansible").at("approval").as_object();
  }

  std::size_t events(std::string_view intent) {
    std::size_t n = 0;
    for (const auto& [key, value] : store) {
      if (key.starts_with("message/") &&
          value.find("\"intent\":\"" + std::string(intent) + '"') != std::string::npos) {
        ++n;
      }
    }
    return n;
  }
};

}  // namespace

TEST_CASE("T-12: high-risk work cannot be claimed before it is approved") {
  Risky world;
  const std::string id = world.task();
  CHECK(json::canonical(world.approval(id)) == R"({"required":true,"state":"pending"})");
  const json::object refused = claim(world, id, "worker", {});
  CHECK(code_of(refused) == "approval_required");
  CHECK(status_of(world, id) == "pending");

  const json::object reply = world.approve(id, "boss", {{"note", "go"}});
  REQUIRE(code_of(reply) == "ok");
  CHECK(text_of(reply, "taskId") == id);
  CHECK_FALSE(text_of(reply, "lifecycleMessageId").empty());
  CHECK(json::canonical(reply.at("approval")) ==
        R"({"approvalArtifactId":"ticket-7","approvedAt":1800000000000,"approvedByAgentId":"boss",)"
        R"("approvedByNodeId":"node-a","note":"go","required":true,"state":"approved"})");
  CHECK(world.events("task_high_risk_approved") == 1);

  const json::object claimed = claim(world, id, "worker", {});
  REQUIRE(code_of(claimed) == "ok");
  CHECK(claimed.at("accepted").at("approvalRequired").as_bool());
  CHECK(claimed.at("accepted").at("approvalSatisfied").as_bool());
  CHECK(code_of(update(world, id, "worker")) == "ok");
  CHECK(code_of(complete(world, id, "worker")) == "ok");
  CHECK(kinds_of(world, id) == "created approved ack_accepted claimed status_update completed");
}

TEST_CASE("T-12: an explicit assignee does not go around the approval") {
  Risky world;
  const std::string id = world.task({{"assignedTo", "other"}});
  CHECK(code_of(claim(world, id, "other", {})) == "approval_required");
}

TEST_CASE("T-12: creator, gateway admin and operator approve, nobody else") {
  Risky world;
  CHECK(code_of(world.approve(world.task(), "other")) == "not_authorized");
  CHECK(code_of(world.approve(world.task(), "worker")) == "not_authorized");
  CHECK(code_of(world.approve(world.task(), "admin")) == "ok");
  const std::string id = world.task();
  const json::object reply =
      world.ok("ansible_approve_task", {{"taskId", id}, {"approval_artifact_id", "ticket-8"}});
  CHECK(text_of(reply.at("approval").as_object(), "approvedByAgentId") == "operator:node-a");
}

TEST_CASE("T-12: an approval needs an artifact, and a task that waits for one") {
  Risky world;
  const std::string id = world.task();
  const Store before = world.store;
  for (const char* artifact : {"", "  "}) {
    const json::object reply = world.approve(id, "boss", {{"approval_artifact_id", artifact}});
    CHECK(code_of(reply) == "invalid_argument");
    CHECK(text_of(reply, "pointer") == "/approval_artifact_id");
  }
  CHECK(code_of(world.approve(id, "boss", {{"approval_artifact_id", std::string(301, 'x')}})) ==
        "invalid_argument");
  CHECK(code_of(world.approve(id, "boss", {{"note", std::string(5001, 'x')}})) ==
        "invalid_argument");
  CHECK(code_of(world.approve(id, "boss", {{"decision", "perhaps"}})) == "invalid_argument");
  CHECK(world.store == before);
  const std::string plain = delegate(world, "worker");
  CHECK(code_of(world.call("ansible_approve_task",
                           {{"taskId", plain}, {"approval_artifact_id", "t"}})) ==
        "invalid_argument");
}

TEST_CASE("reference 2.6: approving again changes nothing") {
  Risky world;
  const std::string id = world.task();
  REQUIRE(code_of(world.approve(id, "boss")) == "ok");
  const Store before = world.store;
  const json::object again = world.approve(id, "admin", {{"approval_artifact_id", "ticket-9"}});
  CHECK(again.at("idempotent").as_bool());
  CHECK(text_of(again.at("approval").as_object(), "approvalArtifactId") == "ticket-7");
  CHECK(world.store == before);
}

TEST_CASE("T-13: nobody approves its own work, at no step of it") {
  Risky world;
  const std::string own = world.task({{"assignedTo", "boss"}});
  REQUIRE(code_of(world.approve(own, "boss")) == "ok");
  CHECK(code_of(claim(world, own, "boss", {})) == "approval_required");

  CHECK(code_of(world.approve(own, "admin")) == "ok");  // somebody else steps in
  REQUIRE(code_of(claim(world, own, "boss", {})) == "ok");
  CHECK(code_of(update(world, own, "boss")) == "ok");

  // The operator's approval is that of the agent with its node's name, too.
  const std::string node = world.task({{"assignedTo", "node-a"}});
  world.ok("ansible_approve_task", {{"taskId", node}, {"approval_artifact_id", "t"}});
  CHECK(code_of(world.call("ansible_claim_task", {{"taskId", node}})) == "approval_required");
  CHECK(code_of(claim(world, node, "node-a", {})) == "approval_required");
}

TEST_CASE("T-13: in_progress and complete ask again") {
  Risky world;
  const std::string id = world.task();
  REQUIRE(code_of(world.approve(id, "admin")) == "ok");
  REQUIRE(code_of(claim(world, id, "worker", {})) == "ok");
  std::string document = world.store.at("task/" + id);
  const std::string from = R"("approvedByAgentId":"admin")";
  document.replace(document.find(from), from.size(), R"("approvedByAgentId":"worker")");
  world.store["task/" + id] = document;
  CHECK(code_of(update(world, id, "worker")) == "approval_required");
  CHECK(code_of(complete(world, id, "worker")) == "approval_required");
  CHECK(code_of(update(world, id, "worker", {{"status", "failed"}, {"note", "no"}})) == "ok");
}

TEST_CASE("T-12: a rejection fails the task, for good") {
  Risky world;
  const std::string id = world.task();
  const json::object reply = on_task(world, "ansible_approve_task", id, "admin",
                                     {{"decision", "rejected"}, {"note", "too risky today"}});
  REQUIRE(code_of(reply) == "ok");
  CHECK(text_of(reply.at("approval").as_object(), "state") == "rejected");
  CHECK(world.events("task_high_risk_rejected") == 1);
  CHECK(world.events("task_failed") == 1);  // the creator is told
  CHECK(status_of(world, id) == "failed");
  const json::object failure =
      shown(world, id).at("metadata").at("ansible").at("failure").as_object();
  CHECK(text_of(failure, "failureCode") == "approval_rejected");
  CHECK(kinds_of(world, id) == "created rejected");
  CHECK(code_of(claim(world, id, "worker", {})) == "approval_rejected");
  CHECK(code_of(world.approve(id, "boss")) == "approval_rejected");
}

TEST_CASE("T-12: work that has begun can still be rejected; what is finished cannot") {
  Risky world;
  const std::string id = world.task();
  REQUIRE(code_of(world.approve(id, "boss")) == "ok");
  REQUIRE(code_of(claim(world, id, "worker", {})) == "ok");
  REQUIRE(code_of(world.approve(id, "admin", {{"decision", "rejected"}})) == "ok");
  CHECK(code_of(update(world, id, "worker")) == "approval_rejected");
  CHECK(code_of(complete(world, id, "worker")) == "approval_rejected");

  const std::string done = world.task();
  REQUIRE(code_of(world.approve(done, "boss")) == "ok");
  REQUIRE(code_of(claim(world, done, "worker", {})) == "ok");
  REQUIRE(code_of(complete(world, done, "worker")) == "ok");
  CHECK(code_of(world.approve(done, "admin", {{"decision", "rejected"}})) == "invalid_transition");
}

TEST_CASE("T-2: an approval with a key replays its reply, and conflicts with another decision") {
  Risky world;
  const std::string id = world.task();
  const json::object first = world.approve(id, "boss", {{"idempotency_key", "k"}});
  const json::object again = world.approve(id, "boss", {{"idempotency_key", "k"}});
  CHECK(again.at("idempotent").as_bool());
  CHECK(text_of(again, "lifecycleMessageId") == text_of(first, "lifecycleMessageId"));
  CHECK(code_of(world.approve(id, "boss", {{"idempotency_key", "k"}, {"decision", "rejected"}})) ==
        "idempotency_conflict");
}
