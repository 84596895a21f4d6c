#include "execution/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <stdexcept>

namespace gateway::crypto {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

Owned<EVP_PKEY> public_key_of(std::string_view text) {
  if (text.size() == 32) {
    return Owned<EVP_PKEY>(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(text), text.size()));
  }
  if (text.size() > 16'384) return nullptr;
  Owned<BIO> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) return nullptr;
  Owned<EVP_PKEY> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) return nullptr;
  return key;
}

void append_be(std::string& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

std::string_view view_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Digest sha256(std::string_view data) {
  Digest out;
  if (EVP_Digest(data.data(), data.size(), out.data(), nullptr, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed");
  }
  return out;
}

Digest hmac_sha256(std::string_view key, std::string_view data) {
  Digest out;
  if (key.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw std::runtime_error("HMAC key too long");
  }
  // A null key pointer would mean "the key of the call before" to OpenSSL.
  const char* key_bytes = key.empty() ? "" : key.data();
  if (HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), bytes(data), data.size(),
           out.data(), nullptr) == nullptr) {
    throw std::runtime_error("HMAC-SHA-256 failed");
  }
  return out;
}

Signature ed25519_verify(std::string_view public_key, std::string_view data,
                         std::string_view signature) {
  Owned<EVP_PKEY> key = public_key_of(public_key);
  Signature verdict = Signature::kBadKey;
  if (key) {
    Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    const bool valid =
        context && signature.size() == 64 &&
        EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
        EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(data),
                         data.size()) == 1;
    verdict = valid ? Signature::kValid : Signature::kForged;
  }
  ERR_clear_error();  // a refused key or signature leaves entries in the thread's error queue
  return verdict;
}

void system_random(void* out, std::size_t n) {
  if (RAND_bytes(static_cast<unsigned char*>(out), static_cast<int>(n)) != 1) {
    throw std::runtime_error("the system's random generator failed");
  }
}

std::string uuid_v4() {
  std::array<std::uint8_t, 16> raw;
  system_random(raw.data(), raw.size());
  raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3f) | 0x80);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[raw[i] >> 4]);
    text.push_back(kHex[raw[i] & 15]);
  }
  return text;
}

Seed make_seed(std::uint64_t number) {
  Seed seed{};
  if (number == 0) {
    system_random(seed.data(), seed.size());
  } else {
    for (std::size_t i = 0; i < 8; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  }
  return seed;
}

RandomStream::RandomStream(const Seed& seed, std::string_view request_id, std::uint32_t step,
                           std::string_view label) {
  std::string input = "gateway.random/1";
  append_be(input, request_id.size());  // so that no two (request, step, label) spell the same
  input.append(request_id);
  append_be(input, step);
  input.append(label);
  key_ = hmac_sha256(view_of(seed), input);
}

void RandomStream::draw(std::uint8_t* out, std::size_t n) {
  while (n > 0) {
    if (used_ == block_.size()) {
      std::string counter;
      append_be(counter, counter_++);
      block_ = hmac_sha256(view_of(key_), counter);
      used_ = 0;
    }
    const std::size_t part = std::min(n, block_.size() - used_);
    std::memcpy(out, block_.data() + used_, part);
    used_ += part;
    out += part;
    n -= part;
  }
}

}  // namespace gateway::crypto
