// openclaw storage backup|restore|check
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <memory>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"
#include "gateway/sqlite_engine.hpp"
#include "gateway/state_dir.hpp"

namespace gateway_app {
namespace {

using gateway::SqliteEngine;
using gateway::StateDir;

std::string database(const LoadedConfig& loaded) {
  return absolute_path(loaded.config.storage.path, loaded.state_dir, loaded.state_dir);
}

int fail(Printer& print, const gateway::StoreError& error) {
  return print.fail(kExitRefused, "storage", error.message);
}

// Takes the directory's lock and opens the database of a gateway that is not running.
template <class Use>
int offline(Session& session, Printer& print, Use use) {
  const auto lock = StateDir::acquire(session.loaded()->state_dir);
  if (!lock.ok()) return print.fail(kExitRefused, lock.error().code, lock.error().message);
  gateway::SqliteOptions options;
  options.path = database(*session.loaded());
  if (!std::filesystem::exists(options.path)) {
    return print.fail(kExitRefused, "not_found", "there is no database at " + options.path);
  }
  const auto engine = SqliteEngine::open(options);
  if (!engine.ok()) return fail(print, engine.error());
  return use(**engine);
}

int show_check(Printer& print, const json::object& report) {
  const json::array problems = array_in(report, "problems");
  if (print.json()) {
    print.document(report);
  } else if (problems.empty()) {
    print.success("storage is sound (rows=" + text_of(report, "rows") +
                  ", sequence=" + text_of(report, "sequence") + ")");
  } else {
    for (const json::value& problem : problems) print.failure(std::string(problem.as_string()));
    print.failure("restore a backup with: openclaw storage restore FILE");
  }
  return problems.empty() ? kExitOk : kExitRefused;
}

int run_check(Session& session, Printer& print) {
  const Reply reply = session.host("storage/check", {});
  if (reply.exit != kExitUnreachable) {
    return reply.ok() ? show_check(print, reply.body) : print.fail(reply);
  }
  return offline(session, print, [&](SqliteEngine& engine) {
    const auto report = engine.check();
    if (!report.ok()) return fail(print, report.error());
    json::array problems;
    for (const std::string& problem : report->problems) problems.emplace_back(problem);
    return show_check(print, {{"ok", problems.empty()},
                              {"rows", report->rows},
                              {"sequence", report->sequence},
                              {"problems", std::move(problems)}});
  });
}

int show_backup(Printer& print, const json::object& reply) {
  if (print.json()) {
    print.document(reply);
  } else {
    print.success("backup written to " + text_of(reply, "file") + " (" + text_of(reply, "bytes") +
                  " bytes)");
  }
  return kExitOk;
}

int run_backup(Session& session, Printer& print, const std::string& file) {
  const std::string to = absolute_path(file, session.env().working_directory, session.env().home);
  const Reply reply = session.host("storage/backup", {{"file", to}});
  if (reply.exit != kExitUnreachable) {
    return reply.ok() ? show_backup(print, reply.body) : print.fail(reply);
  }
  return offline(session, print, [&](SqliteEngine& engine) {
    const auto done = engine.backup(to);
    if (!done.ok()) return fail(print, done.error());
    return show_backup(print, {{"file", to}, {"bytes", std::filesystem::file_size(to)}});
  });
}

// "yyyy-mm-dd" in UTC, as the gateway names the files of its archive.
std::string utc_day(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char day[11];
  std::strftime(day, sizeof day, "%Y-%m-%d", &utc);
  return day;
}

// One line in <state>/audit/<date>.jsonl (0600, its directory 0700): a restore replaces everything that agents have
// agreed on. False: it could not be written.
bool audit_restore(const std::string& state_dir, const std::string& from) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::string directory = state_dir + "/audit";
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) return false;
  const std::string path = directory + '/' + utc_day(ms) + ".jsonl";
  const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  const std::string line =
      json::canonical(json::object{
          {"at", ms}, {"kind", "storage_restored"}, {"from", from}, {"uid", ::getuid()}}) +
      '\n';
  const bool written =
      ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && fsync(fd) == 0;
  ::close(fd);
  return written;
}

// The sequence of the newest commit; none: the database cannot be read.
std::optional<std::uint64_t> newest_commit(const gateway::SqliteOptions& options) {
  const auto engine = SqliteEngine::open(options);
  if (!engine.ok()) return std::nullopt;
  const auto snapshot = (*engine)->snapshot();
  if (!snapshot.ok()) return std::nullopt;
  return (*snapshot)->sequence();
}

int run_restore(Session& session, Printer& print, const std::string& file) {
  const LoadedConfig& loaded = *session.loaded();
  const std::string from = absolute_path(file, session.env().working_directory, session.env().home);
  const auto lock = StateDir::acquire(loaded.state_dir);
  if (!lock.ok()) {
    return print.fail(
        kExitRefused, lock.error().code,
        lock.error().message + "\n  restore works on a stopped gateway: openclaw gateway stop");
  }
  gateway::SqliteOptions options;
  options.path = database(loaded);
  const auto before = newest_commit(options);
  const auto done = SqliteEngine::restore(options, from);
  if (!done.ok()) return fail(print, done.error());
  if (!audit_restore(loaded.state_dir, from)) {
    print.warning("restored, but " + loaded.state_dir + "/audit could not be written");
  }
  const auto after = newest_commit(options);
  const bool known = before && after && *before >= *after;
  const json::value lost = known ? json::value(*before - *after) : json::value(nullptr);
  if (print.json()) {
    json::object reply{{"restored", from}, {"database", options.path}, {"lostCommits", lost}};
    reply["formerDatabase"] = done->empty() ? json::value(nullptr) : json::value(*done);
    print.document(reply);
  } else {
    print.success("restored " + from + " to " + options.path);
    print.field("lost", known ? json::canonical(lost) + " commits made after the backup"
                              : "what was committed after the backup");
    print.field("the former database", *done);
  }
  return kExitOk;
}

// Storage verbs need a readable configuration: it says where the database is.
template <class Run>
Action configured(Run run) {
  return [run](Session& session, Printer& print) {
    if (!session.loaded().ok()) {
      return print.fail(kExitRefused, session.loaded().error().code,
                        session.loaded().error().message);
    }
    return run(session, print);
  };
}

using FileRun = int (*)(Session&, Printer&, const std::string&);

void add_file_verb(CLI::App& root, CommandLine& line, const char* path, const char* help,
                   FileRun run) {
  CLI::App& command = subcommand(root, path, help);
  auto file = std::make_shared<std::string>();
  command.add_option("FILE", *file, "The backup")->required();
  add_output_flags(command, line);
  command.callback([&line, file, run] {
    line.action = configured([file, run](Session& s, Printer& p) { return run(s, p, *file); });
  });
}

}  // namespace

void add_storage_verbs(CLI::App& root, CommandLine& line) {
  subcommand(root, "storage", "Back up, restore and check what is stored");
  add_file_verb(root, line, "storage backup", "Write a complete copy while the gateway runs",
                run_backup);
  add_file_verb(root, line, "storage restore", "Replace the database of a stopped gateway",
                run_restore);
  CLI::App& check = subcommand(root, "storage check", "Verify every stored row");
  add_output_flags(check, line);
  check.callback([&line] { line.action = configured(run_check); });
}

}  // namespace gateway_app
