// Completing a capability manifest as its publisher: checksum and signature, without a gateway.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "gateway/error.hpp"

namespace gateway_app {

namespace json = base::json;

struct SigningOptions {
  std::optional<std::string> key_pem;  // an Ed25519 private key; none: the checksum only
  std::string key_id;                  // as gateways know it; empty: the publisher's id
};

// The manifest in its normal form with the right checksum, and signed or marked as unsigned. Whatever it said about both
// before is replaced.
// Errors: invalid_manifest (what is wrong, and where), bad_key.
gateway::Result<json::object> complete_manifest(const json::object& manifest,
                                                const SigningOptions& options);

}  // namespace gateway_app
