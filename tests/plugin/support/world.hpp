// A gateway in a test: one node, one memory store, a clock that stands still.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "config/config.hpp"
#include "core/context.hpp"
#include "plugin/support/map_transaction.hpp"

namespace ansible_test {

namespace json = base::json;

// Who makes the next calls.
struct Caller {
  ansible::CallerKind kind = ansible::CallerKind::kOperator;
  std::string agent;  // with CallerKind::kAgent
};

class World {
 public:
  static constexpr std::int64_t kStart = 1'800'000'000'000;  // 2027-01-15T08:00:00Z

  // `config_json` is the plugin's configuration; node id "node-a". Runs the plugin's start.
  explicit World(std::string_view config_json = R"({"tier":"backbone"})");

  // Runs a tool to its end and returns its reply (with "error" and "code" when refused). Writes are committed unless it
  // was refused or a dry run ("dry_run": true).
  json::object call(std::string_view tool, std::string_view args_json);
  json::object call(std::string_view tool, const json::object& args);

  // The same, and fails the test with the reply's text when it is a refusal.
  json::object ok(std::string_view tool, const json::object& args);

  // Runs at most `steps` steps and forgets the continuation, as if the process had been killed. True if it ended.
  bool call_and_kill(std::string_view tool, const json::object& args, std::size_t steps);
  bool evidence_kept = false;  // the last call was refused, and what it wrote stays
  json::object last_reply;     // of the last call or sweep that ended

  // Repeats the random bytes of the calls from here on (each call has its own otherwise).
  void reseed(std::uint64_t seed) { calls_ = seed; }

  json::object sweep(std::string_view name);
  bool sweep_and_kill(std::string_view name, std::size_t steps);

  void start();  // the plugin's start hook
  void stop();   // its stop hook

  void advance_ms(std::int64_t ms) { now_ms += ms; }

  // Registers an internal agent of this node (or an external one) as the operator; returns its token.
  std::string agent(std::string_view id, std::string_view type = "internal");

  Store store;
  ansible::Config config;
  std::int64_t now_ms = kStart;
  std::string node_id = "node-a";
  Caller caller;
  bool sweeps = true;           // does this node hold the coordinator's lease
  std::size_t yield_every = 0;  // acts per step; 0 = all in one
  std::size_t keys_read = 0;    // of the last call, all steps
  std::size_t keys_written = 0;
  std::size_t steps = 0;

 private:
  std::optional<json::object> run(std::string_view name, std::string_view args_json, bool sweep,
                                  std::size_t max_steps);
  ansible::Context context(MapTransaction& txn) const;
  void lifecycle(void (*act)(ansible::Context&));
  std::uint64_t calls_ = 0;
};

std::string text_of(const json::object& reply, std::string_view name);  // "" when it is no text
std::string code_of(const json::object& reply);                         // "ok" without an error

// How many keys of the store begin so.
std::size_t rows(const World& world, std::string_view prefix);

}  // namespace ansible_test
