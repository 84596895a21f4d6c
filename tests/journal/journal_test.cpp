#include <sys/stat.h>

#include <csignal>
#include <filesystem>

#include <sys/resource.h>

#include "host/files.hpp"
#include "journal/rig.hpp"

using namespace gateway;
using namespace test_support;

namespace {

std::string big(std::size_t bytes) { return kv("k", std::string(bytes, 'v')); }

// Without the host's own.
std::map<std::string, std::string> rows_of(Engine& engine) {
  std::map<std::string, std::string> rows;
  auto snapshot = engine.snapshot();
  const auto scanned = (*snapshot)->scan({"\x01", "", false}, [&](auto key, auto value, auto) {
    rows.emplace(key, value);
    return true;
  });
  REQUIRE(scanned.ok());
  return rows;
}

std::uint64_t size_of(const std::vector<std::string>& files) {
  std::uint64_t sum = 0;
  for (const std::string& file : files) sum += std::filesystem::file_size(file);
  return sum;
}

}  // namespace

TEST_CASE("Calls stand in the journal as they were received, after a snapshot of what was stored") {
  JournalRig rig;
  Request request = call("put", R"({ "key" : "k", "value":"v" })");
  request.caller_kind = GW_CALLER_AGENT;
  request.caller_agent = "ann";
  request.request_id = "r-1";
  request.trace_id = "t-1";
  REQUIRE(rig.run(request).status == GW_OK);
  rig.clock.advance(5);
  rig.run("get", R"({"key":"k"})");
  rig.run("refuse", kv("k", "w"));
  rig.journal->close();

  const ReadJournal journal(rig.files().at(0));
  CHECK(journal.header.plugin == "test");
  CHECK(journal.header.node_id == "n1");
  CHECK(journal.header.config_json == R"({"a":1})");
  CHECK(journal.header.at_ms == 1'000'000);
  CHECK(journal.row("before") == "the journal");
  CHECK(journal.row("k") == "-");
  CHECK(journal.names() == "put get refuse");
  CHECK(journal.ending == "the gateway stopped");
  const auto& put = journal.steps.at(0);
  CHECK(put.status == GW_OK);
  CHECK(put.question.args_json == R"({ "key" : "k", "value":"v" })");
  CHECK(put.question.caller_kind == GW_CALLER_AGENT);
  CHECK(put.question.caller_agent == "ann");
  CHECK(put.question.request_id == "r-1");
  CHECK(put.question.trace_id == "t-1");
  CHECK(put.question.now_ms == 1'000'000);
  CHECK(put.question.role.sweeps);
  CHECK(journal.steps.at(1).question.now_ms == 1'000'005);
  CHECK(journal.steps.at(1).question.flags == GW_CALL_READ_ONLY);
  CHECK(journal.steps.at(2).status == GW_REFUSED);
}

TEST_CASE("Steps, dry runs and sweeps are recorded one by one, a step that ran twice once") {
  JournalRig rig;
  rig.engine.plan({Fault::kConflict});
  REQUIRE(rig.run("steps", R"({"key":"s","n":3})").steps == 3);
  REQUIRE(rig.run("count", R"({"key":"c","dry_run":true})").status == GW_OK);
  Request sweep = call("tick");
  sweep.kind = Request::Kind::kSweep;
  REQUIRE(rig.run(sweep).status == GW_OK);
  rig.journal->close();

  const ReadJournal journal(rig.files().at(0));
  REQUIRE(journal.names() == "steps steps steps count tick");
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(journal.steps[i].question.step == i);
  CHECK(journal.steps[0].question.attempt == 1);
  CHECK(journal.steps[1].question.continuation == "after 0");
  CHECK(journal.steps[1].status == GW_MORE);
  CHECK(journal.steps[3].question.flags == GW_CALL_DRY_RUN);
  CHECK(journal.steps[4].question.hook == Hook::kSweep);
}

TEST_CASE("Only the owner can read the journal") {
  JournalRig rig;
  rig.run("put", kv("k", "v"));
  CHECK(test::mode_of(rig.directory()) == 0700);
  CHECK(test::mode_of(rig.files().at(0)) == 0600);
}

TEST_CASE("A directory that others can look into is not written to, and the log says what to do") {
  JournalRig rig;
  rig.journal->close();
  std::filesystem::remove_all(rig.directory());
  std::filesystem::create_directory(rig.directory());
  REQUIRE(::chmod(rig.directory().c_str(), 0755) == 0);
  rig.start();
  REQUIRE(rig.run("put", kv("k", "v")).status == GW_OK);
  CHECK(rig.files().empty());
  CHECK(rig.log.contains("chmod 700 " + rig.directory()));
  REQUIRE(::chmod(rig.directory().c_str(), 0700) == 0);
  while (rig.files().empty()) rig.journal->flush();
  CHECK(rig.log.contains("records again"));
}

