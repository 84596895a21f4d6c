#include "gateway/replay.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "canary/redaction.hpp"
#include "host/data_format.hpp"
#include "journal/journal_reader.hpp"
#include "journal/journal_ring.hpp"
#include "journal/replay_judge.hpp"
#include "journal/replay_releases.hpp"
#include "journal/replay_side.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;
using journal::JournalReader;

constexpr std::uint32_t kMostBroken =
    5;  // crashes and hangs of one side in a file: each costs a start, or the patience

std::string tool_of(const wire::Question& question) {
  switch (question.hook) {
    case Hook::kSweep:
      return "sweep:" + question.name;
    case Hook::kStart:
      return "hook:start";
    case Hook::kStop:
      return "hook:stop";
    case Hook::kMigrate:
      return "hook:migrate";
    case Hook::kOutboxNext:
      return "outbox:next";
    case Hook::kOutboxSettle:
      return "outbox:settle";
    default:
      return question.name;
  }
}

// The files of a journal, opened now: as far as they reach, and also if the ring removes them meanwhile.
Result<std::vector<JournalReader>> open_journal(const std::string& path, ReplayReport& report) {
  std::error_code error;
  std::vector<JournalReader> readers;
  if (!fs::is_directory(path, error)) {
    auto reader = JournalReader::open(path);
    if (!reader) return reader.error();
    readers.push_back(std::move(*reader));
    return readers;
  }
  for (const journal::RingEntry& file : journal::list_ring(path)) {
    auto reader = JournalReader::open(file.path);
    if (reader) {
      readers.push_back(std::move(*reader));
    } else if (reader.error().code != "not_found") {
      report.skipped.push_back(reader.error().message);
    }
  }
  if (readers.empty()) {
    return Error{"nothing_recorded",
                 fmt::format("{} holds no file of a journal with a snapshot", path)};
  }
  return readers;
}

class Replay {
 public:
  Replay(const ReplayOptions& options, const ReplayRelease& base, const ReplayRelease& candidate,
         ReplayReport& report)
      : options_(options), base_(base), candidate_(candidate), report_(report) {
    report.base = base.release.id;
    report.candidate = candidate.release.id;
  }

  Result<void> run(JournalReader& reader) {
    if (auto fits = check_plugin(reader); !fits) return fits;
    if (auto fits = check_format(reader); !fits) return fits;
    ReplayFile file{reader.path(), reader.header().at_ms, reader.rows().size(), 0, "", 0};
    ReplaySide base(side(base_, reader), reader.rows());
    ReplaySide candidate(side(candidate_, reader), reader.rows());
    if (auto started = start(base, "base", reader); !started) return started;
    if (auto started = start(candidate, "the candidate", reader); !started) return started;
    while (auto step = reader.next()) {
      ++file.steps;
      if (auto asked = one(*step, base, candidate, file); !asked) return asked;
      if (base.broken() < kMostBroken && candidate.broken() < kMostBroken) continue;
      report_.stopped =
          fmt::format("step {} of {}: {} broke {} times", file.steps, file.path,
                      base.broken() >= kMostBroken ? "base" : "the candidate", kMostBroken);
      break;
    }
    file.ending = reader.ending();
    report_.files.push_back(std::move(file));
    return {};
  }

 private:
  static Result<void> start(ReplaySide& side, const char* name, const JournalReader& reader) {
    auto started = side.start();
    if (started) return started;
    return Error{started.error().code, fmt::format("{}: {} did not start: {}", reader.path(), name,
                                                   redacted_text(started.error().message))};
  }

  Result<void> check_plugin(const JournalReader& reader) const {
    const std::string& recorded = reader.header().plugin;
    if (recorded == options_.plugin) return {};
    return Error{"wrong_plugin",
                 fmt::format("{}: expected a journal of plugin \"{}\", found one of \"{}\"",
                             reader.path(), options_.plugin, recorded)};
  }

  Result<void> check_format(const JournalReader& reader) const {
    const std::uint32_t format = reader.header().data_format;
    if (format == 0) return {};
    for (const auto* side : {&base_, &candidate_}) {
      if (auto fits = check_readable(side->release, format); !fits) {
        return Error{fits.error().code, reader.path() + ": " + fits.error().message};
      }
    }
    return {};
  }

  ShadowOptions side(const ReplayRelease& which, const JournalReader& reader) const {
    ShadowOptions out;
    out.prover.prover = options_.prover;
    out.prover.timeout = options_.patience;
    out.library = which.copy->path();
    out.config_json = reader.header().config_json;
    return out;
  }

  Result<void> one(const journal::RecordedStep& step, ReplaySide& base, ReplaySide& candidate,
                   ReplayFile& file) {
    const auto left = base.ask(step);
    if (!left) return left.error();
    const auto right = candidate.ask(step);
    if (!right) return right.error();
    ++report_.steps;
    if (step.question.step == 0) ++report_.calls;
    if (left->ran && left->answer.status != step.status) ++report_.drifted;
    const std::string tool = tool_of(step.question);
    auto finding = judge_replay(*left, *right, {base_.release.id, candidate_.release.id}, tool,
                                options_.allow);
    if (finding) add(std::move(*finding), step.question, tool, file);
    if (file.parted_at == 0 && states_part(*left, *right)) file.parted_at = file.steps;
    return {};
  }

  void add(ReplayFinding finding, const wire::Question& question, const std::string& tool,
           const ReplayFile& file) {
    ++report_.differing;
    auto& counts = report_.counts[tool];
    for (std::size_t kind = 0; kind < kDifferences; ++kind) counts[kind] += finding.kinds[kind];
    if (report_.differences.size() >= options_.limit) return;
    ReplayDifference difference = std::move(finding.difference);
    difference.file = file.path;
    difference.number = file.steps;
    difference.tool = tool;
    difference.request_id = redacted_text(question.request_id);
    difference.step = question.step;
    difference.at_ms = question.now_ms;
    difference.follows = file.parted_at != 0;
    report_.differences.push_back(std::move(difference));
  }

  const ReplayOptions& options_;
  const ReplayRelease& base_;
  const ReplayRelease& candidate_;
  ReplayReport& report_;
};

}  // namespace

Result<ReplayReport> replay(const std::string& journal, const std::string& base,
                            const std::string& candidate, const ReplayOptions& options) {
  ReplayReport report;
  auto readers = open_journal(journal, report);
  if (!readers) return readers.error();
  auto directory = ReplayDirectory::make(options.plugins_root);
  if (!directory) return directory.error();
  const std::string& config_json = readers->back().header().config_json;
  auto left = prepare_release(base, (*directory)->path(), config_json, options);
  if (!left) return left.error();
  auto right = prepare_release(candidate, (*directory)->path(), config_json, options);
  if (!right) return right.error();
  Replay replay(options, *left, *right, report);
  for (JournalReader& reader : *readers) {
    if (!report.stopped.empty()) break;
    if (auto done = replay.run(reader); !done) return done.error();
  }
  if (report.steps == 0) {
    return Error{"nothing_recorded", journal + " holds snapshots, but no step yet"};
  }
  return report;
}

}  // namespace gateway
