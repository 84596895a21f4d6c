#include "sla/held_store.hpp"

#include <charconv>

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::string_view kPrefix = "sla-held/";

std::string key_of(const HeldBreach& breach) {
  return key::sla_held(breach.due_at, breach.task_id, to_text(breach.window));
}

void put(Transaction& txn, const HeldBreach& breach) {
  txn.put(key_of(breach),
          json::canonical(json::object{{"taskId", breach.task_id},
                                       {"targets", to_array(breach.targets)},
                                       {"number", static_cast<std::int64_t>(breach.number)}}));
}

HeldBreach held_from(std::string_view key, std::string_view value) {
  const json::object from = parse_document(key, value);
  const std::string due = key::nth_part(key, 1);
  HeldBreach breach;
  std::from_chars(due.data(), due.data() + due.size(), breach.due_at);
  breach.task_id = text_field(from, "taskId").value_or("");
  breach.window = window_from_text(key::last_part(key)).value_or(Window::kAccept);
  breach.targets = texts_field(from, "targets");
  breach.number = static_cast<std::uint64_t>(int_field(from, "number").value_or(0));
  return breach;
}

void save_counts(Transaction& txn, const HeldCounts& counts) {
  txn.put(key::kSlaCount,
          json::canonical(json::object{{"waiting", counts.waiting},
                                       {"added", static_cast<std::int64_t>(counts.added)}}));
}

}  // namespace

HeldCounts held_counts(Transaction& txn) {
  const auto stored = txn.get(key::kSlaCount);
  if (!stored) return {};
  const json::object from = parse_document(key::kSlaCount, *stored);
  return {int_field(from, "waiting").value_or(0),
          static_cast<std::uint64_t>(int_field(from, "added").value_or(0))};
}

void hold_back(Transaction& txn, HeldBreach breach) {
  HeldCounts counts = held_counts(txn);
  breach.number = counts.added;
  put(txn, breach);
  ++counts.added;
  ++counts.waiting;
  save_counts(txn, counts);
}

void update_held(Transaction& txn, const HeldBreach& breach) { put(txn, breach); }

void release_held(Transaction& txn, std::int64_t due_at, std::string_view task_id, Window window) {
  const std::string key = key::sla_held(due_at, task_id, to_text(window));
  if (!txn.get(key)) return;
  txn.erase(key);
  HeldCounts counts = held_counts(txn);
  --counts.waiting;
  save_counts(txn, counts);
}

std::vector<HeldRow> held_after(Transaction& txn, std::string_view after, std::size_t limit) {
  const std::string first = after.empty() ? std::string(kPrefix) : std::string(after) + '\0';
  std::vector<HeldRow> rows;
  for (auto& [key, value] : collect(txn, first, prefix_end(kPrefix), {.limit = limit})) {
    HeldBreach breach = held_from(key, value);
    rows.push_back({std::move(key), std::move(breach)});
  }
  return rows;
}

}  // namespace ansible
