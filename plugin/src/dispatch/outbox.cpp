#include "dispatch/outbox.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/backoff.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox_queue.hpp"
#include "dispatch/stream.hpp"

namespace ansible {
namespace {

constexpr std::uint8_t kUrgencies = 3;
constexpr std::string_view kEntries = "outbox/";
constexpr std::string_view kCounts = "outbox-waiting/";

std::int64_t stored_count(Transaction& txn, const std::string& at) {
  std::int64_t count = 0;
  if (const auto stored = txn.get(at)) {
    std::from_chars(stored->data(), stored->data() + stored->size(), count);
  }
  return count;
}

DeliveryRecord load_record(Transaction& txn, const std::string& at) {
  const auto stored = txn.get(at);
  return stored ? delivery_from_json(parse_document(at, *stored)) : DeliveryRecord{};
}

// A record that says nothing is not kept.
void save_record(Transaction& txn, const std::string& at, const DeliveryRecord& record) {
  if (record.state.empty() && !record.waiting) {
    txn.erase(at);
  } else {
    txn.put(at, json::canonical(to_json(record)));
  }
}

void add_waiting(Transaction& txn, std::string_view queue, std::int64_t change) {
  const std::string at = std::string(kCounts) + std::string(queue);
  const std::int64_t count = stored_count(txn, at) + change;
  if (count > 0) {
    txn.put(at, std::to_string(count));
  } else {
    txn.erase(at);
  }
}

// `id` is "<stream>/<target>/<order>".
void erase_entry(Transaction& txn, std::string_view id) {
  txn.erase(std::string(kEntries) + std::string(id));
  add_waiting(txn, id.substr(0, id.rfind('/')), -1);
}

bool take_back(Transaction& txn, const std::string& at, DeliveryRecord record) {
  if (!record.waiting) return false;
  erase_entry(txn, *record.waiting);
  record.waiting.reset();
  save_record(txn, at, record);
  return true;
}

std::string records_of(std::string_view record) {
  const std::string first = key::delivery(record, "");
  return first.substr(0, first.rfind('/') + 1);
}

Rows all_records(Transaction& txn, std::string_view record) {
  const std::string prefix = records_of(record);
  return collect(txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX});
}

void attempt_failed(Context& context, const Stream& stream, const Waiting& waiting,
                    DeliveryOutcome outcome, DeliveryRecord record, const std::string& at) {
  OutboxQueue queue = load_queue(context.txn, waiting.what.stream, waiting.what.target);
  const bool over = outcome == DeliveryOutcome::kGiveUp ||
                    (stream.most_attempts > 0 && record.attempts >= stream.most_attempts);
  if (!over) {
    save_record(context.txn, at, record);
    if (!queue.due_at) return;  // fetched meanwhile
    queue.due_at = context.now_ms + backoff_ms(context.txn, "outbox-backoff", record.attempts);
    return save_queue(context.txn, queue);
  }
  DeliveryRecord last = record;
  last.given_up = true;
  if (outcome == DeliveryOutcome::kRetryLater) {
    last.last_error =
        "dispatch:max_delivery_attempts_exceeded:" + std::to_string(stream.most_attempts);
  }
  take_back(context.txn, at, std::move(last));
  if (queue.due_at) queue.due_at = context.now_ms;  // for what waits behind it
  settle_queue(context.txn, queue);
  stream.given_up(context, waiting, record);
}

}  // namespace

std::uint64_t Waiting::number() const { return number_of(id); }

std::string enqueue(Context& context, const Outgoing& outgoing) {
  Transaction& txn = context.txn;
  const std::string at = key::delivery(outgoing.record, outgoing.target);
  if (const DeliveryRecord before = load_record(txn, at); before.waiting) return *before.waiting;
  OutboxQueue queue = load_queue(txn, outgoing.stream, outgoing.target);
  const std::string entry =
      key::outbox(outgoing.stream, outgoing.target, outgoing.urgency, ++queue.number);
  json::object stored{{"at", context.now_ms}, {"record", outgoing.record}};
  if (!outgoing.payload.empty()) stored["payload"] = outgoing.payload;
  txn.put(entry, json::canonical(stored));
  add_waiting(txn, entry.substr(kEntries.size(), entry.rfind('/') - kEntries.size()), 1);
  queue.node = outgoing.node.empty() ? context.node_id() : outgoing.node;
  if (outgoing.pushed && !queue.due_at) queue.due_at = context.now_ms;
  save_queue(txn, queue);
  DeliveryRecord record;
  record.waiting = entry.substr(kEntries.size());
  save_record(txn, at, record);
  return *record.waiting;
}

