#include "sla/sweep_result.hpp"

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "sla/held_store.hpp"

namespace ansible {
namespace {

constexpr std::string_view kManual = "manual";
constexpr std::size_t kMostKept = 200;  // breaches in the kept result: it must fit into one value

json::object result_of(Context& context, const SweepRun& run) {
  json::array breaches;
  for (const Breach& breach : listed_breaches(context.txn, run)) {
    breaches.push_back(to_json(breach));
  }
  json::object result{{"success", true},
                      {"dryRun", run.options.dry_run},
                      {"scanned", run.scanned},
                      {"breaches", std::move(breaches)},
                      {"breachCount", run.breach_count},
                      {"escalationsWritten", run.messages},
                      {"heldBack", held_counts(context.txn).waiting},
                      {"heldBackNotified", run.held_notified}};
  if (run.breach_count > run.listed) result["breachesTruncated"] = true;
  return result;
}

json::object shortened(const json::object& result) {
  json::object out = result;
  json::array& breaches = out["breaches"].as_array();
  if (breaches.size() <= kMostKept) return out;
  breaches.resize(kMostKept);
  out["breachesTruncated"] = true;
  return out;
}

}  // namespace

LastSweeps load_last_sweeps(Transaction& txn) {
  const auto stored = txn.get(key::kSlaLast);
  if (!stored) return {};
  const json::object from = parse_document(key::kSlaLast, *stored);
  return {.at = int_field(from, "slaSweepLastAt"),
          .reason = text_field(from, "slaSweepLastReason"),
          .breach_count = int_field(from, "slaSweepLastBreachCount"),
          .escalations_written = int_field(from, "slaSweepLastEscalationsWritten"),
          .finished = object_field(from, "finished")};
}

json::object to_json(const LastSweeps& last) {
  json::object out;
  set_field(out, "slaSweepLastAt", last.at);
  set_field(out, "slaSweepLastReason", last.reason);
  set_field(out, "slaSweepLastBreachCount", last.breach_count);
  set_field(out, "slaSweepLastEscalationsWritten", last.escalations_written);
  return out;
}

json::object finish_run(Context& context, SweepRun& run) {
  json::object result = result_of(context, run);
  erase_run(context.txn, run);
  LastSweeps last = load_last_sweeps(context.txn);
  if (run.reason != kManual) {
    last.at = run.now;
    last.reason = run.reason;
    last.breach_count = run.breach_count;
    last.escalations_written = run.messages;
  }
  json::object document = to_json(last);
  document["finished"] = json::object{
      {"runId", run.id}, {"reason", run.reason}, {"at", run.now}, {"result", shortened(result)}};
  context.txn.put(key::kSlaLast, json::canonical(document));
  return result;
}

std::optional<json::object> finished_result(Transaction& txn, std::string_view run_id) {
  const LastSweeps last = load_last_sweeps(txn);
  if (text_field(last.finished, "runId") != run_id) return std::nullopt;
  return object_field(last.finished, "result");
}

}  // namespace ansible
