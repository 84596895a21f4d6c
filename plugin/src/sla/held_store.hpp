// Breaches that the message budget held back, waiting for a later sweep (SLA-7).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/transaction.hpp"
#include "records/sla.hpp"

namespace ansible {

// One entry of the waiting index, in the order in which it is served: oldest deadline first.
struct HeldBreach {
  std::int64_t due_at = 0;
  std::string task_id;
  Window window = Window::kAccept;
  std::vector<std::string> targets;  // fixed when the breach was found; only those not yet covered
  std::uint64_t number = 0;          // how many breaches had been held back before it, ever
};

// How many breaches wait, and how many were ever held back. Kept in step with the index, so that
// nobody counts rows.
struct HeldCounts {
  std::int64_t waiting = 0;
  std::uint64_t added = 0;
};

HeldCounts held_counts(Transaction& txn);

// Adds a breach to the waiting ones; `number` is set here.
void hold_back(Transaction& txn, HeldBreach breach);

// Replaces the targets of a waiting breach.
void update_held(Transaction& txn, const HeldBreach& breach);

// Removes a breach from the waiting ones; nothing happens when it does not wait.
void release_held(Transaction& txn, std::int64_t due_at, std::string_view task_id, Window window);

// At most `limit` waiting breaches after `after` (the key of an entry; empty: from the first), and
// their keys.
struct HeldRow {
  std::string key;
  HeldBreach breach;
};
std::vector<HeldRow> held_after(Transaction& txn, std::string_view after, std::size_t limit);

}  // namespace ansible
