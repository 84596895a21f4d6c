#include "testing/contract_support.hpp"

#include <algorithm>
#include <span>

namespace gateway::testing {

void expect(bool holds, const std::string& otherwise) {
  if (!holds) throw ContractFailure{otherwise};
}

void expect_equal(std::uint64_t found, std::uint64_t expected, const std::string& what) {
  expect(found == expected,
         what + ": expected " + std::to_string(expected) + ", found " + std::to_string(found));
}

std::string shown(std::string_view bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes.substr(0, 40)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      text += c;
    } else {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  text += '"';
  if (bytes.size() > 40) text += "... (" + std::to_string(bytes.size()) + " bytes)";
  return text;
}

std::unique_ptr<Engine> create(const EngineFactory& factory) {
  auto engine = factory.create();
  expect(engine != nullptr, "the factory made no engine");
  return engine;
}

std::unique_ptr<Engine> reopen(const EngineFactory& factory) {
  expect(static_cast<bool>(factory.reopen), "the factory cannot reopen a store: skip this case");
  auto engine = factory.reopen();
  expect(engine != nullptr, "the factory did not reopen the store");
  return engine;
}

std::unique_ptr<Snapshot> open_snapshot(Engine& engine) {
  auto opened = engine.snapshot();
  if (!opened) throw ContractFailure{"snapshot() failed: " + opened.error().message};
  return std::move(*opened);
}

std::uint64_t commit(Engine& engine, const std::vector<Write>& writes,
                     const std::vector<Check>& checks) {
  const CommitOutcome outcome = engine.commit(checks, writes);
  std::string text = "commit() did not commit: " + outcome.error.message;
  for (const std::string& key : outcome.conflicts) text += " conflict at " + shown(key);
  expect(outcome.kind == CommitOutcome::Kind::kCommitted, text);
  return outcome.sequence;
}

Versioned read(Snapshot& snapshot, std::string_view key) {
  auto found = snapshot.get(std::span(&key, 1));
  if (!found) throw ContractFailure{"get() failed: " + found.error().message};
  expect_equal(found->size(), 1, "results of a get() of one key");
  return std::move(found->front());
}

Versioned read_newest(Engine& engine, std::string_view key) {
  return read(*open_snapshot(engine), key);
}

std::vector<ScannedRow> scan(Snapshot& snapshot, std::string_view first, std::string_view last,
                             bool reverse) {
  std::vector<ScannedRow> rows;
  const auto visit = [&](std::string_view key, std::string_view value, std::uint64_t version) {
    rows.push_back({std::string(key), std::string(value), version});
    return true;
  };
  const auto scanned = snapshot.scan({first, last, reverse}, visit);
  if (!scanned) throw ContractFailure{"scan() failed: " + scanned.error().message};
  return rows;
}

std::vector<std::string> scanned_keys(Snapshot& snapshot, std::string_view first,
                                      std::string_view last, bool reverse) {
  std::vector<std::string> keys;
  for (ScannedRow& row : scan(snapshot, first, last, reverse)) keys.push_back(std::move(row.key));
  return keys;
}

void expect_row(const Versioned& found, const std::string& value, std::uint64_t version,
                const std::string& what) {
  expect(found.value.has_value(), what + ": expected " + shown(value) + ", found no value");
  expect(*found.value == value,
         what + ": expected " + shown(value) + ", found " + shown(*found.value));
  expect_equal(found.version, version, what + ", version");
}

void expect_absent(const Versioned& found, const std::string& what) {
  expect(!found.value.has_value(),
         what + ": expected no value, found " + shown(found.value.value_or("")));
  expect_equal(found.version, 0, what + ", version of an absent key");
}

void expect_rows(Snapshot& snapshot, const Model& model, const std::string& when) {
  std::vector<ScannedRow> expected;
  for (const auto& [key, row] : model) expected.push_back(row);
  const std::vector<ScannedRow> up = scan(snapshot);
  expect_equal(up.size(), expected.size(), "rows of a scan " + when);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    expect(up[i].key == expected[i].key, "row " + std::to_string(i) + " " + when + ": expected " +
                                             shown(expected[i].key) + ", found " +
                                             shown(up[i].key));
    expect_row({up[i].value, up[i].version}, expected[i].value, expected[i].version,
               "row " + shown(up[i].key) + " of a scan " + when);
    expect_row(read(snapshot, up[i].key), expected[i].value, expected[i].version,
               "row " + shown(up[i].key) + " of a get " + when);
  }
  std::reverse(expected.begin(), expected.end());
  expect(scan(snapshot, {}, {}, true) == expected,
         "a reverse scan " + when + " differs from the forward one reversed");
}

}  // namespace gateway::testing
