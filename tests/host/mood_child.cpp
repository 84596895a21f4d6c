// A gateway with crash reports that does one thing after the other, and dies of one of them.
//
//   mood_child DIRECTORY [swap FILE | act MOOD | act-and-kill MOOD]...
//
// act-and-kill kills the process while the call runs. Exit status 1: something failed.
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "gateway/sqlite_engine.hpp"
#include "host/options.hpp"

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
  if (argc < 2) return fail("usage");
  const std::string directory = argv[1];
  auto state = gateway::StateDir::acquire(directory + "/state");
  if (!state) return fail(state.error().message);
  gateway::SqliteOptions sqlite;
  sqlite.path = state->path() + "/store.db";
  auto engine = gateway::SqliteEngine::open(sqlite);
  if (!engine) return fail(engine.error().message);
  auto options = test::host_options(directory, "moody");
  options.crash_report = true;
  auto host = gateway::Host::open(options, std::move(*state), std::move(*engine));
  if (!host) return fail(host.error().message);

  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string what = argv[i];
    const std::string word = argv[i + 1];
    if (what == "swap") {
      if (auto swapped = (*host)->swap(word); !swapped) return fail(swapped.error().message);
    } else if (what == "act") {
      (*host)->run(act(word));
    } else {
      (*host)->call(act(word), {});
      while ((*host)->metrics().queued != 0) std::this_thread::yield();
      std::raise(SIGKILL);
    }
  }
  return 0;
}
