#include "rollout/report.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

namespace gateway_app {
namespace {

std::string utc(std::int64_t ms) {
  if (ms <= 0) return "-";
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", parts, ms % 1000);
}

std::string release_text(const ReleaseId& release) {
  if (release.sha256.empty()) return release.version.empty() ? "(not known)" : release.version;
  return fmt::format("{} ({}, build {})", release.version, release.sha256.substr(0, 12),
                     release.build_id);
}

// As part of a table's row.
std::string cell(std::string text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string took(const StageRecord& stage) {
  if (stage.started_ms == 0 || stage.ended_ms == 0) return "-";
  return fmt::format("{:.1f} s", static_cast<double>(stage.ended_ms - stage.started_ms) / 1000);
}

void add_checks(std::string& out, const Checks& checks) {
  if (checks.empty()) return;
  out += "\n| gate | value | threshold | | detail |\n|---|---|---|---|---|\n";
  for (const Check& check : checks) {
    out += fmt::format("| {} | {:g} | {} {:g} | {} | {} |\n", check.name, check.value,
                       check.rule == Check::Rule::kAtMost ? "at most" : "at least", check.threshold,
                       check.passed() ? "go" : "**no-go**", cell(check.detail));
  }
}

constexpr const char* kTitles[] = {"Phase 0: preflight",
                                   "Phase 1: canary",
                                   "Phase 2: lifecycle validation",
                                   "Phase 3: expand, soak",
                                   "Done",
                                   "Rollback"};

void add_stage(std::string& out, std::size_t i, const StageRecord& stage) {
  if (static_cast<Stage>(i) == Stage::kRollback && stage.started_ms == 0) return;
  out += fmt::format("\n## {}: {}\n\nfrom {}, took {}\n", kTitles[i], stage.state,
                     utc(stage.started_ms), took(stage));
  if (!stage.note.empty()) out += "\n" + stage.note + "\n";
  add_checks(out, stage.checks);
}

}  // namespace

std::string rollout_markdown(const RolloutRecord& record) {
  std::string out = fmt::format("# Rollout {}\n\n", record.id);
  out += fmt::format("- state: **{}**\n- to: {}\n- from: {}\n- started: {}\n- ended: {}\n",
                     rollout_state(record), release_text(record.to), release_text(record.from),
                     utc(record.started_ms), utc(record.ended_ms));
  if (!record.reason.empty()) out += "- reason: " + cell(record.reason) + "\n";
  if (!record.trigger.empty()) out += "- trigger: " + record.trigger + "\n";
  for (std::size_t i = 0; i < kStages; ++i) add_stage(out, i, record.stages[i]);
  out += "\n## Nodes\n\n| node | tier | wave | state |\n|---|---|---|---|\n";
  for (const RolloutNode& node : record.nodes) {
    out += fmt::format("| {} | {}{} | {} | {} |\n", cell(node.id), cell(node.tier),
                       node.coordinator ? ", coordinator" : "", node.wave, node.state);
  }
  if (!record.enable_command.empty()) {
    out += "\n## Notifications\n\nThey are off. To turn them on:\n\n    " + record.enable_command +
           "\n";
  }
  out += "\n## Events\n\n";
  for (const RolloutEvent& event : record.events) {
    out += fmt::format("- {} ({}): {}\n", utc(event.at_ms), event.by, cell(event.text));
  }
  return out;
}

}  // namespace gateway_app
