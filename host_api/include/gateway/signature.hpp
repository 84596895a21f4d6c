// Whose releases a gateway loads.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"

namespace gateway {

// A public key whose signatures are believed.
struct TrustedKey {
  std::string id;   // what messages call it
  std::string pem;  // Ed25519, "-----BEGIN PUBLIC KEY-----"
  friend bool operator==(const TrustedKey&, const TrustedKey&) = default;
};

// A library is signed by a file beside it, <library>.sig: the Ed25519 signature of its bytes, 64 raw
// bytes or base64 (`openssl pkeyutl -sign -rawin -inkey KEY.pem -in LIBRARY -out LIBRARY.sig`). It is
// kept with the release.
struct SignaturePolicy {
  bool required = false;  // a library without a signature is refused
  std::vector<TrustedKey> keys;
  friend bool operator==(const SignaturePolicy&, const SignaturePolicy&) = default;
};

// Errors: bad_key (not an Ed25519 public key; expected, found).
Result<void> check_key(std::string_view pem);

// Who signed `bytes`: the id of a trusted key; empty when there is no signature, and none is required,
// or no key is trusted. A signature that no trusted key made is refused also when none is required: somebody
// meant it to be checked.
// Errors: signature_missing, bad_signature. `name` is what messages call the library.
// Thread rule: any.
Result<std::string> check_signature(const SignaturePolicy& policy, std::string_view bytes,
                                    std::string_view signature, const std::string& name);

}  // namespace gateway
