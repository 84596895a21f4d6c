// What the prover tells the gateway: lines of JSON on its standard output.
//
//   {"step": "create"}                               before each step: the place of a crash
//   {"proof": {id, version, ...}}                    the last line, when all went well
//   {"refused": {"code": ..., "message": ...}}       the last line otherwise
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/error.hpp"
#include "loading/prover_client.hpp"

namespace gateway {

std::string step_line(std::string_view step);
std::string proof_line(const ProofReport& report);
std::string refusal_line(const Error& error);

// The prover's whole output, read back. A library could have written here too: nothing in it is
// trusted to be there.
struct ProverOutput {
  std::string last_step;  // empty: none was begun
  std::optional<ProofReport> proof;
  std::optional<Error> refusal;
};
ProverOutput read_prover_output(std::string_view output);

// Exit codes of gateway-prover, for scripts; the gateway reads the lines.
inline constexpr int kExitProved = 0;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitRefused = 10;        // the library is at fault
inline constexpr int kExitConfigInvalid = 11;  // the configuration is
inline constexpr int kExitTrouble = 12;        // neither: reading or writing failed

}  // namespace gateway
