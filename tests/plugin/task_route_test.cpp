// Where a task goes when nobody is named (T-11, CAP-9, CAP-11, reference 2.2 and 2.3).
#include <doctest/doctest.h>

#include "capabilities/capability_store.hpp"
#include "coordination/skills.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

json::object wanting(json::array requires_, const json::object& more = {}) {
  return with({{"title", "Title"}, {"description", "Do it"}, {"requires", std::move(requires_)}},
              more);
}

json::object route(World& world, json::array requires_, const json::object& more = {}) {
  return world.call("ansible_delegate_task", wanting(std::move(requires_), more));
}

// Assignees joined by blanks, or the code of the refusal.
std::string routed(World& world, json::array requires_, const json::object& more = {}) {
  const json::object reply = route(world, std::move(requires_), more);
  if (reply.contains("error")) return code_of(reply);
  std::string out;
  for (const json::value& agent : reply.at("assignedTo_all").as_array()) {
    out += (out.empty() ? "" : " ") + std::string(agent.as_string());
  }
  return out;
}

void advertise(World& world, std::string_view agent, const std::vector<std::string>& skills) {
  in_store(world,
           [&](ansible::Context& context) { ansible::save_skills(context.txn, agent, skills); });
}

// An internal agent of another gateway, which pulsed `age_ms` ago.
void remote_agent(World& world, const std::string& id, const std::string& gateway,
                  std::int64_t age_ms) {
  world.store["agent/" + id] = json::canonical(json::object{
      {"gateway", gateway}, {"type", "internal"}, {"registeredAt", 1}, {"registeredBy", "test"}});
  world.store["node/" + gateway] = "{}";
  world.store["pulse/" + gateway] =
      json::canonical(json::object{{"lastSeen", world.now_ms - age_ms}, {"status", "online"}});
}

ansible::Manifest with_standby(std::string_view cap, std::string_view owner,
                               const std::vector<std::string>& standbys) {
  ansible::Manifest m = manifest_of(cap, owner);
  m.standby_owner_agent_ids = standbys;
  return m;
}

std::size_t failovers(World& world) {
  std::size_t n = 0;
  for (const auto& [key, value] : world.store) {
    if (key.starts_with("message/") &&
        value.find("\"intent\":\"capability_owner_failover\"") != std::string::npos) {
      ++n;
    }
  }
  return n;
}

ansible::RevisionRecord revision(World& world, std::string_view cap) {
  ansible::RevisionRecord out;
  in_store(world,
           [&](ansible::Context& context) { out = *ansible::load_revision(context.txn, cap); });
  return out;
}

std::vector<std::string> eligible(World& world, std::string_view cap) {
  std::vector<std::string> out;
  in_store(world, [&](ansible::Context& context) {
    out = ansible::load_index(context.txn, cap)->eligible_agent_ids;
  });
  return out;
}

struct Painters : World {
  Painters() {
    for (const char* id : {"owner", "standby", "amy", "bob"}) agent(id);
    install(*this, with_standby("cap.paint", "owner", {"standby"}));
  }
};

}  // namespace

TEST_CASE("T-11: a capability goes to its owner, a skill to the first agent that advertises it") {
  Painters world;
  advertise(world, "bob", {"cook", "sing"});
  advertise(world, "amy", {"cook"});
  CHECK(routed(world, {"cap.paint"}) == "owner");
  CHECK(routed(world, {"cook"}) == "amy");
  CHECK(routed(world, {"sing"}) == "bob");
  CHECK(routed(world, {"dance"}) == "no_route");
  CHECK(routed(world, {"cap.paint", "dance"}) == "no_route");
}

TEST_CASE("T-11: several requirements mean the agents that meet all of them") {
  Painters world;
  for (const char* agent : {"bob", "amy", "standby"}) advertise(world, agent, {"cook"});
  advertise(world, "bob", {"cook", "sing"});
  CHECK(routed(world, {"cook", "sing"}) == "bob");
  CHECK(routed(world, {"cap.paint", "cook"}) == "standby");
  advertise(world, "amy", {"cook", "sing"});
  CHECK(routed(world, {"cook", "sing"}) == "amy bob");
  const json::object reply = route(world, {"cap.paint", "sing"});
  CHECK(code_of(reply) == "no_route");
  CHECK(json::canonical(reply.at("requires")) == R"(["cap.paint","sing"])");
}

