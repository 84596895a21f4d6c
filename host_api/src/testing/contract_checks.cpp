// Checks: a batch is applied whole when all of them hold, else not at all.
#include <algorithm>

#include "testing/contract_support.hpp"

namespace gateway::testing {

namespace {

using Outcome = std::optional<std::string>;
using Kind = CommitOutcome::Kind;

Outcome checks_that_hold_let_the_batch_pass(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t first = commit(*engine, {{"a", "1"}}, {{"a", 0}, {"b", 0}});
  const std::uint64_t second = commit(*engine, {{"a", "2"}}, {{"a", first}, {"b", 0}});
  expect_row(read_newest(*engine, "a"), "2", second, "key a, changed under its seen version");
  commit(*engine, {{"a", std::nullopt}}, {{"a", second}});
  const std::uint64_t again = commit(*engine, {{"a", "3"}}, {{"a", 0}});
  expect_row(read_newest(*engine, "a"), "3", again, "key a, made again where it was absent");
  return {};
}

Outcome a_conflict_names_its_keys_and_writes_nothing(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t first = commit(*engine, {{"a", "1"}, {"b", "1"}, {"c", "1"}});
  const std::uint64_t second = commit(*engine, {{"b", "2"}, {"c", std::nullopt}});
  const std::vector<Check> checks = {{"a", first},   // holds
                                     {"b", first},   // overwritten meanwhile
                                     {"c", first},   // erased meanwhile
                                     {"d", 0},       // holds
                                     {"a2", first},  // never there
                                     {"b2", 0}};     // holds
  const std::vector<Write> writes = {{"a", "lost"}, {"d", "lost"}, {"b", std::nullopt}};
  const CommitOutcome outcome = engine->commit(checks, writes);
  expect(outcome.kind == Kind::kConflict, "three checks do not hold: expected kConflict");
  std::vector<std::string> conflicts = outcome.conflicts;
  std::sort(conflicts.begin(), conflicts.end());
  expect(conflicts == std::vector<std::string>{"a2", "b", "c"},
         "conflicts must name exactly the keys whose check failed: a2, b, c");
  const Model model = {{"a", {"a", "1", first}}, {"b", {"b", "2", second}}};
  const auto snapshot = open_snapshot(*engine);
  expect_rows(*snapshot, model, "after a conflict");
  expect_equal(snapshot->sequence(), second, "sequence after a conflict");
  const std::uint64_t third = commit(*engine, {{"d", "1"}}, {{"b", second}});
  expect(third > second, "the engine must go on after a conflict");
  return {};
}

Outcome an_absence_check_sees_a_row_that_appeared(const EngineFactory& factory) {
  const auto engine = create(factory);
  commit(*engine, {{"name", "taken"}});
  const std::vector<Check> checks = {{"name", 0}};
  const std::vector<Write> writes = {{"name", "mine"}};
  const CommitOutcome outcome = engine->commit(checks, writes);
  expect(outcome.kind == Kind::kConflict, "the key is there: expected kConflict");
  expect(outcome.conflicts == std::vector<std::string>{"name"}, "the conflict must name its key");
  return {};
}

Outcome a_row_made_again_is_not_the_row_that_was_read(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t first = commit(*engine, {{"k", "same"}});
  commit(*engine, {{"k", std::nullopt}});
  commit(*engine, {{"k", "same"}});
  const std::vector<Check> checks = {{"k", first}};
  const CommitOutcome outcome = engine->commit(checks, {});
  expect(outcome.kind == Kind::kConflict, "same value, other version: expected kConflict");
  return {};
}

Outcome a_batch_without_writes_only_verifies(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t first = commit(*engine, {{"a", "1"}});
  expect_equal(commit(*engine, {}, {{"a", first}}), first, "sequence of a batch without writes");
  expect_equal(open_snapshot(*engine)->sequence(), first, "sequence after a batch without writes");
  return {};
}

}  // namespace

std::vector<ContractCase> check_cases() {
  return {
      {"checks that hold let the batch pass, absence included", false,
       checks_that_hold_let_the_batch_pass},
      {"a conflict names exactly its keys and writes nothing", false,
       a_conflict_names_its_keys_and_writes_nothing},
      {"a check of absence sees a row that appeared", false,
       an_absence_check_sees_a_row_that_appeared},
      {"a row made again is not the row that was read", false,
       a_row_made_again_is_not_the_row_that_was_read},
      {"a batch without writes only verifies", false, a_batch_without_writes_only_verifies},
  };
}

}  // namespace gateway::testing
