// An Ed25519 key pair for tests.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace test {

class Ed25519Key {
 public:
  Ed25519Key() : Ed25519Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")) {}

  // The one with this secret half of 32 bytes.
  explicit Ed25519Key(std::string_view secret)
      : Ed25519Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes(secret),
                                                secret.size())) {}

  std::string public_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(out.get(), key_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }

  // The signature over `text`, 64 bytes.
  std::string sign_raw(std::string_view text) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    std::string out(64, '\0');
    std::size_t size = out.size();
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                       bytes(text), text.size()) != 1) {
      throw std::runtime_error("cannot sign");
    }
    return out;
  }

  // The same in Base64.
  std::string sign(std::string_view text) const {
    const std::string raw = sign_raw(text);
    std::string out(4 * ((raw.size() + 2) / 3) + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes(raw),
                                       static_cast<int>(raw.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
  }

 private:
  explicit Ed25519Key(EVP_PKEY* key) : key_(key, EVP_PKEY_free) {
    if (!key_) throw std::runtime_error("no Ed25519 key");
  }
  static const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace test
