#include "capabilities/health.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "capabilities/capability_store.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;
constexpr std::int64_t kKeptMs = 31 * 24 * kHourMs;
constexpr std::size_t kMostPruned = 16;
constexpr std::size_t kExactTimes = 64;
constexpr int kKeptBits = 5;  // of a rounded time: at most 1/16 too much

std::int64_t hour_of(std::int64_t at_ms) { return at_ms - at_ms % kHourMs; }

std::int64_t rounded_up(std::int64_t ms) {
  const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(ms)));
  const int dropped = std::max(0, bits - kKeptBits);
  const std::int64_t unit = std::int64_t{1} << dropped;
  return (ms + unit - 1) / unit * unit;
}

void add_time(Times& times, std::int64_t ms) {
  ms = std::max<std::int64_t>(ms, 0);
  if (times.size() >= kExactTimes && !times.contains(ms)) {
    Times coarse;
    for (const auto& [time, count] : times) coarse[rounded_up(time)] += count;
    times = std::move(coarse);
    ms = rounded_up(ms);
  }
  ++times[ms];
}

json::object times_to_json(const Times& times) {
  json::object out;
  for (const auto& [time, count] : times) out[std::to_string(time)] = count;
  return out;
}

void add_times(const json::object& from, Times& to) {
  for (const auto& member : from) {
    const std::string_view name = member.key();
    std::int64_t time = 0;
    std::from_chars(name.data(), name.data() + name.size(), time);
    if (member.value().is_int64()) to[time] += member.value().get_int64();
  }
}

json::object to_json(const Health& health) {
  return {{"total", health.total},
          {"completed", health.completed},
          {"failed", health.failed},
          {"accept", times_to_json(health.accept)},
          {"complete", times_to_json(health.complete)}};
}

void add(const json::object& from, Health& to) {
  to.total += int_field(from, "total").value_or(0);
  to.completed += int_field(from, "completed").value_or(0);
  to.failed += int_field(from, "failed").value_or(0);
  add_times(object_field(from, "accept"), to.accept);
  add_times(object_field(from, "complete"), to.complete);
}

// A new hour makes room for itself.
void prune(Context& context, std::string_view capability) {
  const std::string first = key::cap_health(capability, 0, "");
  const std::string last = key::cap_health(capability, context.now_ms - kKeptMs, "");
  for (const auto& [at, value] : collect(context.txn, first, last, {.limit = kMostPruned})) {
    context.txn.erase(at);
  }
}

template <class Change>
void change_bucket(Context& context, const Task& task, const Contract& contract, Change change) {
  const std::string at =
      key::cap_health(contract.capability_id, hour_of(task.created_at), contract.version);
  Health health;
  if (const auto stored = context.txn.get(at)) {
    add(parse_document(at, *stored), health);
  } else {
    prune(context, contract.capability_id);
  }
  change(health);
  context.txn.put(at, json::canonical(to_json(health)));
}

// The claim that is being counted is the newest update.
bool first_claim(const Task& task) {
  return std::count_if(task.updates.begin(), task.updates.end(), [](const TaskUpdate& update) {
           return update.status == to_text(TaskStatus::kClaimed);
         }) == 1;
}

void count(Context& context, const Task& task, Health& health) {
  const std::int64_t age = context.now_ms - task.created_at;
  switch (task.status) {
    case TaskStatus::kClaimed:
      add_time(health.accept, age);
      break;
    case TaskStatus::kCompleted:
      ++health.completed;
      add_time(health.complete, age);
      break;
    case TaskStatus::kFailed:
      ++health.failed;
      break;
    case TaskStatus::kPending:
    case TaskStatus::kInProgress:
      break;
  }
}

// The counters of an earlier canary of the capability do not count for this one.
void count_soak(Context& context, const Task& task, const Contract& contract) {
  const auto canary = load_canary(context.txn, contract.capability_id);
  if (!canary || canary->version != contract.version || task.created_at < canary->started_at) {
    return;
  }
  Soak soak = soak_of(context.txn, *canary);
  ++(task.status == TaskStatus::kCompleted ? soak.completed : soak.failed);
  context.txn.put(key::cap_soak(contract.capability_id),
                  json::canonical(json::object{{"version", canary->version},
                                               {"startedAt", canary->started_at},
                                               {"completed", soak.completed},
                                               {"failed", soak.failed}}));
}

}  // namespace

std::optional<double> Health::success_rate() const {
  const std::int64_t finished = completed + failed;
  if (finished == 0) return std::nullopt;
  return static_cast<double>(completed) / static_cast<double>(finished);
}

void count_created(Context& context, const Task& task) {
  for (const Contract& contract : task.contracts) {
    change_bucket(context, task, contract, [](Health& health) { ++health.total; });
  }
}

void count_transition(Context& context, TaskStatus before, const Task& task, bool by_executor) {
  const bool counts =
      task.status != before &&
      (task.status == TaskStatus::kClaimed ? first_claim(task) : terminal(task.status));
  if (!counts) return;
  for (const Contract& contract : task.contracts) {
    change_bucket(context, task, contract, [&](Health& health) { count(context, task, health); });
    if (by_executor) count_soak(context, task, contract);
  }
}

Health health_since(Transaction& txn, std::string_view capability, std::int64_t since_ms,
                    const std::optional<std::string>& version) {
  Health health;
  const std::string first = key::cap_health(capability, hour_of(since_ms), "");
  const std::string last = prefix_end(key::cap_health(capability));
  const std::string wanted = version ? key::part(*version) : "";
  for (const auto& [at, value] : collect(txn, first, last, {.limit = SIZE_MAX})) {
    if (version && std::string_view(at).substr(at.rfind('/') + 1) != wanted) continue;
    add(parse_document(at, value), health);
  }
  return health;
}

Soak soak_of(Transaction& txn, const CapabilityCanary& canary) {
  const std::string at = key::cap_soak(canary.capability_id);
  const auto stored = txn.get(at);
  if (!stored) return {};
  const json::object from = parse_document(at, *stored);
  if (text_field(from, "version") != canary.version ||
      int_field(from, "startedAt") != canary.started_at) {
    return {};
  }
  return {.completed = int_field(from, "completed").value_or(0),
          .failed = int_field(from, "failed").value_or(0)};
}

std::optional<std::int64_t> p95(const Times& times) {
  const std::int64_t rank = (samples(times) * 95 + 99) / 100;
  std::int64_t seen = 0;
  for (const auto& [time, count] : times) {
    seen += count;
    if (seen >= rank) return time;
  }
  return std::nullopt;
}

std::int64_t samples(const Times& times) {
  std::int64_t sum = 0;
  for (const auto& [time, count] : times) sum += count;
  return sum;
}

}  // namespace ansible
