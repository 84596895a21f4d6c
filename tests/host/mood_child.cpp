// A gateway with crash reports that does one thing after the other, and dies of one of them.
//
//   mood_child DIRECTORY PLUGIN DEED WORD [DEED WORD]...
//
//   install|swap|upgrade FILE   act MOOD   act-and-kill MOOD (kills the process while the call runs)
//   canary FILE (in the split)  abort - (that canary)
//   window MS                   before all others: how long a watch lasts
//   arm POINT                   from here on it dies at this step (host/stop_point.hpp)
//   wait -                      until it dies
//
// Exit status 1: something failed.
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gateway/sqlite_engine.hpp"
#include "host/options.hpp"

// It dies of a signal as it would without a sanitizer, whose own reports would be beside the host's.
// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizers' names.
extern "C" const char* __tsan_default_options();
extern "C" const char* __asan_default_options();
extern "C" const char* __tsan_default_options() { return "handle_segv=0:handle_abort=0"; }
extern "C" const char* __asan_default_options() { return "handle_segv=0:handle_abort=0"; }
// NOLINTEND(bugprone-reserved-identifier)

namespace {

int fail(const std::string& message) {
  std::fprintf(stderr, "mood_child: %s\n", message.c_str());
  return 1;
}

gateway::Request act(const std::string& mood) {
  gateway::Request request;
  request.name = "act";
  request.args_json = "{\"mood\":\"" + mood + "\"}";
  request.caller_kind = GW_CALLER_OPERATOR;
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail("usage");
  const std::string directory = argv[1];
  const std::string stop_file = directory + "/stop_at";
  std::filesystem::remove(stop_file);
  ::setenv("GATEWAY_STOP_AT", ("@" + stop_file).c_str(), 1);
  auto state = gateway::StateDir::acquire(directory + "/state");
  if (!state) return fail(state.error().message);
  gateway::SqliteOptions sqlite;
  sqlite.path = state->path() + "/store.db";
  auto engine = gateway::SqliteEngine::open(sqlite);
  if (!engine) return fail(engine.error().message);
  auto options = test::host_options(directory, argv[2]);
  options.crash_report = true;
  options.backup = [store = engine->get()](const std::string& file) -> gateway::Result<void> {
    if (auto done = store->backup(file); !done) {
      return gateway::Error{"backup_failed", done.error().message};
    }
    return {};
  };
  int next = 3;
  if (argc > 4 && std::string(argv[3]) == "window") {
    options.watch_window = std::chrono::milliseconds(std::stoi(argv[4]));
    next = 5;
  }
  auto host = gateway::Host::open(options, std::move(*state), std::move(*engine));
  if (!host) return fail(host.error().message);

  for (int i = next; i + 1 < argc; i += 2) {
    const std::string deed = argv[i];
    const std::string word = argv[i + 1];
    if (deed == "arm") {
      std::ofstream(stop_file) << word;
    } else if (deed == "wait") {
      for (;;) ::pause();
    } else if (deed == "act") {
      (*host)->run(act(word));
    } else if (deed == "canary") {
      gateway::CanaryPolicy policy;
      policy.from_stage = gateway::CanaryStage::kSplit;
      if (auto begun = (*host)->start_canary(word, policy); !begun) {
        return fail(begun.error().message);
      }
    } else if (deed == "abort") {
      const auto ended = (*host)->steer_canary(gateway::CanaryOrder::kAbort);
      if (!ended) return fail(ended.error().message);
    } else if (deed == "act-and-kill") {
      (*host)->call(act(word), {});
      while ((*host)->metrics().queued != 0) std::this_thread::yield();
      std::raise(SIGKILL);
    } else {
      const auto done = deed == "install"   ? (*host)->install(word)
                        : deed == "upgrade" ? (*host)->upgrade(word)
                                            : (*host)->swap(word);
      if (!done) return fail(done.error().message);
    }
  }
  return 0;
}
