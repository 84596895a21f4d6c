// The queues of the outbox in the store; for outbox.cpp and outbox_next.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/transaction.hpp"
#include "dispatch/outbox.hpp"

namespace ansible {

// One per (stream, target). It outlives what it holds, so that numbers only grow.
struct OutboxQueue {
  std::string stream;
  std::string target;
  std::uint64_t number = 0;  // of its last entry
  std::string node;          // delivers it
  std::optional<std::int64_t>
      due_at;  // when its first entry is due; nothing: the host is not offered it
};

OutboxQueue load_queue(Transaction& txn, std::string_view stream, std::string_view target);

// The queue that an entry ("outbox/...") is in; nothing when the key is none.
std::optional<OutboxQueue> queue_of(Transaction& txn, std::string_view entry);

// Writes it and keeps the due index in step.
void save_queue(Transaction& txn, const OutboxQueue& queue);

// The same, but an empty queue is due never.
void settle_queue(Transaction& txn, OutboxQueue queue);

// Where its entries are: a prefix of keys.
std::string entries_of(const OutboxQueue& queue);

Waiting read_waiting(std::string_view stream, std::string_view target, std::string_view entry,
                     std::string_view value);

// The number at the end of a delivery id; 0 when there is none.
std::uint64_t number_of(std::string_view id);

}  // namespace ansible
