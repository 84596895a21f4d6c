#include "loading/prover_client.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "files.hpp"
#include "gateway/manifest.hpp"
#include "loading/child_process.hpp"
#include "loading/library.hpp"
#include "loading/proof_report.hpp"
#include "table_plugin.hpp"

using gateway::ChildOptions;
using gateway::ChildResult;
using gateway::prove;
using gateway::ProverOptions;
using gateway::run_child;
using test::bad_plugin;
using test::contains;

namespace {

ProverOptions options(int timeout_ms = 60'000) {
  return {.prover = PROVER, .timeout = std::chrono::milliseconds(timeout_ms)};
}

ChildOptions shell(const std::string& script) {
  ChildOptions child;
  child.command = {"/bin/sh", "-c", script};
  child.timeout = std::chrono::seconds(60);
  return child;
}

}  // namespace

TEST_CASE("A good library proves itself and says what it is") {
  const auto report = prove(options(), ECHO_PLUGIN, R"({"greeting":"hi","odd":1})");
  if (!report.ok()) FAIL(report.error().message);
  CHECK(report->id == "echo");
  CHECK(report->version == "1.0.0");
  CHECK(report->build_id != "");
  CHECK(report->abi_major == GW_ABI_MAJOR);
  CHECK(report->data_format_write >= 1);
  CHECK(gateway::parse_manifest(report->manifest_json).ok());
  REQUIRE(report->warnings.size() == 1);
  CHECK(contains(report->warnings[0], "odd"));
  CHECK(gateway::mapped_images(ECHO_PLUGIN) == 0);
}

TEST_CASE("What a library prints, and a process that it leaves behind, do not disturb the proof") {
  const auto report = prove(options(), bad_plugin("noisy"), "{}");
  if (!report.ok()) FAIL(report.error().message);
  CHECK(report->id == "skeleton");
}

TEST_CASE("A library that stays mapped is proved with a warning") {
  const auto report = prove(options(), bad_plugin("stays_mapped"), "{}");
  if (!report.ok()) FAIL(report.error().message);
  REQUIRE(report->warnings.size() == 1);
  CHECK(contains(report->warnings[0], "stays mapped"));
}

TEST_CASE("Each bad library is refused by the prover with its own message") {
  struct Case {
    const char* name;
    const char* code;
    std::vector<const char*> words;
  };
  const Case cases[] = {
      {"wrong_major", "abi_mismatch", {"wrong_major.so", "expected major 1, got 2"}},
      {"too_new_host_minor", "abi_mismatch", {"too_new_host_minor.so", "or newer", "upgrade"}},
      {"short_struct", "bad_table", {"short_struct.so", "too short", "expected at least"}},
      {"missing_entry", "no_entry", {"missing_entry.so", "gateway_plugin_entry_v1"}},
      {"null_table", "no_table", {"null_table.so", "returned no table"}},
      {"constructor_crashes",
       "prove_crashed",
       {"constructor_crashes.so crashed with SIGSEGV", "in the step load"}},
      {"constructor_exits",
       "prove_exited",
       {"constructor_exits.so ended the process", "status 0", "step load", "leaving early"}},
      {"create_fails",
       "config_invalid",
       {"refuses its configuration", "/colour: not this colour, expected green, got blue"}},
      {"hook_throws", "prove_failed", {"hook_throws.so", "self_test", "thrown by the self-test"}},
      {"hook_crashes", "prove_crashed", {"crashed with SIGABRT", "in the step call of look"}},
      {"self_test_refuses", "prove_failed", {"self_test", "it refused", "the moon is not full"}},
      {"reply_is_no_json",
       "prove_failed",
       {"call of look", "expected a JSON object", "all is well"}},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    const auto report = prove(options(), bad_plugin(c.name), "{}");
    REQUIRE(!report.ok());
    CAPTURE(report.error().message);
    CHECK(report.error().code == c.code);
    for (const char* word : c.words) CHECK(contains(report.error().message, word));
  }
}

