// A gateway that dies at a named step of what it is told to do.
//
//   crash_child DIRECTORY POINT boot
//   crash_child DIRECTORY POINT swap WHAT
//   crash_child DIRECTORY POINT rollback           to a release that is not loaded any more
//   crash_child DIRECTORY POINT swap-rollback WHAT to the release that is still loaded
//   crash_child DIRECTORY POINT file FILE          puts FILE over the configured library and waits
//
// Exit status: killed at POINT; 0 the step was never reached; 1 something failed.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "gateway/sqlite_engine.hpp"
#include "host/options.hpp"

namespace {

int fail(const std::string& message) {
  std::fprintf(stderr, "crash_child: %s\n", message.c_str());
  return 1;
}

// The name of the step is read from a file, which can be written while the gateway's threads run; the
// environment cannot be changed then.
class Trigger {
 public:
  explicit Trigger(std::string file) : file_(std::move(file)) {
    std::filesystem::remove(file_);  // an earlier child's
    ::setenv("GATEWAY_STOP_AT", ("@" + file_).c_str(), 1);
  }
  void arm(const char* point) const { std::ofstream(file_) << point; }

 private:
  std::string file_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return fail("usage");
  const std::string directory = argv[1];
  const char* const point = argv[2];
  const std::string action = argv[3];
  const std::string what = argc > 4 ? argv[4] : "";

  const Trigger trigger(directory + "/stop_at");
  if (action == "boot") trigger.arm(point);
  auto state = gateway::StateDir::acquire(directory + "/state");
  if (!state) return fail(state.error().message);
  gateway::SqliteOptions sqlite;
  sqlite.path = state->path() + "/store.db";
  auto engine = gateway::SqliteEngine::open(sqlite);
  if (!engine) return fail(engine.error().message);
  auto host = gateway::Host::open(test::host_options(directory, "echo"), std::move(*state),
                                  std::move(*engine));
  if (!host) return fail(host.error().message);
  if (action == "boot") return 0;

  if (action == "swap-rollback") {
    if (auto swapped = (*host)->swap(what); !swapped) return fail(swapped.error().message);
  }
  trigger.arm(point);
  if (action == "file") {
    std::error_code error;
    const std::string library = directory + "/lib/plugin.so";
    std::filesystem::copy_file(what, library + ".new", error);
    std::filesystem::rename(library + ".new", library, error);
    if (error) return fail(error.message());
    for (;;) ::pause();
  }
  gateway::Result<void> done;
  if (action == "swap") {
    if (auto swapped = (*host)->swap(what); !swapped) done = swapped.error();
  } else if (auto back = (*host)->rollback(); !back) {
    done = back.error();
  }
  return done ? 0 : fail(done.error().message);
}
