// Starting a program beside the gateway.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gateway/error.hpp"
#include "host/unique_fd.hpp"

namespace gateway {

// A program that runs, and our ends of its standard descriptors (sockets: writing to a child that is gone raises no
// SIGPIPE).
struct SpawnedChild {
  pid_t pid = -1;
  UniqueFd in, out, err;
};

// Spawns (never forks: a fork of a threaded process that then loads libraries can hang), in a process group of its own,
// with default signals, with the three standard descriptors and no other. `command[0]` is the program's path; no search
// in PATH. `environment` is all there is.
// Errors: prover_error.
// Thread rule: any.
Result<SpawnedChild> spawn_child(const std::vector<std::string>& command,
                                 const std::vector<std::string>& environment);

// Ends the child and its group, if need be, and takes its exit status. False when somebody else has taken the status
// (SIGCHLD is ignored in the host). To be called once.
bool kill_and_reap(pid_t pid, int& status);

// As kill_and_reap(), for a child that has ended: its status is its own.
bool reap(pid_t pid, int& status);

}  // namespace gateway
