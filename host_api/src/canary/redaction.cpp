#include "canary/redaction.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace gateway {
namespace {

namespace json = base::json;

constexpr std::array<std::string_view, 9> kNames = {"token",      "secret",     "password",
                                                    "passphrase", "privatekey", "apikey",
                                                    "hash",       "ticket",     "authorization"};
constexpr std::array<std::string_view, 8> kPrefixes = {"at_", "ait_", "whsec_",      "gw_",
                                                       "sk-", "ghp_", "github_pat_", "xoxb-"};
constexpr std::size_t kLeastAfterPrefix = 6;
constexpr std::size_t kLeastHex = 24;
constexpr std::size_t kLeastWord = 32;

bool word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool hex_char(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

bool has_prefix(std::string_view word) {
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) {
    return word.starts_with(prefix) && word.size() >= prefix.size() + kLeastAfterPrefix;
  });
}

// A word of letters, digits and underscores.
bool looks_secret(std::string_view word) {
  const bool digits =
      std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (has_prefix(word)) return true;
  if (word.size() >= kLeastHex && std::all_of(word.begin(), word.end(), hex_char)) return true;
  return word.size() >= kLeastWord && digits;
}

}  // namespace

bool names_a_secret(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c == '-' || c == '_') continue;
    plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

std::string redacted_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t n = 0;
    while (n < text.size() && word_char(text[n])) ++n;
    // "sk-..." and "xoxb-..." begin before the dash.
    const std::size_t more = n < text.size() && text[n] == '-' ? n + 1 : n;
    std::size_t end = more;
    while (end > n && end < text.size() && word_char(text[end])) ++end;
    if (more > n && has_prefix(text.substr(0, end))) {
      out += kRedacted;
      n = end;
    } else if (n > 0) {
      out += looks_secret(text.substr(0, n)) ? kRedacted : text.substr(0, n);
    } else {
      out += text[n++];
    }
    text.remove_prefix(n);
  }
  return out;
}

json::value redacted(const json::value& value) {
  if (value.is_string()) return json::value(redacted_text(value.get_string()));
  if (value.is_array()) {
    json::array out;
    for (const json::value& item : value.get_array()) out.push_back(redacted(item));
    return out;
  }
  if (!value.is_object()) return value;
  json::object out;
  for (const auto& member : value.get_object()) {
    const bool secret =
        names_a_secret(member.key()) && !member.value().is_null() && !member.value().is_bool();
    out[redacted_text(member.key())] = secret ? json::value(kRedacted) : redacted(member.value());
  }
  return out;
}

}  // namespace gateway
