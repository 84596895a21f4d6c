// The store and the host's services, as domain code sees them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ansible {

using Digest = std::array<std::uint8_t, 32>;

struct ScanOptions {
  bool reverse = false;
  std::size_t limit = 1000;  // at least 1
};

enum class SignatureCheck : std::uint8_t {
  kValid,
  kWrong,   // not a signature of these bytes by this key
  kBadKey,  // not an Ed25519 public key
};

// One call's transaction. Reads see the call's own writes; nothing is visible to others before the host commits.
// A failing store throws StoreFailure, which only the boundary catches: domain code never handles it.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // The value of `key`, or nothing. The bytes live until the call ends.
  virtual std::optional<std::string_view> get(std::string_view key) = 0;
  virtual void put(std::string_view key, std::string_view value) = 0;
  virtual void erase(std::string_view key) = 0;

  // Visits [first, last) until the visitor returns false. The visitor must not use the transaction, and the bytes live
  // for the visit only: collect what you need.
  virtual void scan(
      std::string_view first, std::string_view last, ScanOptions options,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) = 0;

  // Random bytes, repeated when the host runs the call again. Use one label per purpose.
  virtual void random(std::string_view label, std::span<std::uint8_t> out) = 0;

  virtual Digest sha256(std::string_view data) = 0;

  // Checks an Ed25519 signature (64 bytes) over `data`; `public_key` is PEM text or the 32 raw bytes.
  virtual SignatureCheck ed25519_verify(std::string_view public_key, std::string_view data,
                                        std::string_view signature) = 0;

  virtual void log(std::uint32_t level, std::string_view text) = 0;  // level: GW_LOG_*
  virtual void metric(std::string_view name, double value) = 0;

  // True once a stepwise tool or sweep should end its step.
  virtual bool should_yield() = 0;
};

// A store or service call that failed with `status` (negative gw_status).
struct StoreFailure {
  std::int32_t status;
};

// The rows of a scan, collected.
using Rows = std::vector<std::pair<std::string, std::string>>;
Rows collect(Transaction& txn, std::string_view first, std::string_view last, ScanOptions options);

// The smallest key after every key that begins with `prefix`.
std::string prefix_end(std::string_view prefix);

}  // namespace ansible