bool withdraw(Transaction& txn, std::string_view record, std::string_view target) {
  const std::string at = key::delivery(record, target);
  return take_back(txn, at, load_record(txn, at));
}

void drop_entry(Transaction& txn, const Waiting& waiting) { erase_entry(txn, waiting.id); }

void withdraw_all(Transaction& txn, std::string_view record) {
  for (const auto& [at, value] : all_records(txn, record)) {
    take_back(txn, at, delivery_from_json(parse_document(at, value)));
  }
}

void mark_arrived(Context& context, std::string_view record, std::string_view target) {
  const std::string at = key::delivery(record, target);
  DeliveryRecord now = load_record(context.txn, at);
  if (!now.waiting) return;
  now.state = "delivered";
  now.at = context.now_ms;
  now.by = target;
  take_back(context.txn, at, std::move(now));
}

DeliveryRecord delivery_of(Transaction& txn, std::string_view record, std::string_view target) {
  return load_record(txn, key::delivery(record, target));
}

void forget_deliveries(Transaction& txn, std::string_view record) {
  for (const auto& [at, value] : all_records(txn, record)) {
    take_back(txn, at, delivery_from_json(parse_document(at, value)));
    txn.erase(at);
  }
}

json::object shown_deliveries(Transaction& txn, std::string_view record) {
  json::object out;
  for (const auto& [at, value] : all_records(txn, record)) {
    const DeliveryRecord one = delivery_from_json(parse_document(at, value));
    if (!one.state.empty()) out[one.by] = shown(one);
  }
  return out;
}

std::vector<Waiting> waiting_after(Transaction& txn, std::string_view stream,
                                   std::string_view target, std::uint64_t number,
                                   std::size_t limit) {
  std::vector<Waiting> out;
  for (std::uint8_t urgency = 0; urgency < kUrgencies; ++urgency) {
    const std::string first = key::outbox(stream, target, urgency, number + 1);
    const std::string last = key::outbox(stream, target, urgency + 1, 0);
    for (const auto& [at, value] : collect(txn, first, last, {.limit = limit})) {
      out.push_back(read_waiting(stream, target, at, value));
    }
  }
  std::sort(out.begin(), out.end(),
            [](const Waiting& a, const Waiting& b) { return a.number() < b.number(); });
  if (out.size() > limit) out.resize(limit);
  return out;
}

std::size_t waiting_count(Transaction& txn, std::string_view stream, std::string_view target) {
  return static_cast<std::size_t>(stored_count(txn, key::outbox_waiting(stream, target)));
}

void set_pushed(Context& context, std::string_view stream, std::string_view target, bool pushed) {
  OutboxQueue queue = load_queue(context.txn, stream, target);
  queue.node = context.node_id();
  queue.due_at.reset();
  if (pushed) queue.due_at = context.now_ms;
  settle_queue(context.txn, queue);
}

void settle_delivery(Context& context, std::string_view id, DeliveryOutcome outcome,
                     std::string_view detail) {
  constexpr std::size_t kLongestDetail = 500;
  const std::string entry = std::string(kEntries) + std::string(id);
  const auto stored = id.empty() ? std::nullopt : context.txn.get(entry);
  const auto queue = stored ? queue_of(context.txn, entry) : std::nullopt;
  const Stream* stream = queue ? find_stream(queue->stream) : nullptr;
  if (stream == nullptr) return;
  const Waiting waiting = read_waiting(queue->stream, queue->target, entry, *stored);
  const std::string at = key::delivery(waiting.what.record, waiting.what.target);
  DeliveryRecord record = load_record(context.txn, at);
  ++record.attempts;
  record.at = context.now_ms;
  record.by = waiting.what.target;
  if (outcome != DeliveryOutcome::kDelivered) {
    record.state = "attempted";
    record.last_error = detail.empty() ? "failed" : std::string(detail.substr(0, kLongestDetail));
    while (!json::valid_utf8(*record.last_error)) record.last_error->pop_back();
    return attempt_failed(context, *stream, waiting, outcome, std::move(record), at);
  }
  record.state = "delivered";
  take_back(context.txn, at, record);
  if (!stream->keeps_records) context.txn.erase(at);
  settle_queue(context.txn, *queue);
  stream->delivered(context, waiting);
}

}  // namespace ansible
