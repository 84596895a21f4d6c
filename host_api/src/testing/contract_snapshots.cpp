// Snapshots: one consistent moment each, whatever is committed meanwhile, from any thread.
#include <atomic>
#include <mutex>
#include <thread>

#include "testing/contract_support.hpp"

namespace gateway::testing {

namespace {

using Outcome = std::optional<std::string>;

Outcome a_snapshot_stands_still(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t first = commit(*engine, {{"a", "1"}, {"b", "1"}});
  const Model at_first = {{"a", {"a", "1", first}}, {"b", {"b", "1", first}}};
  const auto snapshot = open_snapshot(*engine);
  expect_rows(*snapshot, at_first, "before another commit");
  const std::uint64_t second = commit(*engine, {{"a", "2"}, {"b", std::nullopt}, {"c", "2"}});
  expect_rows(*snapshot, at_first, "of an older snapshot after a commit");
  expect_absent(read(*snapshot, "c"), "a key that was made after the snapshot");
  expect_equal(snapshot->sequence(), first, "sequence of the older snapshot");
  const Model at_second = {{"a", {"a", "2", second}}, {"c", {"c", "2", second}}};
  expect_rows(*open_snapshot(*engine), at_second, "of a newer snapshot");
  expect_rows(*snapshot, at_first, "of the older snapshot beside the newer one");
  return {};
}

Outcome several_moments_can_be_open_at_once(const EngineFactory& factory) {
  const auto engine = create(factory);
  std::vector<std::unique_ptr<Snapshot>> snapshots;
  std::vector<Model> models;
  Model model;
  for (int i = 0; i < 8; ++i) {
    const std::string key = "k" + std::to_string(i % 3);
    const std::uint64_t sequence = commit(*engine, {{key, std::to_string(i)}});
    model[key] = {key, std::to_string(i), sequence};
    models.push_back(model);
    snapshots.push_back(open_snapshot(*engine));
  }
  for (std::size_t i = 0; i < snapshots.size(); ++i) {
    expect_rows(*snapshots[i], models[i], "of snapshot " + std::to_string(i));
  }
  return {};
}

// Collects the first failure of several threads.
class FirstFailure {
 public:
  template <class Body>
  void guard(Body body) {
    try {
      body();
    } catch (const ContractFailure& failure) {
      const std::lock_guard lock(mutex_);
      if (!text_) text_ = failure.text;
    }
  }
  std::optional<std::string> text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::optional<std::string> text_;
};

// Every batch writes the same number under all keys; one more key is there in even rounds only.
std::vector<Write> round_of(int round) {
  std::vector<Write> writes;
  for (int i = 0; i < 20; ++i) {
    writes.push_back({"all/" + std::to_string(i), std::to_string(round)});
  }
  writes.push_back({"even", round % 2 == 0 ? std::optional(std::to_string(round)) : std::nullopt});
  return writes;
}

void expect_one_round(Snapshot& snapshot) {
  const auto rows = scan(snapshot, "all/", "all0");
  expect_equal(rows.size(), 20, "rows of one round");
  for (const ScannedRow& row : rows) {
    expect(row.value == rows.front().value,
           "a snapshot shows rounds " + rows.front().value + " and " + row.value + " at once");
    expect_equal(row.version, snapshot.sequence(), "version of a row that every batch writes");
  }
  const Versioned single = read(snapshot, rows.back().key);
  expect_row(single, rows.front().value, snapshot.sequence(), "a get beside a scan");
  const bool even = std::stoi(rows.front().value) % 2 == 0;
  expect(read(snapshot, "even").value.has_value() == even, "the key of even rounds is torn off");
}

Outcome readers_never_see_half_a_batch(const EngineFactory& factory) {
  constexpr int kRounds = 150;
  const auto engine = create(factory);
  std::uint64_t newest = commit(*engine, round_of(0));
  std::atomic<std::uint64_t> durable{newest};
  std::atomic<bool> done{false};
  std::atomic<int> reads{0};
  FirstFailure first;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      first.guard([&] {
        std::uint64_t seen = 0;
        do {
          const std::uint64_t committed = durable;
          const auto snapshot = open_snapshot(*engine);
          expect(snapshot->sequence() >= committed, "a new snapshot lacks a finished commit");
          expect(snapshot->sequence() >= seen, "a newer snapshot shows an older moment");
          seen = snapshot->sequence();
          expect_one_round(*snapshot);
          ++reads;
        } while (!done);
      });
    });
  }
  first.guard([&] {
    for (int round = 1; round <= kRounds; ++round) {
      newest = commit(*engine, round_of(round), {{"all/0", newest}});
      durable = newest;
    }
  });
  done = true;
  for (std::thread& reader : readers) reader.join();
  if (!first.text()) expect(reads >= 3, "every reader must have read at least once");
  return first.text();
}

Outcome a_snapshot_may_move_to_another_thread(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t sequence = commit(*engine, {{"a", "1"}});
  auto snapshot = open_snapshot(*engine);
  commit(*engine, {{"a", "2"}});
  FirstFailure first;
  std::thread other([&] {
    first.guard([&] { expect_row(read(*snapshot, "a"), "1", sequence, "in another thread"); });
    snapshot.reset();
  });
  other.join();
  return first.text();
}

}  // namespace

std::vector<ContractCase> snapshot_cases() {
  return {
      {"a snapshot stands still while commits go on", false, a_snapshot_stands_still},
      {"several moments can be open at once", false, several_moments_can_be_open_at_once},
      {"parallel readers never see half a batch, nor an older moment than was durable", false,
       readers_never_see_half_a_batch},
      {"a snapshot may be used and closed by another thread", false,
       a_snapshot_may_move_to_another_thread},
  };
}

}  // namespace gateway::testing
