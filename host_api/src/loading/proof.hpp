// The steps of a proof, run in the prover's process.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "gateway/error.hpp"
#include "loading/prover_client.hpp"

namespace gateway {

// Loads `library`, shakes hands, creates an instance with `config_json`, and on an empty memory
// store runs self_test, one read-only tool that requires no arguments (if there is one) and the
// first sweep; then destroys and unloads.
// `on_step` is told each step's name before it begins.
// Errors: prove_failed (names the step), and those of Library::open and Instance::create.
// Thread rule: the prover's only thread.
Result<ProofReport> run_proof(const std::string& library, const std::string& config_json,
                              const std::string& node_id,
                              const std::function<void(std::string_view step)>& on_step);

}  // namespace gateway
