// Runs one program to its end, within limits.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "gateway/error.hpp"

namespace gateway {

struct ChildOptions {
  std::vector<std::string> command;      // [0] is the program's path; no search in PATH
  std::vector<std::string> environment;  // NAME=value; all there is
  std::string input;                     // its standard input
  std::chrono::milliseconds timeout{5'000};
  std::size_t max_output = 8u << 20;      // of standard output; more ends it
  std::size_t max_error_tail = 4u << 10;  // of standard error, the last bytes are kept
};

struct ChildResult {
  enum class End {
    kExited,     // `code` is the exit status
    kSignalled,  // `code` is the signal
    kTimeout,    // killed
    kTooLoud,    // killed: more than max_output
  };
  End end = End::kExited;
  int code = 0;
  std::string output;
  std::string error_tail;
};

// Spawns the program (spawn.hpp). When it ends, or has to be ended, the whole group is killed and the child is reaped.
// Errors: prover_error (cannot be started or watched).
// Thread rule: any; blocks.
Result<ChildResult> run_child(const ChildOptions& options);

}  // namespace gateway
