#include "sla/sweep_run.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kAbandonedAfterMs = 5 * 60'000;
constexpr std::int64_t kMostListed = 1'000;  // SLA-11
constexpr std::size_t kChunk =
    200;  // breaches per stored list: well below the store's largest value
constexpr std::size_t kMostRunsForgotten = 8;  // per call
constexpr std::size_t kMostPartsErased = 2'000;
constexpr std::string_view kRunPrefix = "sla-run/";
constexpr std::string_view kBreachParts = "breaches";

json::object to_json(const SweepOptions& options) {
  json::object out{{"dryRun", options.dry_run},
                   {"recordOnly", options.record_only},
                   {"maxMessages", options.max_messages},
                   {"fyiAgents", to_array(options.fyi_agents)}};
  set_field(out, "limit", options.limit);
  return out;
}

SweepOptions options_from(const json::object& from) {
  return {.dry_run = bool_field(from, "dryRun").value_or(false),
          .record_only = bool_field(from, "recordOnly").value_or(true),
          .max_messages = int_field(from, "maxMessages").value_or(0),
          .fyi_agents = texts_field(from, "fyiAgents"),
          .limit = int_field(from, "limit")};
}

// The counters by name: one list for writing and reading.
struct Counter {
  std::string_view name;
  std::int64_t SweepRun::*member;
};
constexpr Counter kCounters[] = {{"now", &SweepRun::now},
                                 {"touched", &SweepRun::touched},
                                 {"budget", &SweepRun::budget},
                                 {"needed", &SweepRun::needed},
                                 {"digests", &SweepRun::digests},
                                 {"scanned", &SweepRun::scanned},
                                 {"tasksHandled", &SweepRun::tasks_handled},
                                 {"breachCount", &SweepRun::breach_count},
                                 {"listed", &SweepRun::listed},
                                 {"messages", &SweepRun::messages},
                                 {"heldNotified", &SweepRun::held_notified},
                                 {"chunks", &SweepRun::chunks}};

json::object to_json(const SweepRun& run) {
  json::object out{{"id", run.id},
                   {"reason", run.reason},
                   {"options", to_json(run.options)},
                   {"phase", static_cast<std::int64_t>(run.phase)},
                   {"cursor", run.cursor},
                   {"heldLimit", static_cast<std::int64_t>(run.held_limit)}};
  for (const Counter& counter : kCounters) out[counter.name] = run.*counter.member;
  return out;
}

SweepRun run_from(std::string_view digest, const json::object& from) {
  SweepRun run;
  run.id = text_field(from, "id").value_or("");
  run.digest = digest;
  run.reason = text_field(from, "reason").value_or("manual");
  run.options = options_from(object_field(from, "options"));
  const std::int64_t phase = int_field(from, "phase").value_or(0);
  run.phase = static_cast<SweepPhase>(
      std::clamp<std::int64_t>(phase, 0, static_cast<std::int64_t>(SweepPhase::kDone)));
  run.cursor = text_field(from, "cursor").value_or("");
  run.held_limit = static_cast<std::uint64_t>(int_field(from, "heldLimit").value_or(0));
  for (const Counter& counter : kCounters) {
    run.*counter.member = int_field(from, counter.name).value_or(0);
  }
  return run;
}

std::string parts_of(const SweepRun& run, std::string_view kind = {}) {
  std::string prefix = key::sla_part(run.id, kind, "");
  while (prefix.back() == '/') prefix.pop_back();
  return prefix + '/';
}

void store_found(Transaction& txn, SweepRun& run) {
  for (std::size_t begin = 0; begin < run.found.size(); begin += kChunk) {
    json::array list;
    for (std::size_t i = begin; i < std::min(begin + kChunk, run.found.size()); ++i) {
      list.push_back(to_json(run.found[i]));
    }
    const std::string name = key::ms(run.chunks++);
    txn.put(key::sla_part(run.id, kBreachParts, name),
            json::canonical(json::object{{"list", std::move(list)}}));
  }
  run.found.clear();
}

}  // namespace

void SweepRun::add(const Breach& breach) {
  ++breach_count;
  if (listed >= kMostListed) return;
  ++listed;
  found.push_back(breach);
}

std::string run_digest(Transaction& txn, std::string_view kind, const json::object& arguments) {
  return hex(txn.sha256(json::canonical(json::object{{"kind", kind}, {"arguments", arguments}})));
}

std::optional<SweepRun> load_run(Transaction& txn, std::string_view digest) {
  const std::string key = key::sla_run(digest);
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return run_from(digest, parse_document(key, *stored));
}

void save_run(Context& context, SweepRun& run) {
  store_found(context.txn, run);
  run.touched = context.now_ms;
  context.txn.put(key::sla_run(run.digest), json::canonical(to_json(run)));
}

bool abandoned(const SweepRun& run, std::int64_t now_ms) {
  return now_ms - run.touched > kAbandonedAfterMs;
}

void forget_abandoned_runs(Context& context) {
  for (const auto& [key, value] :
       collect(context.txn, kRunPrefix, prefix_end(kRunPrefix), {.limit = kMostRunsForgotten})) {
    const SweepRun run = run_from(key::last_part(key), parse_document(key, value));
    if (abandoned(run, context.now_ms)) erase_run(context.txn, run);
  }
}

std::vector<Breach> listed_breaches(Transaction& txn, const SweepRun& run) {
  std::vector<Breach> out;
  const std::string prefix = parts_of(run, kBreachParts);
  for (const auto& [key, value] : collect(txn, prefix, prefix_end(prefix), {})) {
    const json::object chunk = parse_document(key, value);
    const json::value* list = chunk.if_contains("list");
    if (list == nullptr || !list->is_array()) continue;
    for (const json::value& item : list->get_array()) {
      if (item.is_object()) out.push_back(breach_from_json(item.get_object()));
    }
  }
  out.insert(out.end(), run.found.begin(), run.found.end());
  std::sort(out.begin(), out.end());
  return out;
}

void erase_run(Transaction& txn, const SweepRun& run) {
  const std::string prefix = parts_of(run);
  for (const auto& [key, value] :
       collect(txn, prefix, prefix_end(prefix), {.limit = kMostPartsErased})) {
    txn.erase(key);
  }
  if (txn.get(key::sla_run(run.digest))) txn.erase(key::sla_run(run.digest));
}

std::string derived_id(Transaction& txn, std::string_view run, std::string_view what) {
  Digest digest = txn.sha256(std::string(run) + '\0' + std::string(what));
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0F) | 0x40);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3F) | 0x80);
  const std::string h = hex(digest);
  return h.substr(0, 8) + '-' + h.substr(8, 4) + '-' + h.substr(12, 4) + '-' + h.substr(16, 4) +
         '-' + h.substr(20, 12);
}

}  // namespace ansible
