// gateway.outbox/1 next: what is due, checked again.
#include <optional>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/outbox.hpp"
#include "dispatch/outbox_queue.hpp"
#include "dispatch/stream.hpp"

namespace ansible {
namespace {

constexpr std::size_t kQueuesPerCall = 32;
constexpr std::size_t kLookedAt = 64;  // entries of a queue per call
constexpr std::size_t kMostBytes = 1u << 20;

std::string due_prefix(const Context& context) {
  return "outbox-due/" + key::part(context.node_id()) + '/';
}

// What a call has gathered so far.
struct Batch {
  json::array deliveries;
  std::size_t bytes = 0;
  bool cut = false;  // a queue may have more that is due
};

std::int64_t attempts_so_far(Transaction& txn, const Waiting& waiting) {
  const std::string at = key::delivery(waiting.what.record, waiting.what.target);
  const auto stored = txn.get(at);
  return stored ? delivery_from_json(parse_document(at, *stored)).attempts : 0;
}

void add(Context& context, const Waiting& waiting, json::value payload, Batch& batch) {
  json::object delivery{{"id", waiting.id},
                        {"stream", waiting.what.stream},
                        {"target", waiting.what.target},
                        {"payload", std::move(payload)},
                        {"attempt", attempts_so_far(context.txn, waiting) + 1}};
  batch.bytes += json::canonical(delivery).size();
  batch.deliveries.emplace_back(std::move(delivery));
}

// The first entry alone: what is behind it is checked when that has ended, and not before (MSG-4).
void offer_queue(Context& context, const OutboxQueue& queue, const Stream& stream, Batch& batch) {
  const std::string prefix = entries_of(queue);
  const Rows rows = collect(context.txn, prefix, prefix_end(prefix), {.limit = kLookedAt});
  for (const auto& [at, value] : rows) {
    const Waiting waiting = read_waiting(queue.stream, queue.target, at, value);
    Recheck recheck = stream.recheck(context, waiting);
    if (recheck.kind == Recheck::Kind::kHold) return;
    if (recheck.kind == Recheck::Kind::kDrop) {
      if (!withdraw(context.txn, waiting.what.record, waiting.what.target)) {
        drop_entry(context.txn, waiting);
      }
      continue;
    }
    return add(context, waiting, std::move(recheck.payload), batch);
  }
  if (rows.size() == kLookedAt) {
    batch.cut = true;
  } else {
    settle_queue(context.txn, queue);
  }
}

// When the next queue becomes due; nothing when none will by itself.
std::optional<std::int64_t> next_due(Context& context, const std::string& prefix) {
  const std::string first = prefix + key::ms(context.now_ms + 1);
  std::optional<std::int64_t> due;
  context.txn.scan(first, prefix_end(prefix), {.limit = 1}, [&](std::string_view at, auto) {
    due = std::stoll(key::nth_part(at, 2));
    return false;
  });
  return due;
}

}  // namespace

json::object next_deliveries(Context& context, std::string_view cursor) {
  const std::string prefix = due_prefix(context);
  const std::string first = cursor.starts_with(prefix) ? std::string(cursor) + '\0' : prefix;
  const Rows due =
      collect(context.txn, first, prefix + key::ms(context.now_ms + 1), {.limit = kQueuesPerCall});
  Batch batch;
  json::value next = nullptr;
  for (std::size_t i = 0; i < due.size(); ++i) {
    const std::string& at = due[i].first;
    const std::string place = at.substr(prefix.size() + key::ms(0).size() + 1);
    const auto queue = queue_of(context.txn, "outbox/" + place + "/0");
    const Stream* stream = queue ? find_stream(queue->stream) : nullptr;
    if (stream != nullptr) offer_queue(context, *queue, *stream, batch);
    const bool last = i + 1 == due.size();
    if (batch.bytes >= kMostBytes || (last && due.size() == kQueuesPerCall)) {
      next = at;
      break;
    }
  }
  json::object reply{
      {"deliveries", std::move(batch.deliveries)}, {"cursor", next}, {"dueMs", nullptr}};
  if (batch.cut) {
    reply["dueMs"] = context.now_ms;
  } else if (const auto at = next_due(context, prefix)) {
    reply["dueMs"] = *at;
  }
  return reply;
}

}  // namespace ansible
