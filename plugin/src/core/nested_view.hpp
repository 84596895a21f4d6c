// A transaction inside a transaction: what must happen whole or not at all within one call.
#pragma once

#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/transaction.hpp"

namespace ansible {

// Reads see its own writes above the outer transaction's; nothing reaches the outer one before merge(). Destroying it
// without merge() drops its writes (a failed publish, CAP-2; a smoke test, CAP-10). Random bytes, log lines and metrics
// go to the outer transaction at once.
class NestedView final : public Transaction {
 public:
  explicit NestedView(Transaction& outer) : outer_(outer) {}

  std::optional<std::string_view> get(std::string_view key) override;
  void put(std::string_view key, std::string_view value) override;
  void erase(std::string_view key) override;
  void scan(
      std::string_view first, std::string_view last, ScanOptions options,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) override;
  void random(std::string_view label, std::span<std::uint8_t> out) override;
  Digest sha256(std::string_view data) override;
  SignatureCheck ed25519_verify(std::string_view public_key, std::string_view data,
                                std::string_view signature) override;
  void log(std::uint32_t level, std::string_view text) override;
  void metric(std::string_view name, double value) override;
  bool should_yield() override;

  // Gives its writes to the outer transaction, in key order, and is empty again.
  void merge();

 private:
  // A row of the outer transaction or of this one; no value: erased here.
  using Layer = std::map<std::string, std::optional<std::string>, std::less<>>;
  Layer layered(std::string_view first, std::string_view last, ScanOptions options);

  Transaction& outer_;
  Layer writes_;
  std::list<std::string> handed_out_;  // values that get() returned live until the call ends
};

}  // namespace ansible
