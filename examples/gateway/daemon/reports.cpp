#include "daemon/reports.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::KnownRelease;
using gateway::ReleaseId;
using gateway::RoleInfo;
using gateway::SlotStatus;

void put_release(json::object& out, const ReleaseId& release) {
  out["version"] = release.version;
  out["buildId"] = release.build_id;
  out["sha256"] = release.sha256;
}

json::object trial(const gateway::TrialInfo& info) {
  json::object out;
  put_release(out, info.role.release);
  out["since"] = info.role.since_ms;
  out["phase"] = gateway::phase_name(info.phase);
  out["phaseSince"] = info.phase_since_ms;
  out["until"] = info.until_ms == 0 ? json::value(nullptr) : json::value(info.until_ms);
  out["tries"] = info.tries;
  return out;
}

json::value quarantine(const std::optional<gateway::Quarantine>& why) {
  if (!why) return nullptr;
  return json::object{{"since", why->since_ms}, {"reason", why->reason}, {"by", why->by}};
}

json::value role(const std::optional<RoleInfo>& info) {
  if (!info) return nullptr;
  json::object out;
  put_release(out, info->release);
  out["since"] = info->since_ms;
  return out;
}

json::object data_format(std::uint32_t read_min, std::uint32_t read_max, std::uint32_t write) {
  return {{"readMin", read_min}, {"readMax", read_max}, {"write", write}};
}

// Schemas come from the plugin's manifest as canonical text.
json::value embedded(const std::string& text) {
  auto parsed = json::parse(text);
  return parsed ? *std::move(parsed) : json::value(nullptr);
}

json::object percentiles(const gateway::Histogram& h) {
  return {{"p50", h.percentile_us(0.5)}, {"p99", h.percentile_us(0.99)}};
}

json::object calls_row(const gateway::ExecutorMetrics& metrics) {
  std::uint64_t total = 0;
  json::object by_tool;
  for (const auto& [name, tool] : metrics.tools) {
    std::uint64_t calls = 0;
    json::object outcomes;
    for (const auto& [outcome, count] : tool.outcomes) {
      calls += count;
      outcomes[outcome] = count;
    }
    total += calls;
    by_tool[name] = json::object{{"total", calls},
                                 {"outcomes", std::move(outcomes)},
                                 {"queueUs", percentiles(tool.queue)},
                                 {"runUs", percentiles(tool.run)},
                                 {"commitUs", percentiles(tool.commit)}};
  }
  return {{"total", total},
          {"queued", metrics.queued},
          {"batches", metrics.batches},
          {"byTool", std::move(by_tool)}};
}

json::value committed_sequence(Runtime& runtime) {
  const Runtime::Store store = runtime.store();
  if (store.engine == nullptr) return nullptr;
  auto snapshot = store.engine->snapshot();
  if (!snapshot) return nullptr;
  return (*snapshot)->sequence();
}

json::object entry_row(const gateway::HistoryEntry& entry) {
  json::object row{{"at", entry.at_ms}, {"event", entry.event}};
  put_release(row, entry.release);
  row["detail"] = entry.detail;
  row["by"] = entry.by;
  row["phase"] = entry.phase;
  row["verdict"] = entry.verdict;
  json::array figures;
  for (const gateway::Figure& figure : entry.figures) {
    figures.push_back(json::object{{"name", figure.name},
                                   {"value", figure.value},
                                   {"baseline", figure.baseline},
                                   {"threshold", figure.threshold},
                                   {"exceeded", figure.exceeded}});
  }
  row["figures"] = std::move(figures);
  json::array evidence;
  for (const std::string& path : entry.evidence) evidence.emplace_back(path);
  row["evidence"] = std::move(evidence);
  return row;
}

}  // namespace

json::object slot_row(const SlotStatus& status) {
  json::object out;
  out["id"] = status.id;
  if (status.active) {
    put_release(out, status.active->release);
  } else {
    for (const char* key : {"version", "buildId", "sha256"}) out[key] = nullptr;
  }
  out["path"] = status.path;
  out["state"] = status.state;
  out["since"] = status.active ? json::value(status.active->since_ms) : json::value(nullptr);
  out["candidate"] = role(status.candidate);
  out["parked"] = role(status.parked);
  if (status.trial) out["trial"] = trial(*status.trial);
  if (!status.reason.empty()) out["reason"] = status.reason;
  return out;
}

json::object canary_row(const gateway::CanaryStatus& status) {
  auto parsed = json::parse(gateway::to_json(status));
  return parsed && parsed->is_object() ? std::move(parsed->get_object()) : json::object();
}

json::object slot_row(const gateway::Host& host) {
  json::object out = slot_row(host.status());
  const auto canary = host.canary();
  if (canary) out["canary"] = canary_row(*canary);
  return out;
}

