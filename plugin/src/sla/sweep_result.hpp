// What a finished sweep leaves behind: its reply, and the record of the last sweeps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sla/sweep_run.hpp"

namespace ansible {

// The document `sla-last`. The automatic sweep's members are those of the reference (1.9);
// `finished` is the last run of any kind, kept so that whoever was running it too gets its result.
struct LastSweeps {
  std::optional<std::int64_t> at;  // of the last automatic sweep
  std::optional<std::string> reason;
  std::optional<std::int64_t> breach_count;
  std::optional<std::int64_t> escalations_written;
  json::object finished;  // {runId, reason, at, result}
};

LastSweeps load_last_sweeps(Transaction& txn);

// {slaSweepLastAt?, slaSweepLastReason?, slaSweepLastBreachCount?, slaSweepLastEscalationsWritten?}
json::object to_json(const LastSweeps& last);

// Ends a run: removes its record, notes it as the last sweep and returns its result (SLA-11).
json::object finish_run(Context& context, SweepRun& run);

// The result of a run that is finished already, as long as it is the last one.
std::optional<json::object> finished_result(Transaction& txn, std::string_view run_id);

}  // namespace ansible
