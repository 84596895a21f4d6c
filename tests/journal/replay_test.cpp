#include "gateway/replay.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <random>

#include "base/json.hpp"
#include "gateway/host.hpp"
#include "gateway/sqlite_engine.hpp"
#include "host/files.hpp"
#include "journal/journal_ring.hpp"

using namespace gateway;
using namespace test;

namespace {

std::string trial(const std::string& name) { return TRIALS "/" + name + ".so"; }

std::uint64_t count(const ReplayReport& report, const std::string& tool, Difference kind) {
  const auto found = report.counts.find(tool);
  return found == report.counts.end() ? 0 : found->second[static_cast<std::size_t>(kind)];
}

// A gateway that has been asked this and that, and is stopped; its journal and its releases are left.
struct Recorded {
  TempDir temp;
  std::unique_ptr<Host> host;

  explicit Recorded(const std::string& plugin = "trial",
                    const std::string& library = trial("active"))
      : plugin_(plugin) {
    open();
    const auto swapped = host->swap(library);
    REQUIRE_MESSAGE(swapped.ok(), swapped.error().message);
  }

  // The gateway starts, or starts again on what it has stored.
  void open() {
    host.reset();
    auto state = StateDir::acquire(temp / "state");
    REQUIRE(state.ok());
    SqliteOptions sqlite;
    sqlite.path = state->path() + "/store.db";
    auto engine = SqliteEngine::open(sqlite);
    REQUIRE_MESSAGE(engine.ok(), engine.error().message);
    HostOptions options;
    options.node = {"n1", true};
    options.plugin = plugin_;
    options.config_json = plugin_ == "trial" ? R"({"maxNotices":3})" : "{}";
    options.prover = PROVER;
    options.prove_timeout = std::chrono::milliseconds(20'000);
    options.sweep = false;
    options.journal.enabled = true;
    auto opened = Host::open(options, std::move(*state), std::move(*engine));
    REQUIRE_MESSAGE(opened.ok(), opened.error().message);
    host = std::move(*opened);
  }

  Outcome call(const std::string& tool, const std::string& args) {
    Request request;
    request.name = tool;
    request.args_json = args;
    return host->run(std::move(request));
  }
  Outcome work(const std::string& tool, const std::string& id) {
    return call(tool, R"({"id":")" + id + "\"}");
  }
  void sweep(const std::string& name) {
    Request request;
    request.kind = Request::Kind::kSweep;
    request.name = name;
    request.caller_kind = GW_CALLER_HOST;
    REQUIRE(host->run(std::move(request)).status == GW_OK);
  }
  void random_calls(int n, unsigned seed) {
    std::mt19937 random(seed);
    constexpr const char* kTools[] = {"work", "work", "work", "look", "list", "publish", "reopen"};
    for (int i = 0; i < n; ++i) {
      work(kTools[random() % std::size(kTools)], "t" + std::to_string(random() % 8));
      if (random() % 20 == 0) sweep("pulse");
    }
  }