json::object slot_row(const Runtime& runtime) {
  if (const auto host = runtime.host()) return slot_row(*host);
  SlotStatus none;
  none.id = kPluginId;
  none.state = "none";
  none.reason = runtime.why_no_host();
  none.path = runtime.node().library;
  return slot_row(none);
}

json::object slot_info(const gateway::Host& host) {
  json::object out = slot_row(host);
  const gateway::Slot::Lease active = host.active();
  if (!active) {
    out["tools"] = json::array();
    out["sweeps"] = json::array();
    out["abi"] = nullptr;
    out["dataFormat"] = nullptr;
    return out;
  }
  json::array tools;
  for (const gateway::ToolInfo& tool : active->manifest().tools) {
    tools.push_back(json::object{{"name", tool.name},
                                 {"description", tool.description},
                                 {"readOnly", tool.read_only},
                                 {"parameters", embedded(tool.parameters_json)}});
  }
  json::array sweeps;
  for (const gateway::SweepInfo& sweep : active->manifest().sweeps) {
    const bool coordinator = sweep.scope == gateway::SweepInfo::Scope::kCoordinator;
    sweeps.push_back(json::object{{"name", sweep.name},
                                  {"everySeconds", sweep.every_seconds},
                                  {"scope", coordinator ? "coordinator" : "node"}});
  }
  const gw_plugin& table = active->table();
  out["tools"] = std::move(tools);
  out["sweeps"] = std::move(sweeps);
  out["abi"] = fmt::format("{}.{}", table.abi_major, table.abi_minor);
  out["dataFormat"] =
      data_format(table.data_format_read_min, table.data_format_read_max, table.data_format_write);
  return out;
}

json::object release_row(const KnownRelease& known) {
  json::object out{{"id", kPluginId}};
  put_release(out, known.release);
  out["importedAt"] = known.imported_ms;
  out["role"] = known.role;
  out["good"] = known.good_ms == 0 ? json::value(nullptr) : json::value(known.good_ms);
  out["quarantine"] = quarantine(known.quarantine);
  out["signedBy"] = known.signed_by.empty() ? json::value(nullptr) : json::value(known.signed_by);
  out["abi"] = fmt::format("{}.{}", known.abi_major, known.abi_minor);
  out["dataFormat"] =
      data_format(known.data_format_read_min, known.data_format_read_max, known.data_format_write);
  return out;
}

json::object rolled_back_row(const gateway::RolledBack& back) {
  json::object out = release_row(back.active);
  if (back.ended) put_release(out["endedCanary"].emplace_object(), *back.ended);
  return out;
}

json::object mark_row(const gateway::Mark& mark) {
  json::object out{{"id", kPluginId}};
  put_release(out, mark.release);
  out["good"] = mark.good_ms == 0 ? json::value(nullptr) : json::value(mark.good_ms);
  out["quarantine"] = quarantine(mark.quarantine);
  return out;
}

json::object quarantine_list(const gateway::Host& host) {
  json::array rows;
  for (const gateway::Mark& mark : host.marks()) {
    if (mark.quarantine) rows.push_back(mark_row(mark));
  }
  return {{"quarantine", std::move(rows)}};
}

json::object slot_history(const gateway::Host& host) {
  json::array releases;
  for (const KnownRelease& known : host.releases()) releases.push_back(release_row(known));
  json::array entries;
  for (const gateway::HistoryEntry& entry : host.history()) {
    entries.push_back(entry_row(entry));
  }
  return {{"releases", std::move(releases)}, {"entries", std::move(entries)}};
}

json::object gateway_status(Runtime& runtime, const HttpCounters& http, std::int64_t now_ms) {
  const Facts& facts = runtime.facts;
  const std::string why = why_not_ready(runtime);
  json::object out;
  out["pid"] = getpid();
  out["version"] = facts.version;
  out["startedAt"] = facts.started_ms;
  out["uptimeSeconds"] = (now_ms - facts.started_ms) / 1000;
  out["url"] = facts.url;
  out["bind"] = facts.bind;
  out["port"] = facts.port;
  out["configFile"] = facts.config_file;
  out["stateDir"] = facts.state_dir;
  out["ready"] = why.empty();
  if (!why.empty()) out["reason"] = why;
  const NodeFacts node = runtime.node();
  out["node"] = json::object{{"id", node.id}, {"tier", node.tier}};
  out["plugin"] = slot_row(runtime);
  out["store"] = json::object{{"engine", facts.engine_name},
                              {"path", facts.database},
                              {"sequence", committed_sequence(runtime)}};
  const auto host = runtime.host();
  out["calls"] = calls_row(host ? host->metrics() : gateway::ExecutorMetrics{});
  std::uint64_t requests = 0;
  for (const auto& [status, count] : http.responses) requests += count;
  out["http"] = json::object{{"requests", requests}, {"connections", http.connections}};
  return out;
}

}  // namespace gateway_app