TEST_CASE("T-11: a gateway that advertises a skill does so for its agents") {
  Painters world;
  world.agent("ext", "external");
  advertise(world, "node-a", {"print"});
  CHECK(routed(world, {"print"}) == "admin");
  CHECK(routed(world, {"print"}, {{"skillRequired", "print"}}) == "admin");
}

TEST_CASE("T-11: disabled agents and capabilities are not eligible") {
  Painters world;
  advertise(world, "amy", {"cook"});
  advertise(world, "bob", {"cook"});
  world.ok("ansible_disable_agent", {{"agent_id", "amy"}});
  CHECK(routed(world, {"cook"}) == "bob");
  world.ok("ansible_disable_agent", {{"agent_id", "owner"}});
  CHECK(routed(world, {"cap.paint"}) == "standby");
  world.ok("ansible_disable_agent", {{"agent_id", "standby"}});
  const Store before = world.store;
  const json::object nobody = route(world, {"cap.paint"});
  CHECK(code_of(nobody) == "capability_unavailable");
  CHECK(text_of(nobody, "reason") == "no_eligible_agent");
  disable(world, "cap.paint");
  const json::object withdrawn = route(world, {"cap.paint"});
  CHECK(code_of(withdrawn) == "capability_unavailable");
  CHECK(text_of(withdrawn, "reason") == "not_active");
  CHECK(code_of(route(world, {"cap.paint"}, {{"assignedTo", "bob"}})) == "capability_unavailable");
}

TEST_CASE("T-11: who has a skill is found without reading all who have it") {
  World world;
  const auto keys_read = [&] {
    world.ok("ansible_delegate_task",
             {{"title", "t"}, {"description", "d"}, {"requires", json::array{"cook"}}});
    return world.keys_read;
  };
  const auto cooks = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      const std::string id = "cook-" + std::to_string(i);
      world.agent(id);
      world.ok("ansible_advertise_skills", {{"from_agent", id}, {"skills", json::array{"cook"}}});
    }
  };
  cooks(10, 40);
  const std::size_t few = keys_read();
  cooks(40, 99);
  CHECK(keys_read() == few);
}

TEST_CASE("T-11: with a full queue the next eligible agent is tried") {
  Painters world;
  advertise(world, "amy", {"cook"});
  advertise(world, "bob", {"cook"});
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 1}});
  CHECK(routed(world, {"cook"}) == "amy");
  const json::object second = route(world, {"cook"});
  CHECK(text_of(second, "assignedTo") == "bob");
  CHECK(json::canonical(second.at("overloadedTargets")) == R"(["amy"])");
  const json::object third = route(world, {"cook"});
  CHECK(code_of(third) == "overloaded");
  CHECK(third.at("retryAfterMs").as_int64() > 0);
  CHECK(json::canonical(third.at("backpressure")) ==
        R"({"maxQueueDepth":1,"overloadedTargets":["amy","bob"]})");

  CHECK(routed(world, {"cap.paint"}) == "owner");
  CHECK(routed(world, {"cap.paint"}) == "standby");
  CHECK(revision(world, "cap.paint").current_owner_agent_id == "owner");
}

TEST_CASE("reference 2.2: skillRequired alone finds an agent, and is kept with an explicit one") {
  Painters world;
  advertise(world, "bob", {"cook"});
  json::object args{{"title", "t"}, {"description", "d"}, {"skillRequired", "cook"}};
  const json::object reply = world.ok("ansible_delegate_task", args);
  CHECK(text_of(reply, "assignedTo") == "bob");
  const json::object task = shown(world, text_of(reply, "taskId"));
  CHECK(text_of(task, "skillRequired") == "cook");
  CHECK(text_of(task.at("metadata").at("ansible").as_object(), "routingMode") == "skill");

  CHECK(routed(world, {"cap.paint"}, {{"skillRequired", "do-cap.paint"}}) == "owner");
  CHECK(routed(world, {"cap.paint"}, {{"skillRequired", "cook"}}) == "no_route");
  args["assignedTo"] = "amy";
  const std::string named = text_of(world.ok("ansible_delegate_task", args), "taskId");
  CHECK(text_of(shown(world, named), "skillRequired") == "cook");
}

