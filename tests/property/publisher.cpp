#include "property/publisher.hpp"

#include <stdexcept>
#include <utility>

#include "capabilities/manifest_form.hpp"
#include "support/ed25519.hpp"
#include "support/manifest.hpp"

namespace property {
namespace {

test::Ed25519Key signing_key() { return test::Ed25519Key(std::string(32, 'k')); }

json::object draft(const ManifestWish& wish) {
  json::array targets;
  for (const std::string& target : wish.canary_targets) targets.emplace_back(target);
  json::array standby;
  if (wish.owner != "cleo") standby.emplace_back("cleo");
  json::object manifest = test::sample_manifest(wish.capability, wish.version, wish.owner);
  manifest["standbyOwnerAgentIds"] = std::move(standby);
  if (wish.high_risk) manifest["riskClass"] = "high";
  const char* mode = targets.empty() ? "full" : "canary";
  manifest["rollout"] = {{"mode", mode}, {"canaryTargets", std::move(targets)}};
  manifest["provenance"].as_object()["publishedByAgentId"] = wish.publisher;
  return manifest;
}

}  // namespace

json::object manifest_of(const ManifestWish& wish, Seal seal) {
  json::object manifest = draft(wish);
  auto read = ansible::read_manifest(manifest);
  if (!read.ok()) throw std::runtime_error(read.error().text);
  const std::string payload = ansible::canonical_payload(std::move(*read));
  json::object& provenance = manifest["provenance"].as_object();
  provenance["manifestChecksum"] = ansible::checksum_text(test::sha256_hex(payload));
  if (seal != Seal::kUnsigned) {
    provenance["manifestSignature"] = ansible::signature_text(
        "", signing_key().sign_raw(seal == Seal::kSigned ? payload : payload + "forged"));
  }
  return manifest;
}

std::string publisher_pem() { return signing_key().public_pem(); }

}  // namespace property
