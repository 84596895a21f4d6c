// A transaction on a std::map: the smallest memory store, for domain rules.
#pragma once

#include <map>
#include <string>

#include "core/transaction.hpp"

namespace ansible_test {

using Store = std::map<std::string, std::string, std::less<>>;

// Own writes over a base map; commit() applies them, destruction drops them. Counts what it reads and writes.
class MapTransaction final : public ansible::Transaction {
 public:
  // `seed` makes random bytes; the same seed repeats them. should_yield() is true at every `yield_every`-th question
  // (0: never).
  MapTransaction(Store& base, std::uint64_t seed, std::size_t yield_every);

  std::optional<std::string_view> get(std::string_view key) override;
  void put(std::string_view key, std::string_view value) override;
  void erase(std::string_view key) override;
  void scan(std::string_view first, std::string_view last, ansible::ScanOptions options,
            const std::function<bool(std::string_view, std::string_view)>& visit) override;
  void random(std::string_view label, std::span<std::uint8_t> out) override;
  ansible::Digest sha256(std::string_view data) override;
  ansible::SignatureCheck ed25519_verify(std::string_view public_key, std::string_view data,
                                         std::string_view signature) override;
  void log(std::uint32_t, std::string_view) override {}
  void metric(std::string_view, double) override {}
  bool should_yield() override;

  void commit();
  std::size_t keys_read() const { return keys_read_; }
  std::size_t keys_written() const { return writes_.size(); }

 private:
  Store& base_;
  std::map<std::string, std::optional<std::string>, std::less<>> writes_;
  std::map<std::string, std::string, std::less<>>
      kept_;  // values handed out live until the call ends
  std::map<std::string, std::uint64_t, std::less<>> draws_;
  std::uint64_t seed_;
  std::size_t yield_every_;
  std::size_t asked_ = 0;
  std::size_t keys_read_ = 0;
};

}  // namespace ansible_test
