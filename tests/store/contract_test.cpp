// Every engine keeps the same contract.
#include <doctest/doctest.h>

#include <algorithm>

#include "gateway/memory_engine.hpp"
#include "gateway/testing/engine_contract.hpp"
#include "store/sqlite_support.hpp"

namespace {

using gateway::Engine;
using gateway::testing::ContractCase;
using gateway::testing::EngineFactory;

int run_contract(const EngineFactory& factory) {
  int cases = 0;
  for (const ContractCase& one : gateway::testing::engine_contract()) {
    if (one.needs_reopen && !factory.reopen) continue;
    ++cases;
    const std::optional<std::string> failure = one.run(factory);
    CHECK_MESSAGE(!failure, one.name << ": " << failure.value_or(""));
  }
  return cases;
}

TEST_CASE("the memory engine keeps the engine contract") {
  const EngineFactory factory{[] { return std::make_unique<gateway::MemoryEngine>(); }, nullptr};
  CHECK(run_contract(factory) >= 20);
}

TEST_CASE("the SQLite engine keeps the engine contract") {
  std::unique_ptr<store_test::Place> place;
  EngineFactory factory;
  factory.create = [&]() -> std::unique_ptr<Engine> {
    place = std::make_unique<store_test::Place>();
    return store_test::open(place->options);
  };
  factory.reopen = [&]() -> std::unique_ptr<Engine> { return store_test::open(place->options); };
  CHECK(run_contract(factory) >= 22);
}

// An engine with one fault, to see that the suite would notice.
class BrokenEngine final : public Engine {
 public:
  enum class Fault { kIgnoresChecks, kForgetsErases, kReadsTheNewest };

  explicit BrokenEngine(Fault fault) : fault_(fault) {}

  gateway::StoreResult<std::unique_ptr<gateway::Snapshot>> snapshot() override {
    if (fault_ != Fault::kReadsTheNewest) return sound_.snapshot();
    return std::unique_ptr<gateway::Snapshot>(std::make_unique<Newest>(sound_));
  }

  gateway::CommitOutcome commit(std::span<const gateway::Check> checks,
                                std::span<const gateway::Write> writes) override {
    if (fault_ == Fault::kIgnoresChecks) checks = {};
    std::vector<gateway::Write> kept(writes.begin(), writes.end());
    if (fault_ == Fault::kForgetsErases) {
      std::erase_if(kept, [](const gateway::Write& write) { return !write.value; });
    }
    return sound_.commit(checks, kept);
  }

  gateway::StoreResult<void> recover() override { return sound_.recover(); }

 private:
  struct Newest final : gateway::Snapshot {
    explicit Newest(Engine& engine) : engine(engine) {}
    std::uint64_t sequence() const override { return (*engine.snapshot())->sequence(); }
    gateway::StoreResult<std::vector<gateway::Versioned>> get(
        std::span<const std::string_view> keys) override {
      return (*engine.snapshot())->get(keys);
    }
    gateway::StoreResult<void> scan(const gateway::Range& range,
                                    const gateway::RowVisitor& visit) override {
      return (*engine.snapshot())->scan(range, visit);
    }
    Engine& engine;
  };

  Fault fault_;
  gateway::MemoryEngine sound_;
};

TEST_CASE("the engine contract notices an engine that breaks it") {
  for (const auto fault : {BrokenEngine::Fault::kIgnoresChecks, BrokenEngine::Fault::kForgetsErases,
                           BrokenEngine::Fault::kReadsTheNewest}) {
    const EngineFactory factory{[&] { return std::make_unique<BrokenEngine>(fault); }, nullptr};
    const auto cases = gateway::testing::engine_contract();
    CHECK(std::any_of(cases.begin(), cases.end(), [&](const ContractCase& one) {
      return !one.needs_reopen && one.run(factory).has_value();
    }));
  }
}

TEST_CASE("100,000 commits keep the memory engine's snapshots cheap and correct") {
  gateway::MemoryEngine engine;
  std::vector<std::unique_ptr<gateway::Snapshot>> snapshots;
  for (int i = 0; i < 100'000; ++i) {
    store_test::put(engine, "task/" + std::to_string(i * 7919 % 100'000), "x");
    if (i % 10'000 == 0) snapshots.push_back(std::move(*engine.snapshot()));
  }
  REQUIRE(snapshots.size() == 10);
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    std::size_t rows = 0;
    const auto count = [&](std::string_view, std::string_view, std::uint64_t) {
      ++rows;
      return true;
    };
    REQUIRE(snapshots[i]->scan({}, count).ok());
    CHECK(rows == i * 10'000 + 1);
  }
}

}  // namespace
