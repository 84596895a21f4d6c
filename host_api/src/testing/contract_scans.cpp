// Scans: ranges, order, and a long random history against a model.
#include <random>

#include "testing/contract_support.hpp"

namespace gateway::testing {

namespace {

using Outcome = std::optional<std::string>;
using Keys = std::vector<std::string>;

std::unique_ptr<Engine> engine_with(const EngineFactory& factory, const Keys& keys) {
  auto engine = create(factory);
  std::vector<Write> writes;
  for (const std::string& key : keys) writes.push_back({key, "value of " + key});
  commit(*engine, writes);
  return engine;
}

Outcome bounds_are_half_open(const EngineFactory& factory) {
  const auto engine = engine_with(factory, {"a", "b", "ba", "c", "d"});
  const auto snapshot = open_snapshot(*engine);
  struct Row {
    const char* first;
    const char* last;
    Keys expected;
  };
  const Row table[] = {
      {"", "", {"a", "b", "ba", "c", "d"}},
      {"b", "d", {"b", "ba", "c"}},
      {"b", "", {"b", "ba", "c", "d"}},
      {"", "c", {"a", "b", "ba"}},
      {"aa", "bz", {"b", "ba"}},
      {"b", "b", {}},
      {"d", "b", {}},
      {"e", "", {}},
      {"", "a", {}},
      {"b", "ba", {"b"}},
  };
  for (const Row& row : table) {
    const std::string what = "[" + std::string(row.first) + ", " + row.last + ")";
    expect(scanned_keys(*snapshot, row.first, row.last) == row.expected,
           "a forward scan of " + what + " shows other rows");
    expect(scanned_keys(*snapshot, row.first, row.last, true) ==
               Keys(row.expected.rbegin(), row.expected.rend()),
           "a reverse scan of " + what + " shows other rows");
  }
  return {};
}

Outcome the_visitor_ends_a_scan(const EngineFactory& factory) {
  const auto engine = engine_with(factory, {"a", "b", "c", "d"});
  const auto snapshot = open_snapshot(*engine);
  for (const bool reverse : {false, true}) {
    Keys seen;
    const auto take_two = [&](std::string_view key, std::string_view, std::uint64_t) {
      seen.emplace_back(key);
      return seen.size() < 2;
    };
    const auto scanned = snapshot->scan({"", "", reverse}, take_two);
    if (!scanned) return "a scan that the visitor ends is no error: " + scanned.error().message;
    expect(seen == (reverse ? Keys{"d", "c"} : Keys{"a", "b"}),
           "a visitor that returns false at its second row must see two rows");
  }
  expect_equal(scan(*snapshot).size(), 4, "rows of a scan after one that was ended");
  return {};
}

Outcome an_empty_store_scans_empty(const EngineFactory& factory) {
  const auto engine = create(factory);
  const auto snapshot = open_snapshot(*engine);
  expect(scan(*snapshot).empty(), "an empty store must have no rows");
  expect(scan(*snapshot, "a", "z", true).empty(), "an empty store must have no rows");
  return {};
}

Outcome a_random_history_matches_a_model(const EngineFactory& factory) {
  const auto engine = create(factory);
  std::mt19937 random(20'240'607);
  const auto any_key = [&] { return "k/" + std::to_string(random() % 300); };
  Model model;
  for (int round = 1; round <= 300; ++round) {
    std::map<std::string, Write> batch;
    for (std::uint32_t i = random() % 12 + 1; i > 0; --i) {
      const std::string key = any_key();
      const bool erase = random() % 3 == 0;
      batch[key] = {key,
                    erase ? std::nullopt
                          : std::optional(std::string(random() % 50, 'x') + std::to_string(round))};
    }
    std::vector<Write> writes;
    std::vector<Check> checks;
    for (const auto& [key, write] : batch) {
      writes.push_back(write);
      const auto row = model.find(key);
      checks.push_back({key, row == model.end() ? 0 : row->second.version});
    }
    const std::uint64_t sequence = commit(*engine, writes, checks);
    for (const Write& write : writes) {
      if (write.value) {
        model[write.key] = {write.key, *write.value, sequence};
      } else {
        model.erase(write.key);
      }
    }
    const std::string first = any_key();
    const std::string last = any_key();
    const auto snapshot = open_snapshot(*engine);
    Keys expected;
    for (const auto& [key, row] : model) {
      if (key >= first && key < last) expected.push_back(key);
    }
    expect(
        scanned_keys(*snapshot, first, last) == expected,
        "[" + first + ", " + last + ") differs from the model in round " + std::to_string(round));
    if (round % 100 == 0) expect_rows(*snapshot, model, "in round " + std::to_string(round));
  }
  return {};
}

}  // namespace

std::vector<ContractCase> scan_cases() {
  return {
      {"a range has its first key and not its last; an empty last is the end", false,
       bounds_are_half_open},
      {"the visitor ends a scan by returning false", false, the_visitor_ends_a_scan},
      {"an empty store scans empty", false, an_empty_store_scans_empty},
      {"a random history matches a model", false, a_random_history_matches_a_model},
  };
}

}  // namespace gateway::testing
