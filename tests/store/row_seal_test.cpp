#include <doctest/doctest.h>

#include <string>

#include "store/crc32c.hpp"
#include "store/sealed_value.hpp"

namespace {

using gateway::crc32c;
using namespace std::string_literals;

TEST_CASE("crc32c gives the values of RFC 3720") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  std::string up;
  for (int i = 0; i < 32; ++i) up += static_cast<char>(i);
  CHECK(crc32c(up) == 0x46dd794e);
}

TEST_CASE("crc32c can be computed in pieces, cut anywhere") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += static_cast<char>(i * 37);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CHECK(crc32c(text.substr(cut), crc32c(text.substr(0, cut))) == crc32c(text));
  }
}

TEST_CASE("a sealed value opens under its own key and version only") {
  const std::string stored = gateway::sealed("key", "value", 7);
  CHECK(stored.size() == 9);
  CHECK(gateway::unsealed("key", stored, 7) == "value");
  CHECK_FALSE(gateway::unsealed("kez", stored, 7));
  CHECK_FALSE(gateway::unsealed("key", stored, 6));
  CHECK_FALSE(gateway::unsealed("key", "", 7));
  // The border between key and value is part of the checksum.
  CHECK_FALSE(gateway::unsealed("keyv", stored.substr(1), 7));
  CHECK(gateway::unsealed("", gateway::sealed("", "", 1), 1) == "");
}

TEST_CASE("every flipped bit of a sealed value is seen") {
  const std::string stored = gateway::sealed("k\0z"s, "some value\xff", 3);
  for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
    std::string damaged = stored;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    CHECK_FALSE(gateway::unsealed("k\0z"s, damaged, 3));
  }
}

TEST_CASE("a damaged row is named in printable form, with the way out") {
  const auto error = gateway::damaged_row("task/\x00\xff\"\\é"s);
  CHECK(error.status == GW_CORRUPT);
  CHECK(error.message.find(R"("task/\x00\xff\x22\x5c\xc3\xa9")") != std::string::npos);
  CHECK(error.message.find("openclaw storage restore") != std::string::npos);
}

}  // namespace