TEST_CASE("CAP-9: a standby stands in while the owner's gateway is silent for over 90 seconds") {
  Painters world;
  remote_agent(world, "far", "node-b", 90'000);
  install(world, with_standby("cap.drive", "far", {"amy"}));
  CHECK(routed(world, {"cap.drive"}) == "far");
  CHECK(failovers(world) == 0);

  world.advance_ms(1);
  CHECK(routed(world, {"cap.drive"}) == "amy");
  CHECK(routed(world, {"cap.drive"}) == "amy");
  CHECK(failovers(world) == 1);
  CHECK(eligible(world, "cap.drive") == std::vector<std::string>{"amy", "far"});
  const ansible::RevisionRecord away = revision(world, "cap.drive");
  CHECK(away.current_owner_agent_id == "amy");
  CHECK(away.last_failover_from_agent_id == "far");
  CHECK(away.last_failover_at == world.now_ms);

  remote_agent(world, "far", "node-b", 0);  // it is back
  CHECK(routed(world, {"cap.drive"}) == "far");
  CHECK(failovers(world) == 2);
  CHECK(eligible(world, "cap.drive") == std::vector<std::string>{"far"});
  CHECK(revision(world, "cap.drive").current_owner_agent_id == "far");
  CHECK_FALSE(revision(world, "cap.drive").last_failover_from_agent_id.has_value());
}

TEST_CASE(
    "CAP-9: an offline gateway is not there; when nobody is, the owner gets it and is named") {
  Painters world;
  remote_agent(world, "far", "node-b", 0);
  world.store["pulse/node-b"] =
      json::canonical(json::object{{"lastSeen", world.now_ms}, {"status", "offline"}});
  install(world, manifest_of("cap.drive", "far"));
  const json::object reply = route(world, {"cap.drive"});
  CHECK(text_of(reply, "assignedTo") == "far");
  CHECK(json::canonical(reply.at("outOfReach")) == R"(["far"])");
  CHECK(failovers(world) == 0);
}

TEST_CASE("CAP-9: a refused delegation records no failover") {
  Painters world;
  remote_agent(world, "far", "node-b", 100'000);
  install(world, with_standby("cap.drive", "far", {"amy"}));
  const Store before = world.store;
  CHECK(routed(world, {"cap.drive", "dance"}) == "no_route");
  CHECK(world.store == before);
}

TEST_CASE("CAP-11: a canary's targets and its owner get the new version, everybody else the old") {
  Painters world;
  ansible::Manifest next = manifest_of("cap.paint", "owner", "2.0.0");
  install_canary(world, next, {"amy"});
  const auto version = [&](std::string_view creator) {
    const json::object reply = route(world, {"cap.paint"}, {{"from_agent", creator}});
    const json::object task = shown(world, text_of(reply, "taskId"));
    const json::value& contract =
        task.at("metadata").at("ansible").at("contract").at("capabilities").as_array().at(0);
    return std::string(contract.at("version").as_string()) + ' ' + text_of(reply, "assignedTo");
  };
  CHECK(version("amy") == "2.0.0 amy");
  CHECK(version("owner") == "2.0.0 amy");
  CHECK(version("bob") == "1.0.0 owner");
}

TEST_CASE("CAP-11: a first version in canary is unavailable to everybody else") {
  Painters world;
  install_canary(world, manifest_of("cap.fly", "owner"), {"amy"});
  CHECK(routed(world, {"cap.fly"}, {{"from_agent", "amy"}}) == "amy");
  const json::object reply = route(world, {"cap.fly"}, {{"from_agent", "bob"}});
  CHECK(code_of(reply) == "capability_unavailable");
  CHECK(text_of(reply, "reason") == "only_in_canary");
}

TEST_CASE("T-11: routing reads neither tasks nor agents beyond the candidates") {
  Painters world;
  advertise(world, "bob", {"cook"});
  const auto cost = [&](json::array requires_) {
    route(world, std::move(requires_));
    return world.keys_read;
  };
  const std::size_t by_capability = cost({"cap.paint"});
  const std::size_t by_skill = cost({"cook"});
  for (int i = 0; i < 50; ++i) world.agent("more-" + std::to_string(i));
  for (int i = 0; i < 30; ++i) delegate(world, "amy");
  CHECK(cost({"cap.paint"}) == by_capability);
  CHECK(cost({"cook"}) == by_skill);
}
