// A manifest as publishers write it: checked field by field, and the bytes that are hashed and signed (reference 4.1,
// 4.2). Pure: the plugin checks with it, and a publisher's command line signs with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "records/manifest.hpp"

namespace ansible {

// Reads a manifest of version 1.0.0, in the order of the reference: texts trimmed, lists cleaned, numbers floored. Not
// checked here: that the checksum is that of the content.
// Errors: invalid_manifest for the first field that is wrong, missing or unknown, with details {pointer, expected, got};
// the pointer begins at the manifest.
Result<Manifest> read_manifest(const json::object& from);

// What the checksum is computed of and the signature made over: the canonical JSON of the manifest with both empty.
std::string canonical_payload(Manifest manifest);

// The content without its provenance, as canonical JSON: two manifests of one version are the same when this is (CAP-4).
std::string canonical_content(const Manifest& manifest);

// "sha256:" + hex, from the digest of canonical_payload().
std::string checksum_text(std::string_view digest_hex);

// What a manifest's signature says.
struct SignatureText {
  bool is_signed = false;      // false: "unsigned:..."
  std::string key_id = {};     // empty: the publisher's own
  std::string signature = {};  // 64 bytes
};

// Reads "unsigned:<anything>", "ed25519:<base64>" or "ed25519:<key id>:<base64>": standard base64, blanks ignored,
// padding optional.
// Errors: invalid_signature.
Result<SignatureText> read_signature(std::string_view text);

// The text of a signature; `key_id` may be empty.
std::string signature_text(std::string_view key_id, std::string_view signature);

// "unsigned:<publisher>:<published at>"
std::string unsigned_text(const Manifest& manifest);

// "cap." and a name; a version number.
bool valid_capability_id(std::string_view id);
bool valid_version(std::string_view version);

}  // namespace ansible
