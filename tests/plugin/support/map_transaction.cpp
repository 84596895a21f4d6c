#include "plugin/support/map_transaction.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <list>
#include <memory>
#include <random>
#include <stdexcept>

namespace ansible_test {

MapTransaction::MapTransaction(Store& base, std::uint64_t seed, std::size_t yield_every)
    : base_(base), seed_(seed), yield_every_(yield_every) {}

std::optional<std::string_view> MapTransaction::get(std::string_view key) {
  ++keys_read_;
  if (const auto own = writes_.find(key); own != writes_.end()) {
    if (!own->second) return std::nullopt;
    const auto [kept, inserted] =
        kept_.emplace(std::string(key) + '#' + std::to_string(kept_.size()), *own->second);
    return std::string_view(kept->second);
  }
  const auto found = base_.find(key);
  if (found == base_.end()) return std::nullopt;
  return std::string_view(found->second);
}

void MapTransaction::put(std::string_view key, std::string_view value) {
  if (key.empty() || key.size() > 512 || key.front() == '\0') {
    throw std::logic_error("bad key: " + std::string(key));
  }
  if (value.size() > 1u << 20) throw std::logic_error("value too large: " + std::string(key));
  writes_[std::string(key)] = std::string(value);
}

void MapTransaction::erase(std::string_view key) { writes_[std::string(key)] = std::nullopt; }

void MapTransaction::scan(std::string_view first, std::string_view last,
                          ansible::ScanOptions options,
                          const std::function<bool(std::string_view, std::string_view)>& visit) {
  if (options.limit == 0) throw std::logic_error("scan limit 0");
  const auto end_of = [&](auto& map) { return last.empty() ? map.end() : map.lower_bound(last); };
  auto b = base_.lower_bound(first);
  auto b_end = end_of(base_);
  auto w = writes_.lower_bound(first);
  auto w_end = end_of(writes_);
  std::size_t left = options.limit;
  const auto emit = [&](std::string_view key, std::string_view value) {
    ++keys_read_;
    return visit(key, value) && --left > 0;
  };
  if (!options.reverse) {
    while (b != b_end || w != w_end) {
      const bool own = w != w_end && (b == b_end || w->first <= b->first);
      if (own) {
        if (b != b_end && b->first == w->first) ++b;
        if (w->second && !emit(w->first, *w->second)) return;
        ++w;
      } else {
        if (!emit(b->first, b->second)) return;
        ++b;
      }
    }
    return;
  }
  while (b != b_end || w != w_end) {
    const bool own =
        w != w_end && (b == b_end || std::prev(w_end)->first >= std::prev(b_end)->first);
    if (own) {
      const auto at = std::prev(w_end);
      if (b != b_end && std::prev(b_end)->first == at->first) --b_end;
      if (at->second && !emit(at->first, *at->second)) return;
      w_end = at;
    } else {
      const auto at = std::prev(b_end);
      if (!emit(at->first, at->second)) return;
      b_end = at;
    }
  }
}

void MapTransaction::random(std::string_view label, std::span<std::uint8_t> out) {
  const std::uint64_t draw = draws_[std::string(label)]++;
  std::seed_seq sequence{seed_, draw,
                         static_cast<std::uint64_t>(std::hash<std::string_view>{}(label))};
  std::mt19937_64 engine(sequence);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine());
}

ansible::Digest MapTransaction::sha256(std::string_view data) {
  ansible::Digest out{};
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), out.data());
  return out;
}

ansible::SignatureCheck MapTransaction::ed25519_verify(std::string_view public_key,
                                                       std::string_view data,
                                                       std::string_view signature) {
  using ansible::SignatureCheck;
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  std::unique_ptr<BIO, decltype(&BIO_free)> pem(
      BIO_new_mem_buf(public_key.data(), static_cast<int>(public_key.size())), BIO_free);
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      public_key.size() == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                                            bytes(public_key), public_key.size())
                              : PEM_read_bio_PUBKEY(pem.get(), nullptr, nullptr, nullptr),
      EVP_PKEY_free);
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519) return SignatureCheck::kBadKey;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const bool valid =
      EVP_DigestVerifyInit(digest.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(digest.get(), bytes(signature), signature.size(), bytes(data),
                       data.size()) == 1;
  return valid ? SignatureCheck::kValid : SignatureCheck::kWrong;
}

bool MapTransaction::should_yield() { return yield_every_ != 0 && ++asked_ % yield_every_ == 0; }

void MapTransaction::commit() {
  for (auto& [key, value] : writes_) {
    if (value) {
      base_[key] = std::move(*value);
    } else {
      base_.erase(key);
    }
  }
  writes_.clear();
}

}  // namespace ansible_test
