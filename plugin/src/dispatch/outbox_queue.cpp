#include "dispatch/outbox_queue.hpp"

#include <charconv>

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::string_view kEntries = "outbox/";
constexpr std::string_view kQueues = "outbox-queue/";

OutboxQueue read_queue(Transaction& txn, const std::string& at) {
  OutboxQueue queue;
  const auto stored = txn.get(at);
  if (!stored) return queue;
  const json::object from = parse_document(at, *stored);
  queue.stream = text_field(from, "stream").value_or("");
  queue.target = text_field(from, "target").value_or("");
  queue.number = static_cast<std::uint64_t>(int_field(from, "number").value_or(0));
  queue.node = text_field(from, "node").value_or("");
  queue.due_at = int_field(from, "dueAt");
  return queue;
}

std::string due_key(const OutboxQueue& queue) {
  return key::outbox_due(queue.node, *queue.due_at, queue.stream, queue.target);
}

}  // namespace

OutboxQueue load_queue(Transaction& txn, std::string_view stream, std::string_view target) {
  OutboxQueue queue = read_queue(txn, key::outbox_queue(stream, target));
  queue.stream = stream;
  queue.target = target;
  return queue;
}

std::optional<OutboxQueue> queue_of(Transaction& txn, std::string_view entry) {
  const std::size_t end = entry.rfind('/');
  if (!entry.starts_with(kEntries) || end < kEntries.size()) return std::nullopt;
  const std::string_view place = entry.substr(kEntries.size(), end - kEntries.size());
  OutboxQueue queue = read_queue(txn, std::string(kQueues) + std::string(place));
  if (queue.stream.empty()) return std::nullopt;
  return queue;
}

void save_queue(Transaction& txn, const OutboxQueue& queue) {
  const OutboxQueue before = load_queue(txn, queue.stream, queue.target);
  const std::string old_due = before.due_at ? due_key(before) : "";
  const std::string new_due = queue.due_at ? due_key(queue) : "";
  if (old_due != new_due) {
    if (!old_due.empty()) txn.erase(old_due);
    if (!new_due.empty()) txn.put(new_due, "");
  }
  json::object out{{"stream", queue.stream},
                   {"target", queue.target},
                   {"number", queue.number},
                   {"node", queue.node}};
  set_field(out, "dueAt", queue.due_at);
  txn.put(key::outbox_queue(queue.stream, queue.target), json::canonical(out));
}

void settle_queue(Transaction& txn, OutboxQueue queue) {
  const std::string prefix = entries_of(queue);
  if (queue.due_at && collect(txn, prefix, prefix_end(prefix), {.limit = 1}).empty()) {
    queue.due_at.reset();
  }
  save_queue(txn, queue);
}

std::string entries_of(const OutboxQueue& queue) {
  const std::string first = key::outbox(queue.stream, queue.target, 0, 0);
  return first.substr(0, first.rfind('/') + 1);
}

Waiting read_waiting(std::string_view stream, std::string_view target, std::string_view entry,
                     std::string_view value) {
  const json::object from = parse_document(entry, value);
  Waiting waiting;
  waiting.id = entry.substr(kEntries.size());
  waiting.at = int_field(from, "at").value_or(0);
  waiting.what.stream = stream;
  waiting.what.target = target;
  waiting.what.record = text_field(from, "record").value_or("");
  waiting.what.payload = object_field(from, "payload");
  return waiting;
}

std::uint64_t number_of(std::string_view id) {
  const std::size_t slash = id.rfind('/');
  if (slash == std::string_view::npos || slash + 2 >= id.size()) return 0;
  std::uint64_t number = 0;
  std::from_chars(id.data() + slash + 2, id.data() + id.size(), number);
  return number;
}

}  // namespace ansible
