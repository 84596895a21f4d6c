// Random sequences of calls: what must hold does hold after each, on every engine alike.
//
// PROPERTY_SEED=n runs one seed; PROPERTY_STEPS=n sets how long a sequence is.
#include <doctest/doctest.h>

#include <cstdlib>

#include "gateway/memory_engine.hpp"
#include "gateway/sqlite_engine.hpp"
#include "property/invariants.hpp"
#include "property/mirror.hpp"
#include "property/plant.hpp"
#include "property/story.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace property;

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::vector<std::uint64_t> seeds() {
  if (std::getenv("PROPERTY_SEED") != nullptr) return {setting("PROPERTY_SEED", 1)};
  return {1, 2, 3, 4};
}

void must_hold(const Effect& effect, const Mirror& mirror) {
  Problems problems;
  check_effect(effect, problems);
  check_tasks(mirror, problems);
  check_sla(mirror, problems);
  check_messages(mirror, problems);
  check_agents(mirror, problems);
  check_people(mirror, problems);
  check_deliveries(mirror, problems);
  check_secrets(effect, mirror, problems);
  check_capabilities(mirror, problems);
  INFO(described(effect.step));
  INFO(json::canonical(effect.answer.reply));
  for (const std::string& problem : problems) FAIL_CHECK(problem);
  REQUIRE(problems.empty());
}

std::unique_ptr<gateway::Engine> sqlite(const test::TempDir& dir) {
  auto engine = gateway::SqliteEngine::open({.path = dir.path() + "/store.db"});
  REQUIRE(engine.ok());
  return std::move(*engine);
}

}  // namespace

TEST_CASE("after each of thousands of random calls, counters, indexes and life cycles are right") {
  const std::uint64_t steps = setting("PROPERTY_STEPS", 1500);
  for (const std::uint64_t seed : seeds()) {
    INFO("PROPERTY_SEED=" << seed);
    Plant plant(std::make_unique<gateway::MemoryEngine>());
    Story story(seed);
    Mirror mirror;
    mirror.refresh(plant.engine());
    std::size_t done = 0;
    for (std::uint64_t n = 0; n < steps; ++n) {
      INFO("step " << n);
      const Step step = story.next();
      const Answer answer = plant.play(step);
      const auto changes = mirror.refresh(plant.engine());
      must_hold({step, answer, changes}, mirror);
      story.learn(step, answer);
      if (!answer.refused()) ++done;
    }
    CHECK(done > steps / 3);  // the story is not one long refusal
  }
}

TEST_CASE("the same sequence gives the same bytes on memory and on SQLite, and when replayed") {
  const std::uint64_t seed = setting("PROPERTY_SEED", 11);
  const std::uint64_t steps = setting("PROPERTY_STEPS", 1500);
  test::TempDir dir;
  Plant memory(std::make_unique<gateway::MemoryEngine>());
  Plant disk(sqlite(dir));
  Story story(seed);
  std::vector<Step> record;
  for (std::uint64_t n = 0; n < steps; ++n) {
    const Step step = story.next();
    const Answer answer = memory.play(step);
    INFO("step " << n << ": " << described(step));
    REQUIRE(disk.play(step).outcome.body == answer.outcome.body);
    story.learn(step, answer);
    record.push_back(step);
  }
  const std::string bytes = memory.dump();
  CHECK(disk.dump() == bytes);

  Plant again(std::make_unique<gateway::MemoryEngine>());
  for (const Step& step : record) again.play(step);
  CHECK(again.dump() == bytes);
}
