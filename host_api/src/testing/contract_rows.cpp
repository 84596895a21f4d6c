// Rows: what was written is what is read.
#include <string>

#include "testing/contract_support.hpp"

namespace gateway::testing {

namespace {

using Outcome = std::optional<std::string>;
using namespace std::string_literals;

Outcome committed_rows_are_read(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t before = open_snapshot(*engine)->sequence();
  const std::uint64_t first = commit(*engine, {{"a", "1"}, {"b", "2"}});
  expect(first > before, "a commit's sequence must be greater than that of a snapshot before it");
  const std::uint64_t second = commit(*engine, {{"b", "3"}});
  const auto snapshot = open_snapshot(*engine);
  expect_equal(snapshot->sequence(), second, "sequence of a snapshot after the second commit");
  expect_row(read(*snapshot, "a"), "1", first, "key a, untouched by the second commit");
  expect_row(read(*snapshot, "b"), "3", second, "key b, overwritten by the second commit");
  return {};
}

Outcome absent_keys_have_version_zero(const EngineFactory& factory) {
  const auto engine = create(factory);
  expect_absent(read_newest(*engine, "a"), "a key of an empty store");
  commit(*engine, {{"b", "1"}});
  for (const char* key : {"a", "bb", "c"}) {
    expect_absent(read_newest(*engine, key), "a key beside the only row");
  }
  return {};
}

Outcome an_empty_value_is_a_value(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t sequence = commit(*engine, {{"empty", ""}});
  const auto snapshot = open_snapshot(*engine);
  expect_row(read(*snapshot, "empty"), "", sequence, "a key with an empty value");
  expect_equal(scan(*snapshot).size(), 1, "rows of a scan over one empty value");
  return {};
}

Outcome one_get_answers_in_order(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::uint64_t sequence = commit(*engine, {{"a", "1"}, {"b", "2"}});
  const auto snapshot = open_snapshot(*engine);
  const std::vector<std::string_view> keys = {"b", "none", "a", "b"};
  const auto found = snapshot->get(keys);
  if (!found) return "get() failed: " + found.error().message;
  expect_equal(found->size(), 4, "results of a get() of four keys");
  expect_row((*found)[0], "2", sequence, "first key asked for, b");
  expect_absent((*found)[1], "second key asked for, none");
  expect_row((*found)[2], "1", sequence, "third key asked for, a");
  expect_row((*found)[3], "2", sequence, "fourth key asked for, b again");
  const auto nothing = snapshot->get({});
  if (!nothing) return "get() of no key failed: " + nothing.error().message;
  expect(nothing->empty(), "a get() of no key must answer nothing");
  return {};
}

Outcome erased_keys_are_absent(const EngineFactory& factory) {
  const auto engine = create(factory);
  commit(*engine, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  commit(*engine, {{"b", std::nullopt}});
  const auto snapshot = open_snapshot(*engine);
  expect_absent(read(*snapshot, "b"), "an erased key");
  expect(scanned_keys(*snapshot, "", "") == std::vector<std::string>{"a", "c"},
         "a scan must show a and c after b was erased");
  commit(*engine, {{"never there", std::nullopt}});
  return {};
}

Outcome versions_grow_across_delete_and_create(const EngineFactory& factory) {
  const auto engine = create(factory);
  std::uint64_t newest = commit(*engine, {{"k", "0"}});
  for (int round = 1; round <= 3; ++round) {
    const std::uint64_t erased = commit(*engine, {{"k", std::nullopt}});
    expect(erased > newest, "the sequence must grow with a commit that erases");
    newest = commit(*engine, {{"k", "0"}});
    expect(newest > erased, "a key made again must get a greater version than ever before");
    expect_row(read_newest(*engine, "k"), "0", newest, "the key made again");
  }
  return {};
}

Outcome sequences_grow_with_every_commit(const EngineFactory& factory) {
  const auto engine = create(factory);
  std::uint64_t newest = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t sequence = commit(*engine, {{"k" + std::to_string(i % 7), "v"}});
    expect(sequence > newest, "expected a sequence above " + std::to_string(newest) + ", found " +
                                  std::to_string(sequence));
    newest = sequence;
    expect_equal(open_snapshot(*engine)->sequence(), newest, "sequence of a new snapshot");
  }
  return {};
}

Outcome any_byte_may_be_in_a_key(const EngineFactory& factory) {
  const auto engine = create(factory);
  const std::vector<std::string> keys = {
      "\x00"s, "\x00\x00"s, "\x00\xff"s, "\x01"s,     "a"s,    "a\x00"s,    "a\x00z"s,  "a\x01"s,
      "b"s,    "\x7f"s,     "\x80"s,     "\xc3\xa4"s, "\xff"s, "\xff\x00"s, "\xff\xff"s};
  std::vector<Write> writes;
  Model model;
  for (const std::string& key : keys) writes.push_back({key, "\x00value of \xff"s + key});
  const std::uint64_t sequence = commit(*engine, writes);
  for (const Write& write : writes) model[write.key] = {write.key, *write.value, sequence};
  expect_rows(*open_snapshot(*engine), model, "with binary keys (order of unsigned bytes)");
  commit(*engine, {{"a\x00"s, std::nullopt}});
  model.erase("a\x00"s);
  expect_rows(*open_snapshot(*engine), model, "after erasing a key that ends in 0x00");
  return {};
}

Outcome large_keys_and_values_fit(const EngineFactory& factory) {
  const auto engine = create(factory);
  std::string key(512, '\xff');
  std::string value(1u << 20, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 31 >> 3);
  const std::uint64_t first = commit(*engine, {{key, value}, {key.substr(1), "short"}});
  expect_row(read_newest(*engine, key), value, first, "1 MiB under a key of 512 bytes");
  expect_row(read_newest(*engine, key.substr(1)), "short", first, "a key of 511 bytes beside it");
  value[value.size() / 2] ^= 1;
  const std::uint64_t second = commit(*engine, {{key, value}});
  const auto snapshot = open_snapshot(*engine);
  expect_row(read(*snapshot, key), value, second, "1 MiB, overwritten");
  expect(scan(*snapshot).back() == ScannedRow{key, value, second}, "a scan of 1 MiB differs");
  return {};
}

Outcome many_rows_stay_in_order(const EngineFactory& factory) {
  constexpr std::size_t kRows = 20'000;
  constexpr std::size_t kBatch = 2'000;
  const auto engine = create(factory);
  Model model;
  for (std::size_t done = 0; done < kRows; done += kBatch) {
    std::vector<Write> writes;
    for (std::size_t i = done; i < done + kBatch; ++i) {
      // 7919 is coprime to kRows: every key once, in scattered order.
      const std::string number = std::to_string(i * 7919 % kRows);
      writes.push_back({"row/" + number, "value " + number});
    }
    const std::uint64_t sequence = commit(*engine, writes);
    for (const Write& write : writes) model[write.key] = {write.key, *write.value, sequence};
  }
  expect_equal(model.size(), kRows, "rows of the model");
  expect_rows(*open_snapshot(*engine), model, "of 20,000 rows");
  return {};
}

}  // namespace

std::vector<ContractCase> row_cases() {
  return {
      {"what was committed is read, with its commit's sequence as version", false,
       committed_rows_are_read},
      {"an absent key has no value and version 0", false, absent_keys_have_version_zero},
      {"an empty value differs from an absent key", false, an_empty_value_is_a_value},
      {"one get answers for many keys, in their order", false, one_get_answers_in_order},
      {"an erased key is absent; erasing an absent key is no error", false, erased_keys_are_absent},
      {"versions grow across delete and re-create", false, versions_grow_across_delete_and_create},
      {"sequences grow with every commit, and the next snapshot has it", false,
       sequences_grow_with_every_commit},
      {"any byte may be in a key, 0x00 and 0xff included", false, any_byte_may_be_in_a_key},
      {"keys of 512 bytes and values of 1 MiB fit", false, large_keys_and_values_fit},
      {"20,000 rows stay complete and in order", false, many_rows_stay_in_order},
  };
}

}  // namespace gateway::testing
