// Bad arguments, generated from the tool table, against a store with something in it: a clear
// refusal, and not one byte of the store is different afterwards.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "plugin/support/inputs.hpp"
#include "plugin/support/tasks.hpp"
#include "plugin/support/world.hpp"

using namespace ansible_test;

namespace {

// A gateway with agents, messages, and tasks in several statuses.
struct Populated : World {
  Populated() {
    for (const char* id : {"architect", "worker", "other"}) agent(id);
    task_in(*this, "in_progress", "worker");
    task_in(*this, "completed", "worker");
    pending = delegate(*this, "worker", {{"sla", {{"acceptSlaSeconds", 60}}}});
    ok("ansible_send_message", {{"to", "worker"}, {"content", "hello"}});
  }
  std::string pending;
};

// The tool's minimal arguments, with a task and an agent that exist.
json::object base_args(const ansible::Tool& tool, const Populated& world) {
  json::object args = minimal_args(tool.params);
  if (args.contains("taskId")) args["taskId"] = world.pending;
  if (args.contains("agent_id")) args["agent_id"] = "worker";
  return args;
}

// Keys stay in their places whatever ids say: printable, a known first part.
bool well_formed(std::string_view key) {
  static constexpr std::string_view kPlaces[] = {
      "agent",
      "agent-at",
      "agent-invite",
      "agent-invite-of",
      "agent-invite-token",
      "agent-load",
      "agent-sink",
      "agent-sink-secret",
      "agent-token",
      "audit",
      "audit-time",
      "broadcast",
      "broadcast-read",
      "by-assignee",
      "by-claimer",
      "by-creator",
      "by-status",
      "cap-catalog",
      "cap-distribution",
      "cap-health",
      "cap-index",
      "cap-manifest",
      "cap-pipeline",
      "cap-revision",
      "cap-soak",
      "cap-stage",
      "cap-wiring",
      "context",
      "context-time",
      "conversation",
      "coordination",
      "dead-letter",
      "delegation-ack",
      "delegation-policy",
      "delegation-policy-text",
      "delivery",
      "distribution-open",
      "distribution-target",
      "due",
      "held",
      "inbox",
      "inbox-state",
      "lease",
      "ledger",
      "ledger-left",
      "lock-sweep",
      "message",
      "message-count",
      "message-sweep",
      "message-time",
      "node",
      "node-invite",
      "node-key",
      "node-nonce",
      "node-revoked",
      "node-ticket",
      "outbox",
      "outbox-due",
      "outbox-queue",
      "outbox-waiting",
      "preference",
      "prune",
      "pulse",
      "retention-last",
      "skill",
      "skills",
      "sla-count",
      "sla-held",
      "sla-last",
      "sla-part",
      "sla-run",
      "task",
      "task-count",
      "task-sla",
      "task-time",
      "told",
  };
  const std::string_view place = key.substr(0, key.find('/'));
  return std::find(std::begin(kPlaces), std::end(kPlaces), place) != std::end(kPlaces) &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > 0x20 && c < 0x7F; }) &&
         key.find("//") == std::string_view::npos;
}

void check_reply(const Input& input, const json::object& reply) {
  const std::string code = code_of(reply);
  if (!input.valid) {
    CHECK(code == "invalid_argument");
    const std::string pointer(reply.at("pointer").as_string());
    CHECK_MESSAGE(pointer.rfind(input.pointer, 0) == 0, pointer);
  }
  const json::value* extra = input.args.if_contains("no_such_argument");
  if (extra != nullptr && !extra->is_null() && code == "ok") {
    CHECK(json::canonical(reply.at("warnings")).find("no_such_argument") != std::string::npos);
  }
}

}  // namespace

TEST_CASE("ARG-1, ARG-2: whatever argument a tool refuses, the store is the same afterwards") {
  Populated world;
  const Store before = world.store;
  std::size_t refused = 0;
  for (const ansible::Tool& tool : ansible::all_tools()) {
    for (const Input& input : generated_inputs(tool.params, base_args(tool, world))) {
      INFO(tool.name << " with " << input.what);
      const json::object reply = world.call(tool.name, input.args);
      check_reply(input, reply);
      if (code_of(reply) == "ok") {
        world.store = before;
        continue;
      }
      ++refused;
      CHECK((world.store == before) != world.evidence_kept);
      CHECK((input.valid || !world.evidence_kept));
      world.store = before;
    }
  }
  CHECK(refused > 1000);
}

TEST_CASE("ARG-2: arguments that are no JSON object are refused and change nothing") {
  Populated world;
  const Store before = world.store;
  for (const ansible::Tool& tool : ansible::all_tools()) {
    for (const std::string_view text :
         {"", "{", "null", "[]", "7", "\"x\"", "{\"a\":1,\"a\":2}", "{\"a\":1e999}", "{\"a\":NaN}",
          "{} {}", "{\"title\":\"\xFF\xFE\"}", "{\"title\":\"\\ud800\"}"}) {
      INFO(tool.name << " with " << text);
      CHECK(code_of(world.call(tool.name, text)) == "invalid_argument");
      CHECK(world.store == before);
    }
  }
}

TEST_CASE("ARG-3: texts with path characters, quotes or controls never leave their place") {
  Populated world;
  const Store before = world.store;
  const std::vector<std::string> hostile = {"../../etc/passwd",
                                            "a/b",
                                            "/",
                                            "..",
                                            "%2e%2e%2f",
                                            "-rf",
                                            ".hidden",
                                            " ",
                                            "a b",
                                            "a\tb",
                                            "a\x01z",
                                            "a\"b\\",
                                            "'; --",
                                            "\xC3\xBC\xE2\x82\xAC",
                                            std::string("a\0b", 3),
                                            "agent/worker",
                                            "at_0",
                                            "*",
                                            "~"};
  std::size_t tried = 0;
  for (const ansible::Tool& tool : ansible::all_tools()) {
    for (const ansible::Param& param : tool.params) {
      using enum ansible::ParamType;
      if (param.type != kString && param.type != kStrings && param.type != kStringOrStrings)
        continue;
      for (const std::string& text : hostile) {
        INFO(tool.name << " with " << param.name << " = " << json::canonical(json::value(text)));
        json::object args = base_args(tool, world);
        args[param.name] =
            param.type == kString ? json::value(text) : json::array{json::value(text)};
        const json::object reply = world.call(tool.name, args);
        if (code_of(reply) != "ok") CHECK((world.store == before) != world.evidence_kept);
        for (const auto& [key, value] : world.store) {
          CHECK_MESSAGE(well_formed(key), key);
        }
        world.store = before;
        ++tried;
      }
    }
  }
  CHECK(tried > 1000);
}
