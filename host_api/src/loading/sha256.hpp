// SHA-256 of bytes that come in pieces.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace gateway {

// Thread rule: one thread per object.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(const void* data, std::size_t size);
  std::string hex();  // 64 digits; ends the sum

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace gateway
