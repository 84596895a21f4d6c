// Helpers of the contract cases: an expectation that does not hold throws ContractFailure.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/testing/engine_contract.hpp"

namespace gateway::testing {

struct ContractFailure {
  std::string text;
};

struct ScannedRow {
  std::string key;
  std::string value;
  std::uint64_t version = 0;
  bool operator==(const ScannedRow&) const = default;
};

// What the store should contain.
using Model = std::map<std::string, ScannedRow>;

void expect(bool holds, const std::string& otherwise);
void expect_equal(std::uint64_t found, std::uint64_t expected, const std::string& what);

// Long or binary bytes, for messages.
std::string shown(std::string_view bytes);

std::unique_ptr<Engine> create(const EngineFactory& factory);
std::unique_ptr<Engine> reopen(const EngineFactory& factory);

std::unique_ptr<Snapshot> open_snapshot(Engine& engine);

// Commits a batch that must succeed; returns its sequence.
std::uint64_t commit(Engine& engine, const std::vector<Write>& writes,
                     const std::vector<Check>& checks = {});

Versioned read(Snapshot& snapshot, std::string_view key);
Versioned read_newest(Engine& engine, std::string_view key);

std::vector<ScannedRow> scan(Snapshot& snapshot, std::string_view first = {},
                             std::string_view last = {}, bool reverse = false);
std::vector<std::string> scanned_keys(Snapshot& snapshot, std::string_view first,
                                      std::string_view last, bool reverse = false);

void expect_row(const Versioned& found, const std::string& value, std::uint64_t version,
                const std::string& what);
void expect_absent(const Versioned& found, const std::string& what);

// The snapshot has exactly the rows of `model`, up and down.
void expect_rows(Snapshot& snapshot, const Model& model, const std::string& when);

// The groups of cases.
std::vector<ContractCase> row_cases();
std::vector<ContractCase> check_cases();
std::vector<ContractCase> scan_cases();
std::vector<ContractCase> snapshot_cases();
std::vector<ContractCase> durability_cases();

}  // namespace gateway::testing
