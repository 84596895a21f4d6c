#include "store/sealed_value.hpp"

#include <cstddef>

#include "store/crc32c.hpp"

namespace gateway {

namespace {

constexpr std::size_t kChecksumSize = 4;

std::string little_endian(std::uint64_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xff);
  return bytes;
}

std::string checksum(std::string_view key, std::string_view value, std::uint64_t version) {
  const std::string head = little_endian(version, 8) + little_endian(key.size(), 4);
  return little_endian(crc32c(value, crc32c(key, crc32c(head))), kChecksumSize);
}

}  // namespace

std::string sealed(std::string_view key, std::string_view value, std::uint64_t version) {
  std::string stored;
  stored.reserve(value.size() + kChecksumSize);
  stored.append(value).append(checksum(key, value, version));
  return stored;
}

std::optional<std::string_view> unsealed(std::string_view key, std::string_view stored,
                                         std::uint64_t version) {
  if (stored.size() < kChecksumSize) return std::nullopt;
  const std::string_view value = stored.substr(0, stored.size() - kChecksumSize);
  if (stored.substr(value.size()) != checksum(key, value, version)) return std::nullopt;
  return value;
}

std::string printable_key(std::string_view key) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f && c != '\\' && c != '"') {
      text += c;
    } else {
      text += "\\x";
      text += kHex[byte >> 4];
      text += kHex[byte & 15];
    }
  }
  return text + "\"";
}

StoreError damaged_row(std::string_view key) {
  return {GW_CORRUPT, "the stored row of key " + printable_key(key) +
                          " fails its checksum: the database file is damaged\n"
                          "  run `openclaw storage check` to see how far it goes, then "
                          "`openclaw storage restore FILE` with the newest backup"};
}

}  // namespace gateway
