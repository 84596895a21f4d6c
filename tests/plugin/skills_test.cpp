#include <doctest/doctest.h>

#include "coordination/skills.hpp"
#include "plugin/support/capabilities.hpp"

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
