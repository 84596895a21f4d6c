// The metrics page.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/reports.hpp"

namespace gateway_app {
namespace {

using gateway::ExecutorMetrics;
using gateway::Histogram;
using gateway::ToolMetrics;

// Label values come from manifests and libraries: quoted as the format wants it.
std::string label(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string metric_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
    const bool digit = c >= '0' && c <= '9';
    if (digit && out.empty()) out += '_';
    out += letter || digit ? c : '_';
  }
  return out;
}

void heading(std::string& out, std::string_view name, std::string_view kind,
             std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void single(std::string& out, std::string_view name, std::string_view kind, std::string_view help,
            double value) {
  heading(out, name, kind, help);
  out += fmt::format("{} {}\n", name, value);
}

void histograms(std::string& out, const ExecutorMetrics& metrics, std::string_view name,
                std::string_view help, Histogram ToolMetrics::*part) {
  heading(out, name, "histogram", help);
  for (const auto& [tool, row] : metrics.tools) {
    const Histogram& h = row.*part;
    const std::string who = label(tool);
    std::uint64_t below = 0;
    for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
      below += h.counts[i];
      const double seconds = static_cast<double>(std::uint64_t{1} << i) / 1e6;
      out += fmt::format("{}_bucket{{tool=\"{}\",le=\"{}\"}} {}\n", name, who, seconds, below);
    }
    out += fmt::format("{}_bucket{{tool=\"{}\",le=\"+Inf\"}} {}\n", name, who, h.total);
    out +=
        fmt::format("{}_sum{{tool=\"{}\"}} {}\n", name, who, static_cast<double>(h.sum_us) / 1e6);
    out += fmt::format("{}_count{{tool=\"{}\"}} {}\n", name, who, h.total);
  }
}

void calls(std::string& out, const ExecutorMetrics& metrics) {
  heading(out, "gateway_calls_total", "counter", "Calls of tools and sweeps by outcome");
  for (const auto& [tool, row] : metrics.tools) {
    for (const auto& [outcome, count] : row.outcomes) {
      out += fmt::format("gateway_calls_total{{tool=\"{}\",outcome=\"{}\"}} {}\n", label(tool),
                         label(outcome), count);
    }
  }
  histograms(out, metrics, "gateway_call_queue_seconds", "From arrival to the first run",
             &ToolMetrics::queue);
  histograms(out, metrics, "gateway_call_run_seconds", "Inside the plugin", &ToolMetrics::run);
  histograms(out, metrics, "gateway_call_commit_seconds", "From the end of the run to durable",
             &ToolMetrics::commit);
  single(out, "gateway_queue_length", "gauge", "Calls waiting to run",
         static_cast<double>(metrics.queued));
  single(out, "gateway_commits_total", "counter", "Durable batches",
         static_cast<double>(metrics.batches));
  for (const auto& [name, value] : metrics.plugin) {
    single(out, "plugin_" + metric_name(name), "untyped", "Counted by the plugin", value);
  }
}

void slot(std::string& out, const Runtime& runtime) {
  heading(out, "gateway_plugin_info", "gauge", "Loaded releases by role");
  const auto host = runtime.host();
  const gateway::SlotStatus status = host ? host->status() : gateway::SlotStatus{};
  const auto row = [&](const char* role, const std::optional<gateway::RoleInfo>& info) {
    if (!info) return;
    out += fmt::format(
        "gateway_plugin_info{{plugin=\"{}\",role=\"{}\",version=\"{}\",build_id=\"{}\",sha256=\"{}"
        "\"}} 1\n",
        kPluginId, role, label(info->release.version), label(info->release.build_id),
        label(info->release.sha256));
  };
  row("active", status.active);
  row("candidate", status.candidate);
  row("parked", status.parked);
  single(out, "gateway_plugin_degraded", "gauge",
         "1 when the configured file was refused or the last swap failed",
         status.state == "degraded" ? 1 : 0);
}

// The canary that goes on, or the last one that ended.
void canary(std::string& out, const Runtime& runtime) {
  const auto host = runtime.host();
  const auto status = host ? host->canary() : std::nullopt;
  single(out, "gateway_canary_running", "gauge", "1 while a release is on trial",
         status && status->running ? 1 : 0);
  if (!status) return;
  heading(out, "gateway_canary_info", "gauge", "The trial's candidate, stage and outcome");
  out += fmt::format(
      "gateway_canary_info{{plugin=\"{}\",version=\"{}\",sha256=\"{}\",stage=\"{}\",outcome=\"{}\""
      "}} 1\n",
      kPluginId, label(status->candidate.version), label(status->candidate.sha256),
      gateway::stage_name(status->stage), label(status->outcome));
  single(out, "gateway_canary_share_percent", "gauge",
         "Calls that are shadowed, or run by the candidate", status->share_percent);
  single(out, "gateway_canary_needed_samples", "gauge", "Samples that the stage needs to pass",
         static_cast<double>(status->verdict.needed_samples));
  heading(out, "gateway_canary_calls", "gauge", "Steps judged in this stage");
  for (const auto& [side, counters] : {std::pair("active", &status->active_counters),
                                       std::pair("candidate", &status->candidate_counters)}) {
    out += fmt::format("gateway_canary_calls{{side=\"{}\"}} {}\n", side, counters->calls);
  }
  for (const char* part : {"value", "threshold"}) {
    heading(out, fmt::format("gateway_canary_rule_{}", part), "gauge",
            fmt::format("The {} of each rule of the judge", part));
    for (const gateway::CanaryMeasure& measure : status->verdict.measures) {
      out += fmt::format("gateway_canary_rule_{}{{rule=\"{}\"}} {}\n", part, measure.rule,
                         part[0] == 'v' ? measure.value : measure.threshold);
    }
  }
}

void http_part(std::string& out, const HttpCounters& http) {
  heading(out, "gateway_http_responses_total", "counter", "HTTP responses by status");
  for (const auto& [status, count] : http.responses) {
    out += fmt::format("gateway_http_responses_total{{status=\"{}\"}} {}\n", status, count);
  }
  single(out, "gateway_http_connections", "gauge", "Open connections",
         static_cast<double>(http.connections));
  single(out, "gateway_http_timeouts_total", "counter", "Connections of clients that were too slow",
         static_cast<double>(http.timeouts));
  single(out, "gateway_http_refused_connections_total", "counter", "Connections over the limit",
         static_cast<double>(http.refused_connections));
}

void process(std::string& out, const Facts& facts) {
  std::uint64_t pages = 0;
  std::uint64_t resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  single(out, "process_resident_memory_bytes", "gauge", "Resident memory",
         static_cast<double>(resident) * page);
  std::size_t descriptors = 0;
  std::error_code ec;
  std::filesystem::directory_iterator fd("/proc/self/fd", ec);
  for (; !ec && fd != std::filesystem::directory_iterator(); fd.increment(ec)) ++descriptors;
  single(out, "process_open_fds", "gauge", "Open descriptors", static_cast<double>(descriptors));
  single(out, "process_start_time_seconds", "gauge", "Unix time of the start",
         static_cast<double>(facts.started_ms) / 1e3);
}

}  // namespace

std::string metrics_text(Runtime& runtime, const HttpCounters& http) {
  std::string out;
  single(out, "gateway_ready", "gauge", "1 when calls can be served",
         why_not_ready(runtime).empty() ? 1 : 0);
  const auto host = runtime.host();
  calls(out, host ? host->metrics() : ExecutorMetrics{});
  slot(out, runtime);
  canary(out, runtime);
  http_part(out, http);
  process(out, runtime.facts);
  return out;
}

}  // namespace gateway_app
