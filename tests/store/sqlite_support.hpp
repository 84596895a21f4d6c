// A SQLite store in a directory of its own, for tests.
#pragma once

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gateway/sqlite_engine.hpp"
#include "support/temp_dir.hpp"

namespace store_test {

using gateway::CommitOutcome;
using gateway::Engine;
using gateway::SqliteEngine;
using gateway::SqliteOptions;
using gateway::StoreError;
using gateway::Versioned;
using gateway::Write;
using Kind = gateway::CommitOutcome::Kind;

inline std::unique_ptr<SqliteEngine> open(const SqliteOptions& options) {
  auto engine = SqliteEngine::open(options);
  if (!engine) FAIL("cannot open: " << engine.error().message);
  return std::move(*engine);
}

// Why the store is refused.
inline StoreError open_error(const SqliteOptions& options) {
  auto engine = SqliteEngine::open(options);
  REQUIRE_FALSE(engine.ok());
  return engine.error();
}

inline CommitOutcome try_put(Engine& engine, const std::string& key,
                             const std::optional<std::string>& value) {
  const Write write{key, value};
  return engine.commit({}, std::span(&write, 1));
}

inline std::uint64_t put(Engine& engine, const std::string& key,
                         const std::optional<std::string>& value) {
  const CommitOutcome outcome = try_put(engine, key, value);
  INFO(outcome.error.message);
  REQUIRE(outcome.kind == Kind::kCommitted);
  return outcome.sequence;
}

inline gateway::StoreResult<std::vector<Versioned>> try_get(Engine& engine,
                                                            const std::string& key) {
  auto snapshot = engine.snapshot();
  if (!snapshot) return snapshot.error();
  const std::string_view one = key;
  return (*snapshot)->get(std::span(&one, 1));
}

inline std::optional<std::string> get(Engine& engine, const std::string& key) {
  auto found = try_get(engine, key);
  if (!found) FAIL("cannot read " << key << ": " << found.error().message);
  return found->front().value;
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline bool exists(const std::string& path) { return std::filesystem::exists(path); }

inline std::string read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  REQUIRE(out.good());
}

// A directory, and the options of a store in it.
struct Place {
  test::TempDir directory;
  SqliteOptions options;
  Place() {
    options.path = directory / "store.db";
    options.max_snapshot_age_ms = 600'000;  // a slow machine is no reason to fail
  }
  std::string operator/(const std::string& name) const { return directory / name; }
};

}  // namespace store_test
