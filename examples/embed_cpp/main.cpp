// The smallest honest embedding: open a store, load the plugin, call a tool, run a sweep, swap.
//
//   embed_cpp STATE_DIR PLUGIN.so OTHER_PLUGIN.so PROVER
#include <cstdio>
#include <memory>
#include <string>

#include "gateway/host.hpp"
#include "gateway/sqlite_engine.hpp"
#include "gateway/state_dir.hpp"

namespace {

int fail(const std::string& message) {
  std::fprintf(stderr, "embed_cpp: %s\n", message.c_str());
  return 1;
}

gateway::Outcome call(gateway::Host& host, gateway::Request::Kind kind, const char* name,
                      const char* args) {
  gateway::Request request;
  request.kind = kind;
  request.name = name;
  request.args_json = args;
  request.caller_kind =
      kind == gateway::Request::Kind::kSweep ? GW_CALLER_HOST : GW_CALLER_OPERATOR;
  gateway::Outcome outcome = host.run(std::move(request));
  std::printf("%s -> %s\n\n", name,
              outcome.body.empty() ? outcome.message.c_str() : outcome.body.c_str());
  return outcome;
}

bool answered(const gateway::Outcome& outcome) {
  return outcome.kind == gateway::Outcome::Kind::kReply && outcome.status == GW_OK;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) return fail("usage: embed_cpp STATE_DIR PLUGIN.so OTHER_PLUGIN.so PROVER");

  auto state = gateway::StateDir::acquire(argv[1]);  // one gateway per directory
  if (!state.ok()) return fail(state.error().message);
  auto engine = gateway::SqliteEngine::open({.path = state->path() + "/ansible.db"});
  if (!engine.ok()) return fail(engine.error().message);

  gateway::HostOptions options;
  options.node.node_id = "embedded";
  options.library = argv[2];
  options.config_json = R"({"tier":"backbone"})";
  options.prover = argv[4];
  auto opened = gateway::Host::open(options, std::move(*state), std::move(*engine));
  if (!opened.ok()) return fail(opened.error().message);
  gateway::Host& host = **opened;
  if (!host.active()) return fail(host.status().reason);

  using Kind = gateway::Request::Kind;
  const char* task = R"({"title":"Say hello","description":"To the world","assignedTo":"embedded",
                         "sla":{"acceptSlaSeconds":60}})";
  if (!answered(call(host, Kind::kTool, "ansible_delegate_task", task))) return 1;
  if (!answered(call(host, Kind::kSweep, "sla", "{}"))) return 1;

  const auto swapped = host.swap(argv[3]);  // calls in flight finish on the old release
  if (!swapped.ok()) return fail(swapped.error().message);
  std::printf("swapped to %s\n\n", swapped->release.version.c_str());
  return answered(call(host, Kind::kTool, "ansible_status", "{}")) ? 0 : 1;
}
