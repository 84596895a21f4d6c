#include "property/publisher.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <memory>
#include <stdexcept>
#include <utility>

#include "capabilities/manifest_form.hpp"

namespace property {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Key signing_key() {
  const std::string secret(32, 'k');
  Key key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(secret), secret.size()),
          EVP_PKEY_free);
  if (!key) throw std::runtime_error("no Ed25519 key");
  return key;
}

std::string signature_over(std::string_view text) {
  const Key key = signing_key();
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  std::string out(64, '\0');
  std::size_t size = out.size();
  if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                     bytes(text), text.size()) != 1) {
    throw std::runtime_error("cannot sign");
  }
  return out;
}

std::string sha256_hex(std::string_view data) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(bytes(data), data.size(), digest);
  std::string out;
  for (const unsigned char byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

json::object draft(const ManifestWish& wish) {
  json::array targets;
  for (const std::string& target : wish.canary_targets) targets.emplace_back(target);
  json::array standby;
  if (wish.owner != "cleo") standby.emplace_back("cleo");
  const char* mode = targets.empty() ? "full" : "canary";
  return {{"manifestVersion", "1.0.0"},
          {"capabilityId", wish.capability},
          {"version", wish.version},
          {"ownerAgentId", wish.owner},
          {"standbyOwnerAgentIds", std::move(standby)},
          {"compatibilityMode", "strict"},
          {"delegationSkillRef", {{"name", "ask"}, {"version", "1.0.0"}}},
          {"executorSkillRef", {{"name", "do"}, {"version", "1.0.0"}}},
          {"contract",
           {{"inputSchemaRef", "schema://in/1"},
            {"outputSchemaRef", "schema://out/1"},
            {"ackSchemaRef", "schema://ansible/ack/1.0.0"}}},
          {"sla",
           {{"acceptSlaSeconds", 120}, {"progressSlaSeconds", 900}, {"completeSlaSeconds", 3600}}},
          {"riskClass", wish.high_risk ? "high" : "low"},
          {"rollout", {{"mode", mode}, {"canaryTargets", std::move(targets)}}},
          {"governance",
           {{"requiresHumanApprovalForHighRisk", true}, {"signedManifestRequired", false}}},
          {"provenance",
           {{"publishedByAgentId", wish.publisher},
            {"manifestChecksum", ansible::checksum_text(std::string(64, '0'))},
            {"manifestSignature", "unsigned:draft"},
            {"publishedAt", "2027-01-15T08:00:00.000Z"}}}};
}

}  // namespace

json::object manifest_of(const ManifestWish& wish, Seal seal) {
  json::object manifest = draft(wish);
  auto read = ansible::read_manifest(manifest);
  if (!read.ok()) throw std::runtime_error(read.error().text);
  const std::string payload = ansible::canonical_payload(std::move(*read));
  json::object& provenance = manifest["provenance"].as_object();
  provenance["manifestChecksum"] = ansible::checksum_text(sha256_hex(payload));
  if (seal != Seal::kUnsigned) {
    provenance["manifestSignature"] = ansible::signature_text(
        "", signature_over(seal == Seal::kSigned ? payload : payload + "forged"));
  }
  return manifest;
}

std::string publisher_pem() {
  const Key key = signing_key();
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PUBKEY(out.get(), key.get());
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace property
