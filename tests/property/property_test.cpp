// Random sequences of calls: what must hold does hold after each, on every engine alike.
//
// PROPERTY_SEED=n runs one seed; PROPERTY_STEPS=n sets how long a sequence is (1500; less under a sanitizer, where a
// step costs several times as much and has no threads to watch).
#include <doctest/doctest.h>

#include <cstdlib>
#include <map>

#include "core/fields.hpp"

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

constexpr std::uint64_t kWholeStory = 1500;
std::uint64_t steps_of_a_story() { return setting("PROPERTY_STEPS", kWholeStory / TEST_PATIENCE); }

std::vector<std::uint64_t> seeds() {
  if (std::getenv("PROPERTY_SEED") != nullptr) return {setting("PROPERTY_SEED", 1)};
  return {1, 2, 3, 4, 5, 6, 7, 8};
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

// How often something happened, over all seeds: a story that never gets there proves nothing about it.
class Seen {
 public:
  void note(const Step& step, const Answer& answer, const std::vector<Change>& changes) {
    if (!answer.refused()) ++count_[step.name];
    const bool purge = step.name == "ansible_purge_agent";
    for (const Change& change : changes) {
      const bool gone = change.before.version != 0 && change.after.version == 0;
      if (gone && purge && change.key.starts_with("by-claimer/")) ++count_["purged task"];
      if (change.after.version == 0 || !change.after.document.is_object()) continue;
      const json::object& after = change.after.document.get_object();
      if (change.key.starts_with("message/") && change.before.version == 0) {
        ++count_["message " + ansible::text_field(after, "intent").value_or("")];
      } else if (change.key.starts_with("dead-letter/")) {
        ++count_["dead letter"];
      } else if (change.key.starts_with("cap-revision/")) {
        ++count_["revision " + ansible::text_field(after, "lastAction").value_or("")];
      } else if (change.key.starts_with("task/") && high_risk_done(after)) {
        ++count_["high-risk work done"];
      }
    }
  }

  int operator[](const std::string& what) const {
    const auto at = count_.find(what);
    return at == count_.end() ? 0 : at->second;
  }

 private:
  static bool high_risk_done(const json::object& task) {
    const auto ansible_block = ansible::object_field(task, "ansible");
    return ansible::text_field(task, "status") == "completed" &&
           !ansible::object_field(ansible_block, "approval").empty();
  }

  std::map<std::string, int> count_;
};

TEST_CASE("after each of thousands of random calls, counters, indexes and life cycles are right") {
  const std::uint64_t steps = steps_of_a_story();
  Seen seen;
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
      seen.note(step, answer, changes);
      if (!answer.refused()) ++done;
    }
    CHECK(done > steps / 3);  // the story is not one long refusal
  }
  if (seeds().size() == 1 || steps < kWholeStory) return;  // a part need not get everywhere
  for (const char* what :
       {"revision promoted", "revision canary_rolled_back", "revision unpublished",
        "revision rolled_back", "message task_sla_breached", "message task_high_risk_approved",
        "message task_high_risk_rejected", "message capability_owner_failover",
        "high-risk work done", "dead letter", "ansible_replay_dead_letter", "ansible_ack_inbox",
        "ansible_accept_agent_invite", "ansible_consume_ws_ticket", "ansible_revoke_node",
        "ansible_import", "ansible_purge_agent", "purged task"}) {
    CHECK_MESSAGE(seen[what] > 0, std::string(what));
  }
}

TEST_CASE("the same sequence gives the same bytes on memory and on SQLite, and when replayed") {
  const std::uint64_t seed = setting("PROPERTY_SEED", 11);
  const std::uint64_t steps = steps_of_a_story();
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
