// The shadow's side: a candidate that answers the questions of the gateway.
#pragma once

#include <string>

namespace gateway {

// Loads `library`, creates an instance with the configuration that the gateway sends, and answers steps until the
// gateway closes the connection. Nothing it writes goes anywhere but into its answers.
// Returns the process's exit status (proof_report.hpp).
// Thread rule: the prover's only thread.
int serve_shadow(int connection, const std::string& library);

}  // namespace gateway
