// One step: what a hook gets, what it may do, and what becomes of it.
#include "execution/transition.hpp"

#include <doctest/doctest.h>

#include "base/json.hpp"
#include "gateway/memory_engine.hpp"
#include "support/test_plugin.hpp"

using namespace gateway;

namespace {

struct Bench {
  MemoryEngine engine;
  std::unique_ptr<Instance> instance = test_support::test_instance();
  StepInput input;

  Bench() {
    const Write rows[] = {{"a", "1"}, {"b", "2"}};
    REQUIRE(engine.commit({}, rows).kind == CommitOutcome::Kind::kCommitted);
    input.request_id = "request-1";
    input.node_id = "node-1";
  }

  StepResult run(std::string_view tool, std::string_view args) {
    auto snapshot = std::move(*engine.snapshot());
    View view(*snapshot);
    input.name = tool;
    input.args_json = args;
    return run_step(*instance, view, input);
  }
};

bool holds_nothing(const StepResult& result) {
  return result.writes.empty() && result.logs.empty() && result.metrics.empty();
}

}  // namespace

TEST_CASE("every status that a hook can return keeps or drops its writes as the ABI's table says") {
  struct Row {
    int returned;
    gw_status status;
    bool kept;
  };
  const Row rows[] = {
      {0, GW_OK, true},          {1, GW_REFUSED, false},    {2, GW_REFUSED_RECORDED, true},
      {3, GW_MORE, true},        {4, GW_INTERNAL, false},  // GW_STOP is for visitors
      {5, GW_INTERNAL, false},   {77, GW_INTERNAL, false},  {-2, GW_INVALID, false},
      {-3, GW_MISUSE, false},    {-4, GW_TOO_LARGE, false}, {-9, GW_INTERNAL, false},
      {-10, GW_INTERNAL, false},
  };
  Bench bench;
  for (const Row& row : rows) {
    CAPTURE(row.returned);
    const StepResult result =
        bench.run("status", R"({"key":"k","status":)" + std::to_string(row.returned) + "}");
    CHECK(result.status == row.status);
    CHECK((result.writes.size() == 1) == row.kept);
    CHECK(result.body.empty() == (row.status < 0));
    CHECK(result.error.empty() == (row.status >= 0));
  }
}

TEST_CASE("a status of the store that no function returned is the plugin's own failure") {
  Bench bench;
  for (const gw_status said :
       {GW_CONFLICT, GW_NO_SPACE, GW_CORRUPT, GW_UNAVAILABLE, GW_CANCELLED}) {
    CAPTURE(said);
    const std::string args = R"({"key":"k","status":)" + std::to_string(said) + "}";
    const StepResult result = bench.run("status", args);
    CHECK(result.status == GW_INTERNAL);
    CHECK(result.writes.empty());
    CHECK(result.error.find(status_name(said)) != std::string::npos);
  }
}

TEST_CASE("a hook that looks whether it is cancelled may return with any status then") {
  Bench bench;
  const std::atomic<bool> cut{true};
  bench.input.cut = &cut;
  CHECK(bench.run("status", R"({"status":-8})").status == GW_CANCELLED);
  CHECK(bench.run("status", R"({"status":-7})").status == GW_UNAVAILABLE);
}

TEST_CASE("GW_MORE is for hooks with steps: start, stop and self_test may not return it") {
  Bench bench;
  for (const Hook hook : {Hook::kStart, Hook::kStop, Hook::kSelfTest}) {
    bench.input.hook = hook;
    CHECK(bench.run("", "{}").status == GW_OK);
  }
  bench.input.hook = Hook::kSweep;
  CHECK(bench.run("tick", "{}").status == GW_OK);
}

TEST_CASE("a failed store, sink or service call sticks: the hook's GW_OK and its writes do not") {
  struct Row {
    const char* how;
    gw_status status;
  };
  const Row rows[] = {
      {"host_key", GW_INVALID},    {"empty_key", GW_INVALID},   {"long_key", GW_INVALID},
      {"big_value", GW_TOO_LARGE}, {"limit_0", GW_INVALID},     {"flags", GW_INVALID},
      {"nested", GW_MISUSE},       {"visit_fails", GW_CORRUPT}, {"visit_odd", GW_INTERNAL},
      {"no_label", GW_INVALID},    {"too_random", GW_INVALID},  {"throws", GW_INTERNAL},
  };
  Bench bench;
  for (const Row& row : rows) {
    CAPTURE(row.how);
    const StepResult result = bench.run("misuse", R"({"how":")" + std::string(row.how) + "\"}");
    CHECK(result.status == row.status);
    CHECK(holds_nothing(result));
    CHECK(result.body.empty());
    CHECK_FALSE(result.error.empty());
  }
  CHECK(bench.run("misuse", R"({"how":"throws"})").error.find("out of luck") != std::string::npos);
}

