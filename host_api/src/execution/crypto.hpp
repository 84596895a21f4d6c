// The cryptography that plugins get from the host, and the host's own randomness. The one place
// that speaks to OpenSSL in execution.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gateway::crypto {

using Digest = std::array<std::uint8_t, 32>;

// Thread rule of all: any thread. Failures of the library itself (out of memory) throw
// std::runtime_error.
Digest sha256(std::string_view data);
Digest hmac_sha256(std::string_view key, std::string_view data);

enum class Signature : std::uint8_t { kValid, kForged, kBadKey };

// `public_key` is PEM text or the 32 raw bytes; a valid signature has 64 bytes.
Signature ed25519_verify(std::string_view public_key, std::string_view data,
                         std::string_view signature);

// Fills `out` from the system's CSPRNG.
void system_random(void* out, std::size_t n);

// A random UUID (version 4) as text.
std::string uuid_v4();

// What services.random is derived from: 256 secret bits of the process, or a fixed number for a
// repeatable run.
using Seed = std::array<std::uint8_t, 32>;
Seed make_seed(std::uint64_t number);  // 0: from the system's CSPRNG

// An endless stream of random bytes, derived by HMAC-SHA-256 in counter mode from (seed, request,
// step, label): the same inputs repeat it, any other input gives an unrelated one.
class RandomStream {
 public:
  RandomStream(const Seed& seed, std::string_view request_id, std::uint32_t step,
               std::string_view label);
  void draw(std::uint8_t* out, std::size_t n);  // continues where the draw before ended

 private:
  Digest key_;
  Digest block_{};
  std::size_t used_ = sizeof(Digest);  // bytes of block_ given away; full: the next block is due
  std::uint64_t counter_ = 0;
};

}  // namespace gateway::crypto
