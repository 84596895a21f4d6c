#include <doctest/doctest.h>

#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

json::object ask(World& world, const json::object& more = {}) {
  return world.call(
      "ansible_create_skill_task",
      with({{"skillName", "deploy"}, {"assignedTo", "ann"}, {"spec", "Deploys."}}, more));
}

}  // namespace

TEST_CASE("A skill task is a pending task with instructions, claimed without naming an ETA") {
  World world;
  world.agent("ann");
  const json::object reply = ask(world);
  REQUIRE(code_of(reply) == "ok");
  const std::string id = text_of(reply, "taskId");
  const json::object task = shown(world, id);
  CHECK(text_of(task, "intent") == "skill-setup");
  CHECK(text_of(task, "title") == "Set up skill: deploy");
  CHECK(text_of(task, "assignedTo_agent") == "ann");
  CHECK(text_of(task, "context").find("'deploy'") != std::string::npos);
  CHECK(text_of(task, "context").find("Deploys.") != std::string::npos);
  CHECK(kinds_of(world, id) == "created");
  CHECK(code_of(claim(world, id, "ann", json::object{})) == "ok");
}

TEST_CASE("T-2: creating a skill task twice with one key creates one") {
  World world;
  world.agent("ann");
  const json::object first = ask(world, {{"idempotency_key", "k"}});
  const json::object again = ask(world, {{"idempotency_key", "k"}});
  CHECK(text_of(again, "taskId") == text_of(first, "taskId"));
  CHECK(again.at("idempotent").as_bool());
  CHECK(code_of(ask(world, {{"idempotency_key", "k"}, {"spec", "x"}})) == "idempotency_conflict");
  CHECK(text_of(ask(world), "taskId") != text_of(first, "taskId"));
}

TEST_CASE("A skill task for nobody, or for no skill, is refused") {
  World world;
  world.agent("ann");
  CHECK(code_of(ask(world, {{"assignedTo", "nobody"}})) == "invalid_targets");
  CHECK(code_of(ask(world, {{"skillName", "  "}})) == "invalid_argument");
}
