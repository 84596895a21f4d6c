// How a capability fares, from counters that tasks under its contract keep up to date (reference 4.9, CAP-12).
//
// Counters stand per capability, version and hour of a task's creation, for 31 days; reading them costs what the asked
// for hours hold, however many tasks are stored. Times are kept exactly up to 64 different ones per hour and version;
// beyond that they are rounded up by at most 1/16.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "records/capability.hpp"
#include "records/task.hpp"

namespace ansible {

using Times = std::map<std::int64_t, std::int64_t>;  // ms -> how often

struct Health {
  std::int64_t total = 0;  // tasks created
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  Times accept;    // creation to first claim
  Times complete;  // creation to completion

  std::int64_t in_flight() const { return total - completed - failed; }
  std::optional<double> success_rate() const;  // completed of finished; nothing finished: none
};

// A task under contracts was created.
void count_created(Context& context, const Task& task);

// A task has changed from `before` to what it is now. `by_executor`: who did the work says that it is done, or that it
// failed; only that counts for a canary.
void count_transition(Context& context, TaskStatus before, const Task& task, bool by_executor);

// Tasks created since `since_ms` (to the hour), of one version or of all.
Health health_since(Transaction& txn, std::string_view capability, std::int64_t since_ms,
                    const std::optional<std::string>& version = {});

// What finished in a canary's soak.
struct Soak {
  std::int64_t completed = 0;
  std::int64_t failed = 0;
};
Soak soak_of(Transaction& txn, const CapabilityCanary& canary);

// Nearest rank: the smallest time that at least 95 % do not exceed.
std::optional<std::int64_t> p95(const Times& times);
std::int64_t samples(const Times& times);

}  // namespace ansible