TEST_CASE("A file that is cut off anywhere yields the steps before the cut") {
  JournalRig rig;
  for (int i = 0; i < 5; ++i) rig.run("put", kv("k" + std::to_string(i), "v"));
  rig.journal->close();
  const std::string path = rig.files().at(0);
  const std::string whole = test::read_text(path);
  const ReadJournal all(path);
  REQUIRE(all.steps.size() == 5);
  CHECK_FALSE(all.torn);
  std::size_t complete = 0;
  for (std::size_t n = 0; n < whole.size(); n += 7) {
    test::write_text(path, std::string_view(whole).substr(0, n));
    const auto reader = journal::JournalReader::open(path);
    if (!reader.ok()) {
      CHECK((reader.error().code == "no_snapshot" || reader.error().code == "not_a_journal"));
      continue;
    }
    const ReadJournal cut(path);
    REQUIRE(cut.steps.size() <= 5);
    for (std::size_t i = 0; i < cut.steps.size(); ++i) {
      REQUIRE(cut.steps[i].question.args_json == all.steps[i].question.args_json);
    }
    REQUIRE(cut.steps.size() >= complete);
    complete = cut.steps.size();
    CHECK(cut.ending == "");
  }
  CHECK(complete >= 4);
}

TEST_CASE("What follows a damaged byte is not believed") {
  JournalRig rig;
  for (int i = 0; i < 5; ++i) rig.run("put", kv("k" + std::to_string(i), "v"));
  rig.journal->close();
  const std::string path = rig.files().at(0);
  std::string bytes = test::read_text(path);
  const auto at = bytes.find(R"("key":"k3")");
  REQUIRE(at != std::string::npos);
  bytes[at + 8] ^= 1;
  test::write_text(path, bytes);
  const ReadJournal damaged(path);
  CHECK(damaged.steps.size() == 3);
  CHECK(damaged.torn);
}

