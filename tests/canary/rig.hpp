// An executor with an active release, a candidate beside it, and the referee of a canary.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "canary/canary_referee.hpp"
#include "canary/evidence.hpp"
#include "canary/tiring_engine.hpp"
#include "canary/watch_guard.hpp"
#include "gateway/executor.hpp"
#include "gateway/memory_engine.hpp"
#include "host/files.hpp"
#include "loading/library.hpp"
#include "support/process.hpp"

namespace test {

inline std::string trial(const std::string& name) { return TRIALS "/" + name + ".so"; }

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// An instance of a trial plugin, from a copy of its own.
inline std::unique_ptr<gateway::Instance> load_trial(const std::string& name, TempDir& temp) {
  static int loads = 0;
  const std::string copy = temp / (name + std::to_string(++loads) + ".so");
  std::filesystem::copy_file(trial(name), copy);
  auto library = gateway::Library::open(copy, [](const gateway::Library::Closed&) {});
  REQUIRE_MESSAGE(library.ok(), library.error().message);
  const gw_plugin* table = (*library)->table();
  gateway::ReleaseId release;
  release.sha256 = name;
  auto made = gateway::Instance::create(table, release, R"({"maxNotices":3})", std::move(*library));
  REQUIRE_MESSAGE(made.ok(), made.error().message);
  return std::move(*made);
}

struct CanaryRig {
  TempDir temp;
  gateway::MemoryEngine engine;
  gateway::Slot slot;
  gateway::ManualClock clock{1'000'000};
  TiringEngine store{engine, clock};
  gateway::NodeState node{{"n1", true}};
  std::string candidate;
  std::shared_ptr<gateway::CaseFile> file;
  std::shared_ptr<gateway::CanaryReferee> referee;
  std::unique_ptr<gateway::Executor> executor;
  int executed = 0;
  int tasks_ = 0;

  explicit CanaryRig(const std::string& name, gateway::ExecutorOptions options = {})
      : candidate(name) {
    slot.activate(load_trial("active", temp));
    file = std::make_shared<gateway::CaseFile>(
        gateway::law_of(slot.acquire()->manifest(), R"({"maxNotices":3})"), temp.path(), "canary");
    referee = std::make_shared<gateway::CanaryReferee>(slot, clock, candidate, file);
    executor = std::make_unique<gateway::Executor>(std::move(options), store, slot, clock, node,
                                                   gateway::LogSink{});
    executor->set_referee(referee);
  }
  ~CanaryRig() {
    executor->set_referee(nullptr);
    referee->set_shadow(nullptr);
    executor.reset();
    slot.clear();
    slot.wait_retired(5'000);
  }

  void shadow(std::vector<gateway::AllowedDifference> allow = {}) {
    gateway::Shadow::Options options;
    options.link.prover.prover = PROVER;
    options.link.library = trial(candidate);
    options.link.config_json = R"({"maxNotices":3})";
    options.sides.active = slot.acquire()->release();
    options.sides.candidate = {"1.1.0", "trial-1.1.0", candidate};
    options.allow = std::move(allow);
    auto started = gateway::Shadow::start(options, engine, file);
    REQUIRE_MESSAGE(started.ok(), started.error().message);
    referee->set_plan({gateway::CanaryStage::kShadow, 100});
    referee->set_shadow(std::move(*started));
  }
  void split(std::uint32_t share) {
    slot.set_candidate(load_trial(candidate, temp));
    referee->set_plan({gateway::CanaryStage::kSplit, share});
  }
  void soak() {
    slot.activate(load_trial(candidate, temp));
    referee->set_plan({gateway::CanaryStage::kSoak, 100});
  }
  void watch() {
    const gateway::Law law = gateway::law_of(slot.acquire()->manifest(), R"({"maxNotices":3})");
    slot.activate(load_trial(candidate, temp));
    executor->set_referee(std::make_shared<gateway::WatchGuard>(slot, *executor, law, candidate));
  }

  gateway::Outcome call(const std::string& tool, const std::string& id) {
    gateway::Request request;
    request.name = tool;
    request.args_json = base::json::canonical(base::json::object{{"id", id}});
    request.client = "c";
    ++executed;
    return executor->run(std::move(request));
  }
  void sweep() {
    gateway::Request request;
    request.kind = gateway::Request::Kind::kSweep;
    request.name = "pulse";
    request.caller_kind = GW_CALLER_HOST;
    const auto outcome = executor->run(std::move(request));
    REQUIRE(outcome.status == GW_OK);
  }
  // Carries so many tasks through their life of four steps.
  void drive(int tasks) {
    for (int i = 1; i <= tasks; ++i) {
      const std::string id = "t" + std::to_string(++tasks_);
      for (int step = 0; step < 4; ++step) {
        REQUIRE(call("work", id).kind == gateway::Outcome::Kind::kReply);
      }
    }
  }
  // The shadow has answered so many.
  bool answered(std::uint64_t n) {
    return wait_until([&] {
             const auto now = file->scores.read();
             return now.candidate.calls >= n || now.candidate.calls + now.shed + now.stale >= n;
           }) &&
           file->scores.read().candidate.calls >= n;
  }

  std::string stored(const std::string& key) {
    const std::string_view name = key;
    auto snapshot = engine.snapshot();
    return (*snapshot)->get({&name, 1})->front().value.value_or("");
  }
  void put(const std::string& key, const std::string& value) {
    const std::vector<gateway::Write> writes{{key, value}};
    REQUIRE(engine.commit({}, writes).kind == gateway::CommitOutcome::Kind::kCommitted);
  }
};

}  // namespace test
