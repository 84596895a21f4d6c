// What stays when the engine is opened again.
#include "testing/contract_support.hpp"

namespace gateway::testing {

namespace {

using Outcome = std::optional<std::string>;

// Some history: rows, an overwritten one, an erased one.
Model write_history(Engine& engine) {
  Model model;
  for (int i = 0; i < 50; ++i) {
    const std::string key = "k" + std::to_string(i % 20);
    const std::string value(static_cast<std::size_t>(i) * 40, static_cast<char>(i));
    const std::uint64_t sequence = commit(engine, {{key, value}});
    model[key] = {key, value, sequence};
  }
  commit(engine, {{"k7", std::nullopt}});
  model.erase("k7");
  return model;
}

Outcome reopening_keeps_everything(const EngineFactory& factory) {
  auto engine = create(factory);
  const Model model = write_history(*engine);
  const std::uint64_t newest = open_snapshot(*engine)->sequence();
  for (int times = 1; times <= 3; ++times) {
    engine.reset();
    engine = reopen(factory);
    const auto snapshot = open_snapshot(*engine);
    expect_equal(snapshot->sequence(), newest, "sequence after opening again");
    expect_rows(*snapshot, model, "after opening again");
  }
  return {};
}

Outcome sequences_grow_across_reopening(const EngineFactory& factory) {
  auto engine = create(factory);
  const std::uint64_t made = commit(*engine, {{"k", "1"}});
  const std::uint64_t erased = commit(*engine, {{"k", std::nullopt}});
  engine.reset();
  engine = reopen(factory);
  const std::vector<Check> stale = {{"k", made}};
  expect(engine->commit(stale, {}).kind == CommitOutcome::Kind::kConflict,
         "a check of an erased row's version must fail after opening again");
  const std::uint64_t again = commit(*engine, {{"k", "2"}}, {{"k", 0}});
  expect(again > erased, "a sequence must never be used twice, also not across opening again");
  return {};
}

Outcome recovering_keeps_everything(const EngineFactory& factory) {
  const auto engine = create(factory);
  Model model = write_history(*engine);
  const auto recovered = engine->recover();
  if (!recovered) return "recover() of a sound engine failed: " + recovered.error().message;
  expect_rows(*open_snapshot(*engine), model, "after recover()");
  const std::uint64_t sequence = commit(*engine, {{"new", "1"}});
  model["new"] = {"new", "1", sequence};
  expect_rows(*open_snapshot(*engine), model, "after recover() and another commit");
  return {};
}

}  // namespace

std::vector<ContractCase> durability_cases() {
  return {
      {"recover() keeps everything, and the engine goes on", false, recovering_keeps_everything},
      {"opening again keeps everything", true, reopening_keeps_everything},
      {"sequences and versions grow across opening again", true, sequences_grow_across_reopening},
  };
}

}  // namespace gateway::testing