TEST_CASE("A library that hangs is ended at the limit and named") {
  const auto report = prove(options(1'500), bad_plugin("constructor_hangs"), "{}");
  REQUIRE(!report.ok());
  CAPTURE(report.error().message);
  CHECK(report.error().code == "prove_timeout");
  CHECK(contains(report.error().message, "constructor_hangs.so did not finish within 1500 ms"));
  CHECK(contains(report.error().message, "in the step load"));
}

TEST_CASE("A prover that is missing or another program is named with what was expected") {
  ProverOptions missing = options();
  missing.prover = "/nowhere/gateway-prover";
  const auto not_there = prove(missing, bad_plugin("good"), "{}");
  REQUIRE(!not_there.ok());
  CHECK(not_there.error().code == "prover_error");
  CHECK(contains(not_there.error().message, "/nowhere/gateway-prover"));
  CHECK(contains(not_there.error().message, "set its path"));

  ProverOptions other = options();
  other.prover = "/bin/false";
  const auto failed = prove(other, bad_plugin("good"), "{}");
  REQUIRE(!failed.ok());
  CHECK(failed.error().code == "prover_error");
  CHECK(contains(failed.error().message, "exit status 1"));
}

TEST_CASE("Proofs run at once on several threads") {
  std::vector<std::thread> threads;
  std::atomic<int> proved{0};
  std::atomic<int> crashed{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const bool good = i % 2 == 0;
      const auto report = prove(options(), bad_plugin(good ? "good" : "constructor_crashes"), "{}");
      if (report.ok()) ++proved;
      if (!report.ok() && report.error().code == "prove_crashed") ++crashed;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(proved == 4);
  CHECK(crashed == 4);
}

TEST_CASE("A child has a clean environment and only the standard descriptors") {
  const int leaked = ::fcntl(0, F_DUPFD, 50);  // without close-on-exec
  REQUIRE(leaked >= 50);
  ChildOptions child = shell("env; cat; for f in /proc/self/fd/*; do echo fd $f; done; exit 3");
  child.environment = {"ONLY=this"};
  child.input = "from the input\n";
  const auto result = run_child(child);
  ::close(leaked);
  REQUIRE(result.ok());
  CHECK(result->end == ChildResult::End::kExited);
  CHECK(result->code == 3);
  CHECK(contains(result->output, "ONLY=this\n"));
  CHECK(contains(result->output, "from the input\n"));
  CHECK(!contains(result->output, "HOME="));
  CHECK(contains(result->output, "fd /proc/self/fd/2\n"));
  CHECK(!contains(result->output, "fd /proc/self/fd/" + std::to_string(leaked) + "\n"));
}

TEST_CASE("A child's output is bounded, and of its errors the end is kept") {
  ChildOptions loud = shell("yes");
  loud.max_output = 100'000;
  const auto too_much = run_child(loud);
  REQUIRE(too_much.ok());
  CHECK(too_much->end == ChildResult::End::kTooLoud);

  const auto errors = run_child(
      shell("i=0; while [ $i -lt 3000 ]; do echo line $i >&2; i=$((i+1)); done; kill -9 $$"));
  REQUIRE(errors.ok());
  CHECK(errors->end == ChildResult::End::kSignalled);
  CHECK(errors->code == SIGKILL);
  CHECK(errors->error_tail.size() <= 4096);
  CHECK(contains(errors->error_tail, "line 2999\n"));
  CHECK(!contains(errors->error_tail, "line 1000\n"));
}

TEST_CASE("What a child leaves behind, and goes on writing, is not listened to for ever") {
  // It ends by itself when nobody listens any more.
  ChildOptions child = shell("setsid cat /dev/zero >&2 & sleep 60");
  child.timeout = std::chrono::milliseconds(300);
  const auto result = run_child(child);
  REQUIRE(result.ok());
  CHECK(result->end == ChildResult::End::kTimeout);
  CHECK(result->error_tail.size() <= 4096);
}

TEST_CASE("A child that does not read its input, or closes its outputs, is no obstacle") {
  ChildOptions deaf = shell("exec 0<&-; exit 0");
  deaf.input = std::string(4u << 20, 'x');
  const auto result = run_child(deaf);
  REQUIRE(result.ok());
  CHECK(result->end == ChildResult::End::kExited);

  ChildOptions silent = shell("exec 0<&- 1>&- 2>&-; sleep 60");
  silent.timeout = std::chrono::milliseconds(300);
  const auto ended = run_child(silent);
  REQUIRE(ended.ok());
  CHECK(ended->end == ChildResult::End::kTimeout);
}

TEST_CASE("What a library writes in the prover's place proves nothing") {
  using gateway::read_prover_output;
  CHECK(!read_prover_output("").proof);
  CHECK(!read_prover_output("{\"proof\":{}}\n").proof);
  CHECK(!read_prover_output("not json\n{\"proof\":7}\n").proof);
  gateway::ProofReport report;
  report.id = "x";
  const std::string line = gateway::proof_line(report);
  CHECK(read_prover_output(line).proof);
  CHECK(!read_prover_output(line.substr(0, line.size() - 1)).proof);
  const auto refused = read_prover_output(gateway::step_line("load") +
                                          gateway::refusal_line({"no_entry", "it has none"}));
  CHECK(refused.last_step == "load");
  REQUIRE(refused.refusal);
  CHECK(refused.refusal->code == "no_entry");
}
