// Outcomes, steps, dry runs and visibility of calls that meet no fault.
#include "gateway/executor.hpp"

#include "execution/rig.hpp"

using namespace gateway;
using namespace test_support;
using Kind = Outcome::Kind;

TEST_CASE("a call's writes are committed with its reply and seen by the next call") {
  Rig rig;
  const Outcome put = rig.run("put", kv("k", "v"));
  CHECK(put.kind == Kind::kReply);
  CHECK(put.status == GW_OK);
  CHECK(put.body == R"({"put":"k"})");
  CHECK(put.steps == 1);
  CHECK(put.request_id.size() == 36);
  CHECK(put.release.version == "1.0.0");
  CHECK(rig.stored("k") == "v");
  CHECK(rig.run("get", kv("k", "")).body == R"({"value":"v"})");
  CHECK(rig.run("look", kv("k", "")).sequence == put.sequence);
  CHECK(rig.run("erase", kv("k", "")).status == GW_OK);
  CHECK(rig.stored("k") == "-");
}

TEST_CASE("a refusal leaves nothing behind, a recorded refusal leaves its evidence") {
  Rig rig;
  const Outcome refused = rig.run("refuse", kv("a", "v"));
  CHECK(refused.kind == Kind::kReply);
  CHECK(refused.status == GW_REFUSED);
  CHECK(refused.body == R"({"code":"refused","error":"no"})");
  CHECK(rig.rows() == 0);
  const Outcome recorded = rig.run("refuse_recorded", kv("b", "v"));
  CHECK(recorded.status == GW_REFUSED_RECORDED);
  CHECK(rig.stored("b") == "v");
}

TEST_CASE("unknown names, an empty slot and the plugin's bugs are told apart") {
  Rig rig;
  CHECK(rig.run("no_such_tool").kind == Kind::kUnknownName);
  Request sweep = call("no_such_sweep");
  sweep.kind = Request::Kind::kSweep;
  CHECK(rig.run(sweep).kind == Kind::kUnknownName);

  const Outcome bug = rig.run("status", R"({"key":"k","status":77})");
  CHECK(bug.kind == Kind::kInternal);
  CHECK(bug.status == GW_INTERNAL);
  CHECK(rig.run("misuse", R"({"how":"host_key"})").kind == Kind::kInternal);
  CHECK(rig.run("misuse", R"({"how":"throws"})").kind == Kind::kInternal);
  CHECK(rig.run("write_anyway", R"({"how":""})").kind == Kind::kInternal);
  const Outcome large = rig.run("small_reply", R"({"bytes":200})");
  CHECK(large.kind == Kind::kStorage);
  CHECK(large.status == GW_TOO_LARGE);
  CHECK(rig.rows() == 0);

  rig.slot.clear();
  CHECK(rig.run("get", kv("k", "")).kind == Kind::kNoPlugin);
}

TEST_CASE("a stepwise call commits each step, sees its earlier ones, and replies once") {
  for (const int n : {1, 2, 64}) {
    Rig rig;
    const Outcome outcome = rig.run("steps", R"({"key":"s","n":)" + std::to_string(n) + "}");
    CHECK(outcome.body == R"({"seen":)" + std::to_string(n) + "}");
    CHECK(outcome.steps == static_cast<std::uint32_t>(n));
    CHECK(rig.stored("s/" + std::to_string(n - 1)) == "x");
    CHECK(rig.executor->metrics().batches == static_cast<std::uint64_t>(n));
  }
}

TEST_CASE("a stepwise call keeps its release when another is activated between its steps") {
  Rig rig;
  auto held = rig.hold_worker();
  auto steps = rig.start(call("steps", R"({"key":"s","n":5})"));
  rig.slot.activate(test_instance("2.0.0"));
  rig.release_worker();
  CHECK(steps.get().release.version == "1.0.0");
  CHECK(rig.run("put", kv("k", "v")).release.version == "2.0.0");
}

TEST_CASE("a dry run of several steps sees its own writes and leaves no trace") {
  Rig rig;
  REQUIRE(rig.run("put", kv("s/a", "v")).status == GW_OK);
  const std::size_t before = rig.rows();
  const Outcome dry = rig.run("steps", R"({"key":"s","n":7,"dry_run":true})");
  CHECK(dry.body == R"({"seen":8})");
  CHECK(dry.steps == 7);
  CHECK(rig.run("count", R"({"key":"c","dry_run":true})").body == R"({"count":1})");
  CHECK(rig.run("count", R"({"key":"c","dry_run":true})").body == R"({"count":1})");
  CHECK(rig.rows() == before);
  CHECK(rig.run("count", R"({"key":"c","dry_run":false})").body == R"({"count":1})");
  CHECK(rig.run("count", R"({"key":"c","dry_run":"true"})").body == R"({"count":2})");
}

TEST_CASE("a read-only call may have steps too, each on a snapshot of its own") {
  Rig rig;
  const Outcome outcome = rig.run("read_steps", R"({"key":"s","n":3})");
  CHECK(outcome.body == R"({"seen":0})");
  CHECK(outcome.steps == 3);
  CHECK(rig.engine.commits() == 0);
}

TEST_CASE("start and stop go through the same queue and may write") {
  Rig rig;
  Request start;
  start.kind = Request::Kind::kStart;
  start.caller_kind = GW_CALLER_HOST;
  CHECK(rig.run(start).body == R"({"starts":1})");
  Request stop = start;
  stop.kind = Request::Kind::kStop;
  rig.executor->drain(std::chrono::seconds(10));
  CHECK(rig.run(start).kind == Kind::kShuttingDown);
  CHECK(rig.run(stop).body == R"({"stops":1})");
}

