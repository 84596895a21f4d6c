// The side of a replay that runs in the prover's process.
#pragma once

#include <string>

namespace gateway {

// Loads `library`, creates an instance with the configuration that comes over `connection`, puts the rows that come into
// a store in memory, and runs the steps that come on it, one after the other, until the connection is closed. A dry run's
// steps see each other's writes, and nobody else does.
// Returns the process's exit status (proof_report.hpp).
// Thread rule: the prover's only thread.
int serve_replay(int connection, const std::string& library);

}  // namespace gateway