TEST_CASE("The ring keeps within its bound: the oldest goes, and every file stands on its own") {
  constexpr std::uint64_t kBound = 1u << 20;
  JournalRig rig(kBound);
  for (int i = 0; i < 300; ++i) {
    REQUIRE(rig.run("put", big(10'000)).status == GW_OK);
    rig.journal->flush();
    CHECK(size_of(rig.files()) <= kBound + kBound / 16);
  }
  const auto files = rig.files();
  REQUIRE(files.size() >= 3);
  CHECK(files.front() != rig.directory() + "/000001.journal");
  std::uint64_t sequence = 0;
  for (const std::string& file : files) {
    const ReadJournal journal(file);
    CHECK(journal.row("before") == "the journal");
    CHECK(journal.header.sequence > sequence);
    sequence = journal.header.sequence;
    if (file != files.back()) CHECK(journal.ending == "the file is full");
  }
}

TEST_CASE(
    "More than can be kept in time ends the file, and the next one begins with what was lost") {
  Journal::Pace pace = JournalRig::kAtOnce;
  pace.queue_bytes = 4'096;
  JournalRig rig(16u << 20, pace);
  REQUIRE(rig.run("put", kv("small", "1")).status == GW_OK);
  rig.journal->flush();
  REQUIRE(rig.run("put", big(5'000)).status == GW_OK);  // larger than the queue
  while (rig.files().size() < 2) rig.journal->flush();
  REQUIRE(rig.run("put", kv("small", "2")).status == GW_OK);
  rig.journal->close();

  const auto files = rig.files();
  const ReadJournal first(files.at(0));
  CHECK(first.names() == "put");
  CHECK(first.ending.find("some are lost") != std::string::npos);
  const ReadJournal second(files.at(1));
  CHECK(second.row("k").size() == 5'000);
  CHECK(second.row("small") == "1");
  CHECK(second.names() == "put");
  CHECK(rig.log.contains("ends early"));
  CHECK(rig.log.contains("records again"));
}

TEST_CASE("A full disk costs no call, and a new file begins when there is space again") {
  JournalRig rig;
  REQUIRE(rig.run("put", kv("k", "1")).status == GW_OK);
  const auto first = rig.files().at(0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{std::filesystem::file_size(first) + 100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  for (int i = 0; i < 20; ++i) CHECK(rig.run("put", big(1'000)).status == GW_OK);
  rig.journal->flush();
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  while (!rig.log.contains("records again")) rig.journal->flush();
  REQUIRE(rig.run("put", kv("k", "2")).status == GW_OK);
  const auto last = rig.files().back();
  CHECK(rig.files().size() == 2);  // none of those that could not be begun is left
  CHECK(last != first);
  CHECK(ReadJournal(last).names() == "put");
  CHECK(ReadJournal(first).torn);
  CHECK(rig.log.contains("the disk is full"));
}

TEST_CASE("What another process writes is in no file: the next one begins with it") {
  JournalRig rig;
  REQUIRE(rig.run("put", kv("k", "1")).status == GW_OK);
  rig.journal->flush();
  rig.put("foreign", "f");
  REQUIRE(rig.run("put", kv("k", "2")).status == GW_OK);
  while (rig.files().size() < 2) rig.journal->flush();
  REQUIRE(rig.run("put", kv("k", "3")).status == GW_OK);
  rig.journal->close();
  const auto files = rig.files();
  CHECK(ReadJournal(files.at(0)).steps.size() == 1);
  CHECK(ReadJournal(files.at(0)).ending.find("another process") != std::string::npos);
  const ReadJournal second(files.at(1));
  CHECK(second.row("foreign") == "f");
  CHECK(second.row("k") == "2");
  CHECK(second.steps.size() == 1);
}

TEST_CASE("A commit of unknown fate is recorded if it turns out to be durable") {
  JournalRig rig;
  rig.engine.plan({Fault::kUnknownDone});
  REQUIRE(rig.run("put", kv("k", "1")).status == GW_OK);
  REQUIRE(rig.run("put", kv("k", "2")).status == GW_OK);
  rig.journal->close();
  REQUIRE(rig.files().size() == 1);
  CHECK(ReadJournal(rig.files().at(0)).names() == "put put");
}

TEST_CASE("The host's own commits do not end a file") {
  JournalRig rig;
  REQUIRE(rig.run("put", kv("k", "1")).status == GW_OK);
  REQUIRE(rig.executor->commit_host({{std::string("\0host/x", 7), "1"}}).ok());
  REQUIRE(rig.run("put", kv("k", "2")).status == GW_OK);
  rig.journal->close();
  REQUIRE(rig.files().size() == 1);
  CHECK(ReadJournal(rig.files().at(0)).names() == "put put");
}

TEST_CASE(
    "A store that is too large for the bound is not recorded, and the log says what to raise") {
  JournalRig rig;
  rig.journal->close();
  const auto before = rig.files();
  for (int i = 0; i < 5; ++i) rig.put("large/" + std::to_string(i), std::string(100'000, 'x'));
  rig.start(1u << 20);
  CHECK(rig.run("put", kv("k", "v")).status == GW_OK);
  CHECK(rig.files() == before);
  CHECK(rig.log.contains("raise it"));
}

TEST_CASE("Another configuration begins another file") {
  JournalRig rig;
  rig.run("put", kv("k", "1"));
  rig.journal->reconfigured(R"({"a":2})");
  while (rig.files().size() < 2) rig.journal->flush();
  rig.run("put", kv("k", "2"));
  rig.journal->close();
  CHECK(ReadJournal(rig.files().at(0)).names() == "put");
  CHECK(ReadJournal(rig.files().at(1)).header.config_json == R"({"a":2})");
  CHECK(ReadJournal(rig.files().at(1)).names() == "put");
}

TEST_CASE("A restart goes on with the next file") {
  JournalRig rig;
  rig.run("put", kv("k", "1"));
  rig.start();
  rig.run("put", kv("k", "2"));
  REQUIRE(rig.files().size() == 2);
  CHECK(ReadJournal(rig.files().at(1)).row("k") == "1");
}

namespace {

// Calls of four clients at once.
void many_calls(JournalRig& rig, int round) {
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&rig, client, round] {
      const std::string mine = "c" + std::to_string(client);
      for (int i = round * 10; i < round * 10 + 10; ++i) {
        const std::string n = std::to_string(i);
        const std::string before = std::to_string(i - 3);
        rig.run(call("count", R"({"key":"shared"})", mine));
        rig.run(call("replay", kv("first/" + n, mine), mine));  // keeps who came first
        rig.run(call("erase", R"({"key":"first/)" + before + "\"}", mine));
        rig.run(call("random", "{}", mine));
        rig.run(call("count", R"({"key":"shared","dry_run":true})", mine));
        rig.run(call("refuse_recorded", kv("refused/" + mine, n), mine));
        rig.run(call("steps", R"({"key":"steps","value":")" + mine + R"(","n":3})", mine));
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

// The state that the steps of a file lead to; each must end as it did.
std::map<std::string, std::string> run_again(const ReadJournal& journal) {
  MemoryEngine engine;
  REQUIRE(engine.commit({}, journal.rows).kind == CommitOutcome::Kind::kCommitted);
  const auto instance = test_instance();
  for (const auto& step : journal.steps) {
    const auto snapshot = engine.snapshot();
    View view(**snapshot);
    const StepResult result = run_step(*instance, view, step.question.input());
    CHECK(result.status == step.status);
    if ((step.question.flags & GW_CALL_DRY_RUN) == 0) engine.commit({}, result.writes);
  }
  return rows_of(engine);
}

}  // namespace

TEST_CASE("Run again on the snapshot, the steps of many clients lead to the same state") {
  JournalRig rig;
  for (int round = 0; round < 5; ++round) many_calls(rig, round);
  rig.journal->close();
  REQUIRE(rig.files().size() == 1);
  const ReadJournal journal(rig.files().at(0));
  CHECK(journal.steps.size() == 5 * 4 * 10 * 9);
  CHECK(run_again(journal) == rows_of(rig.memory));
}

TEST_CASE("A file that begins under load begins where its steps do") {
  Journal::Pace pace = JournalRig::kAtOnce;
  pace.queue_bytes = 16u << 20;
  JournalRig rig(1u << 20, pace);
  for (int round = 0; round < 20; ++round) {
    many_calls(rig, round);
    CHECK(run_again(ReadJournal(rig.files().back())) == rows_of(rig.memory));
  }
  CHECK(rig.files().back() != rig.directory() + "/000001.journal");
  CHECK_FALSE(rig.log.contains("ends early"));
}
