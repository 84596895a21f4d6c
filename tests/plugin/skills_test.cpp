#include <doctest/doctest.h>

#include <algorithm>

#include "coordination/skills.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/publishing.hpp"

using namespace ansible_test;
using ansible::advertisers_of;
using ansible::save_skills;
using ansible::skills_of;
using Names = std::vector<std::string>;

TEST_CASE("reference 5.1: advertising replaces an agent's skills, and finds it by each of them") {
  World world;
  in_store(world, [](ansible::Context& context) {
    ansible::Transaction& txn = context.txn;
    save_skills(txn, "bob", {"paint", "cook", "paint"});
    save_skills(txn, "amy", {"cook"});
    CHECK(skills_of(txn, "bob") == Names{"cook", "paint"});
    CHECK(advertisers_of(txn, "cook") == Names{"amy", "bob"});
    save_skills(txn, "bob", {"paint", "sing / dance"});
    CHECK(advertisers_of(txn, "cook") == Names{"amy"});
    CHECK(advertisers_of(txn, "sing / dance") == Names{"bob"});
    CHECK(advertisers_of(txn, "pain").empty());
  });
}

TEST_CASE("reference 5.1: advertising nothing leaves nothing in the store") {
  World world;
  const Store before = world.store;
  in_store(world, [](ansible::Context& context) { save_skills(context.txn, "bob", {"cook"}); });
  CHECK(world.store != before);
  in_store(world, [](ansible::Context& context) { save_skills(context.txn, "bob", {}); });
  CHECK(world.store == before);
}

TEST_CASE(
    "reference 1.11: an active capability's owner has its executor skill, and has it again after a "
    "restart") {
  CapabilityWorld world;
  world.published(demo_manifest());
  const std::string skill(demo_manifest().at("executorSkillRef").at("name").as_string());
  const auto skills = [&] {
    Names out;
    in_store(world, [&](ansible::Context& context) { out = skills_of(context.txn, "owner"); });
    return out;
  };
  CHECK(skills() == Names{skill});
  world.ok("ansible_advertise_skills", {{"skills", {"cook"}}, {"from_agent", "owner"}});
  world.start();
  Names both{"cook", skill};
  std::sort(both.begin(), both.end());
  CHECK(skills() == both);
  const Store before = world.store;
  world.start();
  CHECK(world.store == before);
  world.unpublish();
  world.ok("ansible_advertise_skills", {{"skills", {"cook"}}, {"from_agent", "owner"}});
  world.start();
  CHECK(skills() == Names{"cook"});
}
