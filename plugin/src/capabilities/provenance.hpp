// Whether a manifest comes from whom it says (G2; CAP-8, reference 4.3).
#pragma once

#include <optional>
#include <string>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/manifest.hpp"

namespace ansible {

// Judges by this node's policy, which a manifest can only make stricter (signedManifestRequired). Returns
// {mode: "unsigned-legacy"} or {mode: "signed", algorithm: "ed25519", trustedKeyId}.
// Errors: invalid_signature.
Result<json::object> verify_provenance(Context& context, const Manifest& manifest);

// Errors: invalid_manifest when the checksum is not that of the content.
std::optional<Error> refuse_checksum(Context& context, const Manifest& manifest);

// The checksum that the manifest should have.
std::string checksum_of(Context& context, const Manifest& manifest);

}  // namespace ansible