  std::string journal() const { return temp / "state/journal"; }
  ReplayOptions options() const {
    ReplayOptions out;
    out.prover = PROVER;
    out.patience = std::chrono::milliseconds(20'000);
    out.plugin = plugin_;
    out.plugins_root = temp / ("state/plugins/" + plugin_);
    return out;
  }
  ReplayReport replayed(const std::string& base, const std::string& candidate,
                        const ReplayOptions& options) {
    host.reset();
    auto report = replay(journal(), base, candidate, options);
    REQUIRE_MESSAGE(report.ok(), report.error().message);
    return std::move(*report);
  }
  ReplayReport replayed(const std::string& base, const std::string& candidate) {
    return replayed(base, candidate, options());
  }

 private:
  const std::string plugin_;
};

}  // namespace

TEST_CASE("What was recorded at random, run again on the same release, differs nowhere") {
  for (const unsigned seed : {1u, 2u, 3u}) {
    Recorded recorded;
    recorded.random_calls(200, seed);
    const ReplayReport report = recorded.replayed(trial("active"), trial("active"));
    CHECK(report.same());
    CHECK(report.differences.empty());
    CHECK(report.drifted == 0);  // and it ends as it did in the gateway
    CHECK(report.calls >= 200);
    CHECK(report.stopped == "");
    REQUIRE(report.files.size() == 1);
    CHECK(report.files[0].ending == "the gateway stopped");
    CHECK(report.files[0].parted_at == 0);
  }
}

TEST_CASE("A good new version differs nowhere: that it names itself does not count") {
  Recorded recorded;
  recorded.random_calls(100, 4);
  const ReplayReport report = recorded.replayed(trial("active"), trial("good"));
  CHECK(report.same());
  CHECK(report.base.version == "1.0.0");
  CHECK(report.candidate.version == "1.1.0");
  CHECK(report.candidate.sha256.size() == 64);
}

TEST_CASE("Another reply is found with the tool, the place and both values") {
  Recorded recorded;
  for (int i = 0; i < 4; ++i) recorded.work("work", "t1");
  const ReplayReport report = recorded.replayed(trial("active"), trial("other_reply"));
  CHECK_FALSE(report.same());
  CHECK(report.differing == 1);
  CHECK(count(report, "work", Difference::kReply) == 1);
  REQUIRE(report.differences.size() == 1);
  const ReplayDifference& found = report.differences.front();
  CHECK(found.tool == "work");
  CHECK(found.kind == Difference::kReply);
  CHECK(found.number == 4);  // after start, and two calls before
  CHECK(found.request_id != "");
  REQUIRE(found.places.size() == 1);
  CHECK(found.places[0].pointer == "/reply/status");
  CHECK(found.places[0].base == R"("in_progress")");
  CHECK(found.places[0].candidate == R"("working")");
  CHECK_FALSE(found.follows);
  CHECK(report.files.at(0).parted_at == 0);  // what they store is the same
}

TEST_CASE("An allowed difference is none") {
  Recorded recorded;
  for (int i = 0; i < 4; ++i) recorded.work("work", "t1");
  ReplayOptions options = recorded.options();
  options.allow = {{"work", "/reply/status"}};
  CHECK(recorded.replayed(trial("active"), trial("other_reply"), options).same());
}

TEST_CASE("One more write is found, and what comes later is said to follow") {
  Recorded recorded;
  recorded.work("look", "t1");
  recorded.work("work", "t1");
  recorded.work("work", "t1");
  const ReplayReport report = recorded.replayed(trial("active"), trial("extra_write"));
  CHECK(count(report, "work", Difference::kWrites) == 2);
  REQUIRE(report.differences.size() == 2);
  const ReplayDifference& first = report.differences.front();
  REQUIRE(first.places.size() == 1);
  CHECK(first.places[0].pointer == "/writes/extra~1t1");
  CHECK(first.places[0].base == "(absent)");
  CHECK(first.places[0].candidate == R"({"step":0})");
  CHECK_FALSE(first.follows);
  CHECK(report.differences[1].follows);
  CHECK(report.files.at(0).parted_at == first.number);
}

TEST_CASE("Each side goes on with its own state: a task that was opened again stays open there") {
  Recorded recorded;
  for (int i = 0; i < 4; ++i) recorded.work("work", "t1");
  recorded.work("reopen", "t1");
  recorded.work("look", "t1");
  const ReplayReport report = recorded.replayed(trial("active"), trial("reopens"));
  CHECK(count(report, "reopen", Difference::kStatus) == 1);
  CHECK(count(report, "reopen", Difference::kWrites) == 1);
  CHECK(count(report, "look", Difference::kReply) == 1);
  CHECK(report.differences.front().kind == Difference::kStatus);
  CHECK(report.differences.back().follows);
}

TEST_CASE("A release that fails one call in fifty is found with what it said") {
  Recorded recorded;
  for (int i = 0; i < 50; ++i) recorded.work("work", "t" + std::to_string(i));
  const ReplayReport report = recorded.replayed(trial("active"), trial("throws"));
  CHECK(count(report, "work", Difference::kStatus) == 1);
  REQUIRE(!report.differences.empty());
  CHECK(report.differences.front().candidate_words == "out of luck");
  CHECK(report.differences.front().base_words == "");
}

TEST_CASE(
    "A crash is a difference, and the replay goes on where the state was, in another process") {
  Recorded recorded;
  for (int i = 0; i < 8; ++i) recorded.work("work", "t" + std::to_string(i));
  recorded.work("list", "-");
  const ReplayReport report = recorded.replayed(trial("active"), trial("crashes"));
  CHECK(count(report, "work", Difference::kCrash) == 1);
  REQUIRE(report.differing == 2);
  CHECK(report.differences[0].candidate_words.find("SIG") != std::string::npos);
  CHECK(report.differences[0].base_words == "");
  // The sixth task is missing there, and the five before and two behind it are not.
  CHECK(report.differences[1].tool == "list");
  CHECK(report.differences[1].follows);
  CHECK(report.stopped == "");
}

TEST_CASE("A release that crashes again and again ends the replay, and the report says so") {
  Recorded recorded;
  for (int i = 0; i < 100; ++i) recorded.work("work", "t" + std::to_string(i));
  const ReplayReport report = recorded.replayed(trial("active"), trial("crashes"));
  CHECK(count(report, "work", Difference::kCrash) == 5);
  CHECK(report.stopped.find("the candidate broke 5 times") != std::string::npos);
}

TEST_CASE("A hang is a difference") {
  Recorded recorded;
  recorded.work("work", "t1");
  recorded.work("look", "t1");
  ReplayOptions options = recorded.options();
  options.patience = std::chrono::milliseconds(5'000);
  const ReplayReport report = recorded.replayed(trial("active"), trial("hangs"), options);
  CHECK(count(report, "work", Difference::kSlow) == 1);
  CHECK(count(report, "look", Difference::kReply) == 1);
}

TEST_CASE("No more differences are kept than were asked for, and all are counted") {
  Recorded recorded;
  for (int i = 0; i < 30; ++i) recorded.work("work", "t" + std::to_string(i));
  ReplayOptions options = recorded.options();
  options.limit = 3;
  const ReplayReport report = recorded.replayed(trial("active"), trial("extra_write"), options);
  CHECK(report.differences.size() == 3);
  CHECK(report.differing == 30);
  CHECK(count(report, "work", Difference::kWrites) == 30);
}

TEST_CASE(
    "A running gateway's journal is replayed as far as it reaches, with its kept releases by "
    "name") {
  Recorded recorded;
  recorded.work("work", "t1");
  const auto installed = recorded.host->install(trial("other_reply"));
  REQUIRE(installed.ok());
  const auto replayed = [&] {
    return replay(recorded.journal(), "1.0.0", installed->release.sha256.substr(0, 12),
                  recorded.options());
  };
  Result<ReplayReport> report = replayed();
  while (!report.ok() || report->steps < 2) report = replayed();  // it is written a little later
  CHECK(report->same());
  CHECK(report->files.at(0).ending == "");
  CHECK(recorded.work("work", "t1").status == GW_OK);
  // Nothing is left behind in the gateway's own directory.
  for (const auto& entry : std::filesystem::directory_iterator(recorded.options().plugins_root)) {
    CHECK(entry.path().filename().string().find("replay") == std::string::npos);
  }
}

TEST_CASE("Calls of several steps and dry runs are replayed step by step") {
  Recorded recorded("echo", ECHO_1_0_0);
  REQUIRE(recorded.call("echo_steps", R"({"steps":4,"dry_run":true})").steps == 4);
  REQUIRE(recorded.call("echo_steps", R"({"steps":3})").steps == 3);
  recorded.call("echo_count", "{}");
  recorded.call("echo_refuse_recorded", "{}");
  recorded.sweep("tick");
  recorded.call("echo_read", "{}");
  const ReplayReport report = recorded.replayed(ECHO_1_0_0, ECHO_1_1_0);
  CHECK(report.same());
  CHECK(report.drifted == 0);
  CHECK(report.steps == report.calls + 5);
}

TEST_CASE("A release that cannot read what was stored is refused; one that fails on it is found") {
  Recorded recorded("variant", VARIANTS "/reads_1_2_writes_2.so");
  recorded.open();  // the second file begins with what the first start has stored
  recorded.host.reset();
  const auto refused = replay(recorded.journal(), VARIANTS "/reads_1_2_writes_2.so",
                              VARIANTS "/reads_1_writes_1.so", recorded.options());
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "data_format");
  CHECK(refused.error().message.find("000002.journal") != std::string::npos);

  Recorded other("variant", VARIANTS "/reads_1_writes_1.so");
  other.call("look", "{}");
  const ReplayReport report =
      other.replayed(VARIANTS "/reads_1_writes_1.so", VARIANTS "/fails_on_data.so");
  CHECK(count(report, "look", Difference::kStatus) == 1);
}

TEST_CASE("What a killed replay has left is removed by the next one") {
  Recorded recorded;
  recorded.work("work", "t1");
  const std::string root = recorded.options().plugins_root;
  // No process has a number beyond the kernel's highest.
  const std::string left = root + "/replay-99999999-abcdef";
  std::filesystem::create_directory(left);
  write_text(left + "/copy.so", "bytes");
  CHECK(recorded.replayed(trial("active"), trial("active")).same());
  CHECK_FALSE(std::filesystem::exists(left));
}

TEST_CASE("What cannot be replayed is refused with its reason") {
  Recorded recorded;
  recorded.work("work", "t1");
  recorded.host.reset();
  const auto code = [&](const std::string& journal, const std::string& base,
                        const std::string& candidate) {
    const auto report = replay(journal, base, candidate, recorded.options());
    return report.ok() ? "ok" : report.error().code;
  };
  const std::string active = trial("active");
  CHECK(code(recorded.journal(), active, active) == "ok");
  CHECK(code(recorded.temp / "none.journal", active, active) == "not_found");
  CHECK(code(recorded.temp.path(), active, active) == "nothing_recorded");
  write_text(recorded.temp / "other", "something else entirely");
  CHECK(code(recorded.temp / "other", active, active) == "not_a_journal");
  CHECK(code(recorded.journal(), "9.9.9", active) == "not_found");
  CHECK(code(recorded.journal(), active, recorded.temp / "none.so") == "not_found");
  CHECK(code(recorded.journal(), active, ECHO_1_0_0) == "wrong_plugin");
  ReplayOptions echo = recorded.options();
  echo.plugin = "echo";
  const auto foreign = replay(recorded.journal(), ECHO_1_0_0, ECHO_1_1_0, echo);
  REQUIRE_FALSE(foreign.ok());
  CHECK(foreign.error().message.find("found one of \"trial\"") != std::string::npos);
  const std::string open = recorded.temp / "open.so";
  std::filesystem::copy_file(active, open);
  REQUIRE(::chmod(open.c_str(), 0777) == 0);
  CHECK(code(recorded.journal(), active, open) == "unsafe_path");
}
