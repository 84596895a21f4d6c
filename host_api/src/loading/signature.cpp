#include "gateway/signature.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

#include "execution/crypto.hpp"

namespace gateway {
namespace {

constexpr std::size_t kSignature = 64;  // bytes

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == ' ' || c == '=') continue;
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

// The 64 bytes, however they were written; none: it is no signature.
std::optional<std::string> raw(std::string_view signature) {
  if (signature.size() == kSignature) return std::string(signature);
  auto decoded = from_base64(signature);
  return decoded && decoded->size() == kSignature ? decoded : std::nullopt;
}

std::string ids(const std::vector<TrustedKey>& keys) {
  std::string out;
  for (const TrustedKey& key : keys) out += (out.empty() ? "" : ", ") + key.id;
  return out;
}

Error bad(const std::string& what, const std::string& name) {
  return {"bad_signature",
          fmt::format("{}: {}\n  sign the file as it is now, or remove the signature if none is "
                      "required",
                      name, what)};
}

}  // namespace

Result<void> check_key(std::string_view pem) {
  const bool is_pem = pem.find("-----BEGIN PUBLIC KEY-----") != std::string_view::npos;
  if (is_pem && crypto::ed25519_verify(pem, "", std::string(kSignature, '\0')) !=
                    crypto::Signature::kBadKey) {
    return {};
  }
  return Error{"bad_key",
               fmt::format("expected an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----), "
                           "found {}",
                           is_pem ? "another kind of key" : "no such text")};
}

Result<std::string> check_signature(const SignaturePolicy& policy, std::string_view bytes,
                                    std::string_view signature, const std::string& name) {
  if (signature.empty()) {
    if (!policy.required) return std::string();
    return Error{"signature_missing",
                 fmt::format("{0} is not signed: expected the signature of one of the trusted keys "
                             "({1}) in {0}.sig, found none\n  sign it: packaging/release.sh, or "
                             "openssl pkeyutl -sign -rawin",
                             name, ids(policy.keys))};
  }
  if (policy.keys.empty() && !policy.required) return std::string();
  const auto made = raw(signature);
  if (!made) {
    return bad(
        fmt::format("its signature is malformed: expected 64 bytes, or their base64, found {} "
                    "bytes of something else",
                    signature.size()),
        name);
  }
  const auto by = std::find_if(policy.keys.begin(), policy.keys.end(), [&](const TrustedKey& key) {
    return crypto::ed25519_verify(key.pem, bytes, *made) == crypto::Signature::kValid;
  });
  if (by != policy.keys.end()) return by->id;
  return bad(fmt::format("its signature is not one of these bytes by a trusted key ({})",
                         ids(policy.keys)),
             name);
}

}  // namespace gateway
