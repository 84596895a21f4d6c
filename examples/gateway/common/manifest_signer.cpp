#include "common/manifest_signer.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

#include "capabilities/manifest_form.hpp"
#include "core/ids.hpp"

namespace gateway_app {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Nobody is asked for a pass phrase: a script would hang.
int no_pass_phrase(char*, int, int, void*) { return -1; }

gateway::Result<Key> private_key(const std::string& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  Key key(PEM_read_bio_PrivateKey(text.get(), nullptr, no_pass_phrase, nullptr), EVP_PKEY_free);
  if (key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_ED25519) return key;
  return gateway::Error{"bad_key",
                        std::string("expected an Ed25519 private key in PEM without a pass phrase, "
                                    "got ") +
                            (key ? "a key of another kind" : "none that can be read") +
                            "; openssl genpkey -algorithm ed25519 makes one"};
}

gateway::Result<std::string> signature_of(const std::string& data, const std::string& pem) {
  auto key = private_key(pem);
  if (!key.ok()) return std::move(key.error());
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                  EVP_MD_CTX_free);
  std::string out(64, '\0');
  std::size_t size = out.size();
  const bool made = EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key->get()) == 1 &&
                    EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()),
                                   &size, bytes(data), data.size()) == 1;
  if (!made) return gateway::Error{"bad_key", "the key makes no signature"};
  return out;
}

std::string checksum_of(std::string_view data) {
  ansible::Digest digest{};
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return ansible::checksum_text(ansible::hex(digest));
}

// Something of the right form in place of what is computed here.
json::object with_placeholders(json::object manifest) {
  json::value& provenance = manifest["provenance"];
  if (provenance.is_object()) {
    json::object& p = provenance.get_object();
    p["manifestChecksum"] = ansible::checksum_text(std::string(64, '0'));
    p["manifestSignature"] = "unsigned:" + std::string(64, '-');
  }
  return manifest;
}

}  // namespace

gateway::Result<json::object> complete_manifest(const json::object& manifest,
                                                const SigningOptions& options) {
  auto read = ansible::read_manifest(with_placeholders(manifest));
  if (!read.ok()) return gateway::Error{std::string(read.error().code), read.error().text};
  const std::string payload = ansible::canonical_payload(*read);
  read->manifest_checksum = checksum_of(payload);
  read->manifest_signature = ansible::unsigned_text(*read);
  if (options.key_pem) {
    const auto signature = signature_of(payload, *options.key_pem);
    if (!signature.ok()) return signature.error();
    read->manifest_signature = ansible::signature_text(options.key_id, *signature);
  }
  return ansible::to_json(*read);
}

}  // namespace gateway_app
