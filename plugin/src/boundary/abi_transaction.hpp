// The host's C tables as the domain's C++ interfaces.
#pragma once

#include "core/context.hpp"
#include "core/transaction.hpp"
#include "gateway/plugin_abi.h"

namespace ansible {

// Owns nothing; lives for one hook. A failing store call throws StoreFailure with its status.
class AbiTransaction final : public Transaction {
 public:
  explicit AbiTransaction(const gw_call& call) : call_(call) {}

  std::optional<std::string_view> get(std::string_view key) override;
  void put(std::string_view key, std::string_view value) override;
  void erase(std::string_view key) override;
  void scan(std::string_view first, std::string_view last, ScanOptions options,
            const std::function<bool(std::string_view, std::string_view)>& visit) override;
  void random(std::string_view label, std::span<std::uint8_t> out) override;
  Digest sha256(std::string_view data) override;
  SignatureCheck ed25519_verify(std::string_view public_key, std::string_view data,
                                std::string_view signature) override;
  void log(std::uint32_t level, std::string_view text) override;
  void metric(std::string_view name, double value) override;
  bool should_yield() override;

 private:
  const gw_call& call_;
};

std::string_view to_view(gw_bytes bytes);
gw_bytes to_bytes(std::string_view text);

// The call as the domain sees it. `node` is the host's interface gateway.node/1, or nullptr.
Context make_context(const gw_call& call, AbiTransaction& txn, const Config& config,
                     const gw_node* node);

}  // namespace ansible