TEST_CASE("the hook sees the request's ids, its caller and this node's role") {
  Rig rig;
  Request request = call("report");
  request.request_id = "r-1";
  request.trace_id = "t-1";
  request.caller_kind = GW_CALLER_AGENT;
  request.caller_agent = "amy";
  const Outcome alone = rig.run(request);
  CHECK(alone.request_id == "r-1");
  CHECK(alone.body.find(R"("caller_agent":"amy")") != std::string::npos);
  CHECK(alone.body.find(R"("now_ms":1000000)") != std::string::npos);
  CHECK(alone.body.find(R"("role":"coordinator","sweeps":true)") != std::string::npos);

  REQUIRE(rig.run("put", R"({"key":"coordinator","value":"{\"node\":\"n2\"}"})").status == GW_OK);
  const Outcome other = rig.run(request);
  CHECK(other.body.find(R"("role":"member")") != std::string::npos);
  CHECK(other.body.find("node n2 is the nominated coordinator") != std::string::npos);

  request.caller_kind = GW_CALLER_ANONYMOUS;  // then the name means nothing
  CHECK(rig.run(request).body.find(R"("caller_agent":"")") != std::string::npos);
}

TEST_CASE("the host keeps the highest committed time and one batch record, out of plugins' sight") {
  Rig rig;
  rig.run("put", kv("a", "1"));
  rig.clock.advance(5);
  rig.run("put", kv("b", "1"));
  CHECK(rig.stored(std::string_view("\0host/clock", 11)) == "1000005");
  CHECK(rig.rows() == 4);  // a, b, the clock and the last batch
  CHECK(rig.run("scan").body == R"({"rows":[["a","1"],["b","1"]]})");
}

TEST_CASE("a restart takes over what the process before left, and leaves one batch record again") {
  Rig first;
  first.run("put", kv("a", "1"));
  Rig second;
  const Write left[] = {{std::string("\0host/batch/old", 15), "1"},
                        {std::string("\0host/clock", 11), "2000000"}};
  REQUIRE(second.memory.commit({}, left).kind == CommitOutcome::Kind::kCommitted);
  second.run("put", kv("a", "1"));
  CHECK(second.stored(std::string_view("\0host/batch/old", 15)) == "-");
  CHECK(second.stored(std::string_view("\0host/clock", 11)) == "2000000");  // never goes back
}

TEST_CASE("what a call that commits has read is checked, scans and absences included") {
  Rig rig;
  rig.run("put", kv("c", "1"));
  rig.run("count", R"({"key":"n"})");
  bool found = false;
  for (const Check& check : rig.engine.last_checks()) {
    found = found || (check.key == "n" && check.version == 0);
  }
  CHECK(found);
}

TEST_CASE("logs and metrics of a call appear when its writes are durable, and only then") {
  Rig rig;
  rig.run("log", R"({"text":"kept"})");
  rig.run("log", R"({"text":"dropped","refuse":true})");
  CHECK(rig.log.contains("plugin: kept"));
  CHECK_FALSE(rig.log.contains("dropped"));
  CHECK(rig.executor->metrics().plugin.at("lines") == 1);
}

TEST_CASE("outcomes and times are counted per tool") {
  Rig rig;
  rig.run("put", kv("a", "1"));
  rig.run("refuse", kv("a", "1"));
  rig.run("get", kv("a", ""));
  rig.run("status", R"({"status":77})");
  Request tick = call("tick");
  tick.kind = Request::Kind::kSweep;
  rig.run(tick);
  const ExecutorMetrics metrics = rig.executor->metrics();
  CHECK(metrics.tools.at("put").outcomes.at("ok") == 1);
  CHECK(metrics.tools.at("put").queue.total == 1);
  CHECK(metrics.tools.at("put").run.total == 1);
  CHECK(metrics.tools.at("put").commit.total == 1);
  CHECK(metrics.tools.at("get").commit.total == 0);
  CHECK(metrics.tools.at("refuse").outcomes.at("refused") == 1);
  CHECK(metrics.tools.at("status").outcomes.at("internal") == 1);
  CHECK(metrics.tools.at("sweep:tick").outcomes.at("ok") == 1);
  CHECK(metrics.batches == 2);
  CHECK(metrics.committed_sequence == 2);
  CHECK(metrics.queued == 0);
}

TEST_CASE("an observer is told what each step read and wrote") {
  Rig rig;
  CallTrace last;
  std::string name;
  rig.executor->observe([&](const Request& request, const CallTrace& trace) {
    name = request.name;
    last = trace;
  });
  rig.run("count", R"({"key":"n"})");
  CHECK(name == "count");
  CHECK(last.keys_read == 1);
  CHECK(last.keys_written == 1);
  CHECK(last.bytes_written == 2);
}

TEST_CASE("the host commits keys of its own, also while no plugin is active") {
  Rig rig;
  rig.slot.clear();
  const std::string key("\0host/format", 12);
  REQUIRE(rig.executor->commit_host({{key, "2"}}).ok());
  CHECK(rig.stored(key) == "2");
  REQUIRE(rig.executor->commit_host({}).ok());
  rig.engine.plan({Fault::kNoSpace});
  const auto failed = rig.executor->commit_host({{key, "3"}});
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().status == GW_NO_SPACE);
  CHECK(rig.stored(key) == "2");
  rig.executor->drain(std::chrono::milliseconds(0));
  CHECK(rig.executor->commit_host({{key, "3"}}).error().status == GW_CANCELLED);
}
