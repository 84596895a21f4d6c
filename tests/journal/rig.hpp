// An executor whose calls are journaled.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "execution/faulty_engine.hpp"
#include "execution/rig.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"
#include "support/temp_dir.hpp"

namespace test_support {

struct JournalRig {
  test::TempDir temp;
  gateway::MemoryEngine memory;
  FaultyEngine engine{memory};
  gateway::Slot slot;
  gateway::ManualClock clock{1'000'000};
  gateway::NodeState node{{"n1", true}};
  LogLines log;
  std::shared_ptr<gateway::Journal> journal;
  std::unique_ptr<gateway::Executor> executor;

  static constexpr gateway::Journal::Pace kAtOnce{
      std::chrono::milliseconds(5), std::chrono::milliseconds(0), std::chrono::milliseconds(0), 0};

  explicit JournalRig(std::uint64_t max_bytes = 16u << 20, gateway::Journal::Pace pace = kAtOnce) {
    gate().open();
    slot.activate(test_instance());
    put("before", "the journal");
    start(max_bytes, pace);
  }
  ~JournalRig() { executor.reset(); }

  // Another process on the same state.
  void start(std::uint64_t max_bytes = 16u << 20, gateway::Journal::Pace pace = kAtOnce) {
    executor.reset();
    journal.reset();
    journal = std::make_shared<gateway::Journal>(
        gateway::JournalOptions{true, directory(), max_bytes},
        gateway::Journal::Subject{"test", "n1", R"({"a":1})"}, engine, clock, log.sink(), pace);
    gateway::ExecutorOptions options;
    options.journal = journal;
    executor = std::make_unique<gateway::Executor>(options, engine, slot, clock, node, log.sink());
  }

  std::string directory() const { return temp / "journal"; }

  gateway::Outcome run(gateway::Request request) { return executor->run(std::move(request)); }
  gateway::Outcome run(std::string tool, std::string args = "{}") {
    return run(call(std::move(tool), std::move(args)));
  }
  // Behind the executor's back, as another process would.
  void put(const std::string& key, const std::string& value) {
    const std::vector<gateway::Write> writes{{key, value}};
    REQUIRE(memory.commit({}, writes).kind == gateway::CommitOutcome::Kind::kCommitted);
  }

  std::vector<std::string> files() {
    journal->flush();
    std::vector<std::string> paths;
    for (const auto& file : gateway::journal::list_ring(directory())) paths.push_back(file.path);
    return paths;
  }
};

// A file of the journal, read to its end.
struct ReadJournal {
  gateway::journal::Header header;
  std::vector<gateway::Write> rows;
  std::vector<gateway::journal::RecordedStep> steps;
  std::string ending;
  bool torn = false;

  explicit ReadJournal(const std::string& path) {
    auto reader = gateway::journal::JournalReader::open(path);
    REQUIRE_MESSAGE(reader.ok(), reader.error().message);
    header = reader->header();
    rows = reader->rows();
    while (auto step = reader->next()) steps.push_back(std::move(*step));
    ending = reader->ending();
    torn = reader->torn();
  }

  std::string names() const {
    std::string out;
    for (const auto& step : steps) out += (out.empty() ? "" : " ") + step.question.name;
    return out;
  }
  std::string row(const std::string& key) const {
    for (const auto& row : rows) {
      if (row.key == key) return row.value.value_or("");
    }
    return "-";
  }
};

}  // namespace test_support