TEST_CASE("a public key that is none is told, but does not stick") {
  Bench bench;
  const StepResult result = bench.run("misuse", R"({"how":"bad_key"})");
  CHECK(result.status == GW_OK);
  CHECK(result.writes.size() == 1);
  CHECK(result.body.find("not an Ed25519 public key") != std::string::npos);
}

TEST_CASE("a read-only call that writes is a misuse") {
  Bench bench;
  bench.input.flags = GW_CALL_READ_ONLY;
  const StepResult result = bench.run("write_anyway", R"({"how":""})");
  CHECK(result.status == GW_MISUSE);
  CHECK(result.writes.empty());
}

TEST_CASE("a reply over the limit is too large, one at the limit is not") {
  Bench bench;
  bench.input.max_reply = 108;  // {"x":"..."} around 100 bytes
  CHECK(bench.run("big", R"({"bytes":100})").status == GW_OK);
  const StepResult result = bench.run("big", R"({"bytes":101})");
  CHECK(result.status == GW_TOO_LARGE);
  CHECK(result.body.empty());
}

TEST_CASE("a call that the host has given up fails at its next store call") {
  Bench bench;
  const std::atomic<bool> cancelled{true};
  bench.input.cancelled = &cancelled;
  CHECK(bench.run("get", R"({"key":"a"})").status == GW_CANCELLED);
}

TEST_CASE("logs and metrics are kept with the writes, and with every read-only call") {
  Bench bench;
  const StepResult kept = bench.run("log", R"({"text":"done"})");
  REQUIRE(kept.logs.size() == 1);
  CHECK(kept.logs[0].text == "done");
  CHECK(kept.metrics.at("lines") == 1);
  CHECK(holds_nothing(bench.run("log", R"({"text":"done","refuse":true})")));
  bench.input.flags = GW_CALL_READ_ONLY;
  CHECK(bench.run("read_log", R"({"text":"seen","refuse":true})").logs.size() == 1);
}

TEST_CASE("random bytes repeat when the step runs again, and differ in another step or request") {
  Bench bench;
  const auto hex = [&] {
    auto reply = base::json::parse(bench.run("random", "{}").body);
    REQUIRE(reply.ok());
    return base::json::canonical(*base::json::find(*reply, "hex"));
  };
  bench.input.seed = crypto::make_seed(1);
  const std::string first = hex();
  bench.input.attempt = 1;
  CHECK(hex() == first);
  bench.input.request_id = "request-2";
  CHECK(hex() != first);
  bench.input.request_id = "request-1";
  bench.input.seed = crypto::make_seed(2);
  CHECK(hex() != first);
}

TEST_CASE("the hook is told who calls, when, and which node this is") {
  Bench bench;
  bench.input.trace_id = "trace-1";
  bench.input.caller_kind = GW_CALLER_AGENT;
  bench.input.caller_agent = "amy";
  bench.input.now_ms = 1234;
  bench.input.role = {false, "node n2 is the nominated coordinator", "n2", 7};
  bench.input.slice = std::chrono::microseconds(0);
  CHECK(bench.run("report", "{}").body ==
        R"({"caller_agent":"amy","caller_kind":1,"flags":0,"holder":"n2","node_id":"node-1",)"
        R"("now_ms":1234,"reason":"node n2 is the nominated coordinator","request_id":"request-1",)"
        R"("role":"member","sweeps":false,"trace_id":"trace-1","yield":true})");
}

TEST_CASE("the host offers gateway.node/1 and its limits, and nothing it does not know") {
  const gw_host& host = host_table();
  CHECK(host.size == sizeof(gw_host));
  CHECK(host.max_value == 1u << 20);
  const auto query = [&](std::string_view name) {
    return host.query(host.ctx, {name.data(), name.size()});
  };
  CHECK(query("gateway.node/1") != nullptr);
  CHECK(query("gateway.node/2") == nullptr);
  CHECK(query("") == nullptr);

  // A plugin that knows fewer fields gets fewer.
  gw_node_info info{};
  info.size = 8;
  CHECK(static_cast<const gw_node*>(query("gateway.node/1"))->describe(nullptr, &info) ==
        GW_MISUSE);
}
