#include "capabilities/provenance.hpp"

#include "capabilities/manifest_form.hpp"
#include "core/ids.hpp"

namespace ansible {
namespace {

Error untrusted(std::string text) { return {code::kInvalidSignature, std::move(text), {}}; }

Result<json::object> accept_unsigned(const ManifestTrust& trust, const Manifest& manifest) {
  if (manifest.signed_manifest_required) {
    return untrusted("the manifest is unsigned, but its governance.signedManifestRequired is true");
  }
  if (trust.require_signed || !trust.allow_unsigned_legacy) {
    return untrusted(
        "the manifest is unsigned, and this node accepts signed ones only (manifestTrust); sign it "
        "with openclaw ansible capability sign");
  }
  return json::object{{"mode", "unsigned-legacy"}};
}

Result<json::object> check_signed(Context& context, const Manifest& manifest,
                                  const SignatureText& text) {
  const std::string& publisher = manifest.published_by_agent_id;
  const std::string id = text.key_id.empty() ? publisher : text.key_id;
  const auto& keys = context.config.manifest_trust.keys;
  const auto key = keys.find(id);
  if (key == keys.end()) {
    return untrusted("this node knows no key '" + id +
                     "'; its operator can add it to manifestTrust.trustedPublisherKeys");
  }
  if (key->second.publisher != publisher) {
    return untrusted("key '" + id + "' signs for '" + key->second.publisher + "' and not for '" +
                     publisher + "'");
  }
  switch (
      context.txn.ed25519_verify(key->second.pem, canonical_payload(manifest), text.signature)) {
    case SignatureCheck::kBadKey:
      return untrusted("key '" + id + "' of this node is no Ed25519 public key");
    case SignatureCheck::kWrong:
      return untrusted("the signature is not one of this manifest by key '" + id + "'");
    case SignatureCheck::kValid:
      break;
  }
  return json::object{{"mode", "signed"}, {"algorithm", "ed25519"}, {"trustedKeyId", id}};
}

}  // namespace

Result<json::object> verify_provenance(Context& context, const Manifest& manifest) {
  const auto text = read_signature(manifest.manifest_signature);
  if (!text.ok()) return text.error();
  if (!text->is_signed) return accept_unsigned(context.config.manifest_trust, manifest);
  return check_signed(context, manifest, *text);
}

std::string checksum_of(Context& context, const Manifest& manifest) {
  return checksum_text(hex(context.txn.sha256(canonical_payload(manifest))));
}

std::optional<Error> refuse_checksum(Context& context, const Manifest& manifest) {
  const std::string right = checksum_of(context, manifest);
  if (manifest.manifest_checksum == right) return std::nullopt;
  return Error{code::kInvalidManifest,
               "provenance/manifestChecksum: expected " + right + ", got " +
                   manifest.manifest_checksum +
                   "; openclaw ansible capability sign computes it for a changed manifest",
               {{"pointer", "/provenance/manifestChecksum"},
                {"expected", right},
                {"got", manifest.manifest_checksum}}};
}

}  // namespace ansible
