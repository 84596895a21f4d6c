#include "gateway/manifest.hpp"

#include <doctest/doctest.h>

#include <string>

#include "table_plugin.hpp"

using gateway::parse_manifest;
using gateway::SweepInfo;

TEST_CASE("A manifest gives tools by name, sweeps in order and the coordinator's key") {
  const auto manifest = parse_manifest(R"({
    "tools": [
      {"name": "b", "description": "B", "parameters": {"type": "object", "a": 1},
       "routeKey": "/task", "dryRunArg": "/dry_run", "maxReplyBytes": 1000},
      {"name": "a", "readOnly": true, "parameters": {}}],
    "sweeps": [{"name": "sla", "everySeconds": 30, "scope": "coordinator"},
               {"name": "pulse", "everySeconds": 15, "scope": "node"}],
    "coordinator": {"key": "coord/sweep", "pointer": "/node"},
    "metrics": [], "invariants": [{"prefix": "audit/", "writeOnce": true},
      {"prefix": "task/", "pointer": "/s", "transitions": [["a", "b"], ["b", 2]],
       "terminal": ["b"]}],
    "signals": [{"name": "storm", "prefix": "m/", "where": {"pointer": "/k", "value": {"x": 1}},
                 "budgetPointer": "/most", "kind": "escalation"}],
    "somethingNewer": true})");
  REQUIRE(manifest.ok());
  REQUIRE(manifest->tools.size() == 2);
  CHECK(manifest->tools[0].name == "a");
  CHECK(manifest->tool("a")->read_only);
  const auto* b = manifest->tool("b");
  REQUIRE(b != nullptr);
  CHECK(!b->read_only);
  CHECK(b->parameters_json == R"({"a":1,"type":"object"})");
  CHECK(b->route_key == "/task");
  CHECK(b->dry_run_arg == "/dry_run");
  CHECK(b->max_reply_bytes == 1000);
  CHECK(manifest->tool("c") == nullptr);
  REQUIRE(manifest->sweeps.size() == 2);
  CHECK(manifest->sweeps[0].scope == SweepInfo::Scope::kCoordinator);
  CHECK(manifest->sweep("pulse")->every_seconds == 15);
  CHECK(manifest->sweep("pulse")->scope == SweepInfo::Scope::kNode);
  CHECK(manifest->coordinator.key == "coord/sweep");
  CHECK(manifest->coordinator.pointer == "/node");
  REQUIRE(manifest->invariants.size() == 2);
  CHECK(manifest->invariants[0].write_once);
  CHECK(manifest->invariants[1].pointer == "/s");
  CHECK(manifest->invariants[1].transitions.at(1) ==
        std::pair<std::string, std::string>("\"b\"", "2"));
  CHECK(manifest->invariants[1].terminal == std::vector<std::string>{"\"b\""});
  REQUIRE(manifest->signals.size() == 1);
  CHECK(manifest->signals[0].value == R"({"x":1})");
  CHECK(manifest->signals[0].budget_pointer == "/most");
  CHECK(manifest->signals[0].kind == gateway::Signal::Kind::kEscalation);
}

TEST_CASE("An empty manifest is a plugin without tools") { CHECK(parse_manifest("{}").ok()); }

TEST_CASE("What is wrong in a manifest is named by its JSON pointer") {
  struct Case {
    const char* json;
    const char* words;
  };
  const Case cases[] = {
      {"", "at byte 0"},
      {R"({"tools": [], "tools": []})", "tools"},
      {"7", "expected a JSON object"},
      {R"({"tools": {}})", "/tools: expected an array"},
      {R"({"tools": [3]})", "/tools/0: expected an object, got 3"},
      {R"({"tools": [{"parameters": {}}]})", "/tools/0/name: expected a string, got nothing"},
      {R"({"tools": [{"name": "", "parameters": {}}]})", "/tools/0/name: expected a string that"},
      {R"({"tools": [{"name": "a/b", "parameters": {}}]})", "/tools/0/name: expected 1 to 100"},
      {R"({"tools": [{"name": "a"}]})", "/tools/0/parameters: expected a JSON Schema"},
      {R"({"tools": [{"name": "a", "parameters": true}]})", "/tools/0/parameters"},
      {R"({"tools": [{"name": "a", "parameters": {}, "readOnly": 1}]})",
       "/tools/0/readOnly: expected true or false, got 1"},
      {R"({"tools": [{"name": "a", "parameters": {}, "routeKey": "x"}]})",
       "/tools/0/routeKey: expected a JSON pointer"},
      {R"({"tools": [{"name": "a", "parameters": {}, "maxReplyBytes": -1}]})",
       "/tools/0/maxReplyBytes: expected an integer"},
      {R"({"tools": [{"name": "a", "parameters": {}}, {"name": "a", "parameters": {}}]})",
       "/tools/1/name: \"a\" is there twice"},
      {R"({"sweeps": [{"name": "s", "everySeconds": 0, "scope": "node"}]})",
       "/sweeps/0/everySeconds: expected an integer from 1 to 86400, got 0"},
      {R"({"sweeps": [{"name": "s", "everySeconds": 1.5, "scope": "node"}]})",
       "/sweeps/0/everySeconds"},
      {R"({"sweeps": [{"name": "s", "everySeconds": 5, "scope": "galaxy"}]})",
       "/sweeps/0/scope: expected \"node\" or \"coordinator\", got \"galaxy\""},
      {R"({"coordinator": {"pointer": "/n"}})", "/coordinator/key"},
      {R"({"signals": [1]})", "/signals/0: expected an object"},
      {R"({"signals": [{"name": "s", "prefix": "p/", "kind": "noise",
                        "where": {"pointer": "/a", "value": 1}}]})",
       "/signals/0/kind: expected \"escalation\" or \"pipeline_failure\", got \"noise\""},
      {R"({"signals": [{"name": "s", "prefix": "p/", "kind": "escalation", "where": {}}]})",
       "/signals/0/where: expected an object {pointer, value}"},
      {R"({"invariants": [{"writeOnce": true}]})", "/invariants/0/prefix: expected a string"},
      {R"({"invariants": [{"prefix": "p/"}]})", "/invariants/0/pointer"},
      {R"({"invariants": [{"prefix": "p/", "pointer": "/a", "transitions": [["x"]]}]})",
       "/invariants/0/transitions: expected an array of pairs [from, to]"},
      {R"({"configSchema": []})", "/configSchema"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.json);
    const auto manifest = parse_manifest(c.json);
    REQUIRE(!manifest.ok());
    CAPTURE(manifest.error().message);
    CHECK(manifest.error().code == "bad_manifest");
    CHECK(test::contains(manifest.error().message, c.words));
  }
}
