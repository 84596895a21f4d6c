// Trying a library in a process of its own before the gateway maps it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/error.hpp"

namespace gateway {

// What a library says about itself, once it has proved to work.
struct ProofReport {
  std::string id;
  std::string version;
  std::string build_id;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::uint32_t min_host_minor = 0;
  std::uint32_t data_format_read_min = 0;
  std::uint32_t data_format_read_max = 0;
  std::uint32_t data_format_write = 0;
  std::string manifest_json;
  std::vector<std::string> warnings;  // of create ("path: message"), and what the prover noticed
};

struct ProverOptions {
  std::string prover;  // path of gateway-prover
  std::chrono::milliseconds timeout{5'000};
  std::string node_id = "prover";
  std::uint64_t max_data_bytes = 1u << 30;  // RLIMIT_DATA of the child; 0 = none
};

// Runs `gateway-prover` on `library`: load, handshake, create with `config_json`, self-test, one
// read-only call, one sweep, destroy, unload. Nothing of the library is mapped here.
// `name` is what messages call it; empty: the file's name.
// Errors, with the child's last words where it left any:
//   a bad library   prove_crashed (names the signal), prove_exited (it ended the process itself),
//                   prove_failed (names the step), and what Library::open and Instance::create
//                   refuse: load_failed, no_entry, no_table, abi_mismatch, bad_table, bad_manifest,
//                   create_failed
//   not its fault   prove_timeout, prover_error (the prover cannot run), config_invalid: these may
//                   pass
// Thread rule: any.
Result<ProofReport> prove(const ProverOptions& options, const std::string& library,
                          const std::string& config_json, const std::string& name = {});

}  // namespace gateway
