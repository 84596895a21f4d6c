// Starting and stopping the daemon from the command line.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/error.hpp"

namespace gateway_app {

// Replaces this process by openclawd. Returns only when that failed.
gateway::Error exec_daemon(const std::string& program, const std::vector<std::string>& args);

// Starts openclawd in a session of its own, its output appended to `log`. Errors: start_failed.
gateway::Result<pid_t> spawn_daemon(const std::string& program,
                                    const std::vector<std::string>& args, const std::string& log);

// True once the process is gone, false when `limit` is over first.
bool wait_gone(pid_t pid, std::chrono::milliseconds limit);

// True if a child of this process has ended.
bool child_ended(pid_t pid);

// The last `lines` lines of a file, of those that begin at byte `from` or later.
std::string tail(const std::string& file, std::uintmax_t from, std::size_t lines);

}  // namespace gateway_app
