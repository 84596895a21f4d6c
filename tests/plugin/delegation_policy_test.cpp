#include <doctest/doctest.h>

#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

json::object publish(World& world, std::string_view version, std::string_view text,
                     const json::object& more = {}) {
  return world.call("ansible_set_delegation_policy",
                    with({{"version", version}, {"policyMarkdown", text}}, more));
}

json::object ack(World& world, std::string_view agent, const json::object& more = {}) {
  return world.call("ansible_ack_delegation_policy", with({{"from_agent", agent}}, more));
}

}  // namespace

TEST_CASE("COO-4: a delegation policy is published with its own checksum and told to everybody") {
  World world;
  world.agent("ann");
  const json::object reply = publish(world, "1", "# Rules\n");
  REQUIRE(code_of(reply) == "ok");
  // printf '# Rules\n' | sha256sum
  CHECK(text_of(reply, "checksum") ==
        "sha256:a3af2177809b3c009bfec4d1c507c6ee32757385e856bce9ae5ac3aec41a791b");
  CHECK(text_of(reply, "delegationPolicyVersion") == "1");
  const json::object inbox = world.ok("ansible_read_messages", {{"agent", "ann"}});
  REQUIRE(inbox.at("messages").as_array().size() == 1);
  const std::string notice = text_of(inbox.at("messages").at(0).as_object(), "content");
  CHECK(notice.find("kind: policy_update\npolicyVersion: 1\npolicyChecksum: " +
                    text_of(reply, "checksum")) == 0);
  const json::object shown = world.ok("ansible_get_coordination", {});
  CHECK(text_of(shown, "delegationPolicyChecksum") == text_of(reply, "checksum"));
  CHECK(shown.at("delegationPolicyUpdatedAt").as_int64() == World::kStart);
  CHECK(text_of(shown, "delegationPolicyUpdatedBy") == "node-a");
  const json::object policy = world.ok("ansible_get_delegation_policy", {});
  CHECK(text_of(policy, "policyMarkdown") == "# Rules\n");
  CHECK(policy.at("acks").as_array().empty());
}

TEST_CASE("COO-4: a checksum that is not the text's is refused, and nothing is written") {
  World world;
  const Store before = world.store;
  const json::object reply =
      publish(world, "1", "text", {{"checksum", "sha256:" + std::string(64, '0')}});
  CHECK(code_of(reply) == "invalid_argument");
  CHECK(text_of(reply, "pointer") == "/checksum");
  CHECK(world.store == before);
  // printf text | sha256sum
  CHECK(code_of(publish(
            world, "1", "text",
            {{"checksum",
              "sha256:982d9e3eb996f559e633f4d194def3761d909f5a3b647d1a851fead67c32c9d1"}})) ==
        "ok");
}

TEST_CASE("COO-4: publishing the same again changes nothing; a version keeps its text") {
  World world;
  REQUIRE(code_of(publish(world, "1", "a")) == "ok");
  const Store before = world.store;
  CHECK_FALSE(publish(world, "1", "a").at("changed").as_bool());
  CHECK(world.store == before);
  CHECK(code_of(publish(world, "1", "b")) == "conflict");
  CHECK(world.store == before);
  CHECK(code_of(publish(world, "2", "b")) == "ok");
}

TEST_CASE("COO-4: only those who are named are told; an empty list tells nobody") {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  publish(world, "1", "a", {{"notifyAgents", {"bob"}}});
  publish(world, "2", "b", {{"notifyAgents", json::array{}}});
  const auto unread = [&](std::string_view agent) {
    return world.ok("ansible_read_messages", {{"agent", agent}}).at("unreadMessages").as_int64();
  };
  CHECK(unread("ann") == 0);
  CHECK(unread("bob") == 1);
}

TEST_CASE(
    "WHO-5: a policy's notice to 'admin' reaches the gateway's admin where nobody is called that") {
  World world(R"({"tier":"backbone","adminAgentId":"boss"})");
  const json::object reply = publish(world, "1", "a", {{"notifyAgents", {"admin", "boss"}}});
  CHECK(reply.at("notified") == json::value(json::array{"boss"}));
  CHECK(world.ok("ansible_read_messages", {{"agent", "boss"}}).at("unreadMessages") == 1);
}

TEST_CASE("WHO-10: a delegation policy comes from an admin, on the coordinator") {
  World world;
  world.agent("ann");
  CHECK(code_of(publish(world, "1", "a", {{"from_agent", "ann"}})) == "not_authorized");
  world.sweeps = false;
  const json::object reply = publish(world, "1", "a");
  CHECK(code_of(reply) == "not_authorized");
  CHECK(text_of(reply, "error").find("coordinator") != std::string::npos);
}

TEST_CASE("COO-4: every agent acknowledges for itself, whatever its id looks like") {
  World world;
  CHECK(code_of(ack(world, "admin")) == "not_found");
  for (const char* id : {"ann", "team:ops:ann"}) world.agent(id);
  publish(world, "1", "a");
  REQUIRE(code_of(ack(world, "ann")) == "ok");
  REQUIRE(code_of(ack(world, "team:ops:ann", {{"version", "1"}})) == "ok");
  publish(world, "2", "b");
  REQUIRE(code_of(ack(world, "ann")) == "ok");
  const json::object policy = world.ok("ansible_get_delegation_policy", {});
  const json::array& acks = policy.at("acks").as_array();
  REQUIRE(acks.size() == 2);
  CHECK(acks[0].at("agentId").as_string() == "ann");
  CHECK(acks[0].at("version").as_string() == "2");
  CHECK(acks[0].at("current").as_bool());
  CHECK(acks[1].at("agentId").as_string() == "team:ops:ann");
  CHECK(acks[1].at("version").as_string() == "1");
  CHECK_FALSE(acks[1].at("current").as_bool());
  CHECK_FALSE(world.ok("ansible_get_delegation_policy", {{"includeAcks", false}}).contains("acks"));
}

TEST_CASE("COO-4: an acknowledgement of another version or another text is refused") {
  World world;
  world.agent("ann");
  publish(world, "1", "a");
  publish(world, "2", "b");
  const Store before = world.store;
  const json::object old = ack(world, "ann", {{"version", "1"}});
  CHECK(code_of(old) == "conflict");
  CHECK(text_of(old, "delegationPolicyVersion") == "2");
  CHECK(code_of(ack(world, "ann", {{"checksum", "sha256:" + std::string(64, 'f')}})) ==
        "invalid_argument");
  CHECK(world.store == before);
}

TEST_CASE("COO-4: acknowledging twice is remembered once, with the first time") {
  World world;
  world.agent("ann");
  publish(world, "1", "a");
  REQUIRE(ack(world, "ann").at("changed").as_bool());
  const Store before = world.store;
  world.advance_ms(1'000);
  const json::object again = ack(world, "ann");
  CHECK_FALSE(again.at("changed").as_bool());
  CHECK(again.at("at").as_int64() == World::kStart);
  CHECK(world.store == before);
}
