#include "cli/replay_text.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "cli/json_text.hpp"

namespace gateway_app {
namespace {

using gateway::Difference;
using gateway::kDifferences;
using gateway::ReplayDifference;
using gateway::ReplayFile;
using gateway::ReplayPlace;
using gateway::ReplayReport;

std::string kind_name(std::size_t kind) {
  return std::string(gateway::difference_name(static_cast<Difference>(kind)));
}

json::object release_json(const gateway::ReleaseId& release) {
  return {{"version", release.version}, {"buildId", release.build_id}, {"sha256", release.sha256}};
}

std::string release_line(const gateway::ReleaseId& release) {
  return fmt::format("{} ({}, build {})", release.version, release.sha256.substr(0, 12),
                     release.build_id);
}

json::object file_json(const ReplayFile& file) {
  return {{"path", file.path},
          {"at", file.at_ms},
          {"rows", file.rows},
          {"steps", file.steps},
          {"ending", file.ending},
          {"partedAt", file.parted_at == 0 ? json::value(nullptr) : json::value(file.parted_at)}};
}

json::object difference_json(const ReplayDifference& found) {
  json::array places;
  for (const ReplayPlace& place : found.places) {
    places.push_back(json::object{
        {"pointer", place.pointer}, {"base", place.base}, {"candidate", place.candidate}});
  }
  return {{"file", found.file},
          {"number", found.number},
          {"tool", found.tool},
          {"requestId", found.request_id},
          {"step", found.step},
          {"at", found.at_ms},
          {"kind", gateway::difference_name(found.kind)},
          {"places", std::move(places)},
          {"baseWords", found.base_words},
          {"candidateWords", found.candidate_words},
          {"follows", found.follows}};
}

json::array counts_json(const ReplayReport& report) {
  json::array out;
  for (const auto& [tool, counts] : report.counts) {
    json::object row{{"tool", tool}};
    for (std::size_t kind = 0; kind < kDifferences; ++kind) row[kind_name(kind)] = counts[kind];
    out.push_back(std::move(row));
  }
  return out;
}

void show_counts(Printer& print, const ReplayReport& report) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [tool, counts] : report.counts) {
    std::string words;
    for (std::size_t kind = 0; kind < kDifferences; ++kind) {
      if (counts[kind] == 0) continue;
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", counts[kind], kind_name(kind));
    }
    rows.push_back({"  " + tool, words});
  }
  print.table(rows);
}

std::string name_of(const std::string& path) { return std::filesystem::path(path).filename(); }

void show_difference(Printer& print, const ReplayDifference& found) {
  print.line(fmt::format("#{} of {}  {}  {}  {}  request {}{}{}", found.number, name_of(found.file),
                         found.tool, gateway::difference_name(found.kind), local_time(found.at_ms),
                         found.request_id,
                         found.step == 0 ? "" : fmt::format(", step {}", found.step),
                         found.follows ? "  (may follow from an earlier one)" : ""));
  for (const ReplayPlace& place : found.places) {
    print.line("    " + place.pointer);
    print.field("    base     ", place.base);
    print.field("    candidate", place.candidate);
  }
  print.field("  base said", found.base_words);
  print.field("  candidate said", found.candidate_words);
}

// Where the states parted, file by file.
void show_partings(Printer& print, const ReplayReport& report) {
  for (const ReplayFile& file : report.files) {
    if (file.parted_at == 0) continue;
    print.line(
        fmt::format("What is stored differs from #{} of {} on; later differences may follow "
                    "from that.",
                    file.parted_at, std::filesystem::path(file.path).filename().string()));
  }
}

}  // namespace

json::object replay_json(const ReplayReport& report) {
  json::array files;
  for (const ReplayFile& file : report.files) files.push_back(file_json(file));
  json::array differences;
  for (const ReplayDifference& found : report.differences) {
    differences.push_back(difference_json(found));
  }
  return {{"same", report.same()},
          {"base", release_json(report.base)},
          {"candidate", release_json(report.candidate)},
          {"files", std::move(files)},
          {"skipped", json::array(report.skipped.begin(), report.skipped.end())},
          {"calls", report.calls},
          {"steps", report.steps},
          {"drifted", report.drifted},
          {"differing", report.differing},
          {"counts", counts_json(report)},
          {"differences", std::move(differences)},
          {"stopped", report.stopped}};
}

void show_replay(Printer& print, const ReplayReport& report) {
  for (const std::string& why : report.skipped) print.warning("left out: " + why);
  print.line(fmt::format("replayed {} calls in {} steps from {} file(s)", report.calls,
                         report.steps, report.files.size()));
  print.field("base", release_line(report.base));
  print.field("candidate", release_line(report.candidate));
  if (report.drifted > 0) {
    print.warning(
        fmt::format("base ended {} steps with another status than was recorded: it is not "
                    "the release that was recorded, or reads ran beside writes",
                    report.drifted));
  }
  if (report.same()) {
    print.success("no difference");
  } else {
    print.failure(fmt::format("{} step(s) differ", report.differing));
    show_counts(print, report);
    for (const ReplayDifference& found : report.differences) show_difference(print, found);
    if (report.differences.size() < report.differing) {
      print.line(fmt::format("... and {} more; --limit shows more of them",
                             report.differing - report.differences.size()));
    }
    show_partings(print, report);
  }
  if (!report.stopped.empty()) print.warning("not all was replayed: " + report.stopped);
}

}  // namespace gateway_app
