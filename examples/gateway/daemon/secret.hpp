// A secret that can be compared, but not printed.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace gateway_app {

// Holds the SHA-256 of a secret, so that comparing takes the same time whatever the other text's length and content.
class Secret {
 public:
  Secret() = default;  // matches nothing
  explicit Secret(std::string_view text);

  bool empty() const { return empty_; }
  bool matches(std::string_view text) const;

 private:
  std::array<unsigned char, 32> digest_{};
  bool empty_ = true;
};

// The first 16 hex digits of the SHA-256 of a text: names a secret without telling it.
std::string fingerprint(std::string_view text);

// The bytes behind standard base64; empty when it is none.
std::string base64_decoded(std::string_view text);

// HMAC-SHA-256 as 64 hex digits: how a webhook is signed.
std::string hmac_sha256_hex(std::string_view key, std::string_view data);

}  // namespace gateway_app
