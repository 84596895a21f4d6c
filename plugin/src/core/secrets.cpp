#include "core/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <functional>
#include <optional>

#include "core/text.hpp"

namespace ansible {
namespace {

constexpr std::string_view kHidden = "[REDACTED]";
constexpr std::size_t kLongestText = 4'000;

bool alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
bool upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool pat_char(char c) { return alnum(c) || c == '_'; }
bool slack_char(char c) { return alnum(c) || c == '-'; }
bool token_char(char c) { return alnum(c) || std::string_view("._~+/=-").find(c) < 7; }

// `prefix`, then at least `least` characters of one kind.
struct TextRule {
  std::string_view code;
  std::string_view prefix;
  std::size_t least;
  bool (*fits)(char);
  bool any_case = false;
};

constexpr TextRule kTextRules[] = {
    {"github_pat_fine_grained", "github_pat_", 20, pat_char},
    {"github_pat", "ghp_", 20, alnum},
    {"api_secret_prefix_sk", "sk-", 20, alnum},
    {"aws_access_key_id", "AKIA", 16, upper_or_digit},
    {"slack_token", "xoxb-", 10, slack_char},
    {"slack_token", "xoxa-", 10, slack_char},
    {"slack_token", "xoxp-", 10, slack_char},
    {"slack_token", "xoxr-", 10, slack_char},
    {"slack_token", "xoxs-", 10, slack_char},
    {"bearer_token", "bearer ", 20, token_char, true},
};

constexpr std::array<std::string_view, 4> kPemHeaders = {
    "-----BEGIN PRIVATE KEY-----", "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----", "-----BEGIN OPENSSH PRIVATE KEY-----"};

bool holds(std::string_view text, const TextRule& rule) {
  for (std::size_t at = text.find(rule.prefix); at != std::string_view::npos;
       at = text.find(rule.prefix, at + 1)) {
    const std::string_view rest = text.substr(at + rule.prefix.size());
    const auto end = std::find_if_not(rest.begin(), rest.end(), rule.fits);
    if (static_cast<std::size_t>(end - rest.begin()) >= rule.least) return true;
  }
  return false;
}

// scheme://user:password@host
bool url_with_password(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 3)) {
    const std::string_view rest = text.substr(at + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?# \t\r\n"));
    const std::size_t mark = authority.rfind('@');
    if (mark == std::string_view::npos) continue;
    const std::size_t colon = authority.substr(0, mark).find(':');
    if (colon != std::string_view::npos && colon > 0 && colon + 1 < mark) return true;
  }
  return false;
}

std::optional<std::string_view> secret_text(std::string_view text) {
  for (const std::string_view header : kPemHeaders) {
    if (text.find(header) != std::string_view::npos) return "private_key_pem";
  }
  const std::string lower = lower_ascii(text);
  for (const TextRule& rule : kTextRules) {
    if (holds(rule.any_case ? std::string_view(lower) : text, rule)) return rule.code;
  }
  if (url_with_password(text)) return "url_embedded_credentials";
  return std::nullopt;
}

bool secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kWords = {
      "secret",     "token",  "password",     "passphrase",
      "privatekey", "apikey", "clientsecret", "authorization"};
  std::string plain = lower_ascii(name);
  std::erase_if(plain, [](char c) { return c == '-' || c == '_'; });
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return plain.find(word) != std::string::npos; });
}

// What is secret about the text at a member of that name.
std::optional<std::string_view> verdict(std::string_view name, std::string_view text) {
  if (secret_name(name) && !trimmed(text).empty()) return "sensitive_field_name";
  return secret_text(text);
}

class Search {
 public:
  Search(std::size_t most, const std::vector<std::string_view>& skipped)
      : most_(most), skipped_(skipped) {}

  void visit(const json::value& value, const std::string& path, std::string_view name) {
    if (found.size() >= most_) return;
    if (std::find(skipped_.begin(), skipped_.end(), path) != skipped_.end()) return;
    if (value.is_string()) {
      if (const auto code = verdict(name, value.get_string())) found.push_back({path, *code});
    } else if (value.is_object()) {
      for (const auto& member : value.get_object()) {
        const std::string below =
            path.empty() ? std::string(member.key()) : path + '.' + std::string(member.key());
        visit(member.value(), below, member.key());
      }
    } else if (value.is_array()) {
      std::size_t i = 0;
      for (const json::value& item : value.get_array()) {
        visit(item, path + '[' + std::to_string(i++) + ']', name);
      }
    }
  }

  std::vector<SecretFinding> found;

 private:
  std::size_t most_;
  const std::vector<std::string_view>& skipped_;
};

void hide(json::value& value, std::string_view name) {
  if (value.is_string()) {
    const std::string_view text = value.get_string();
    if (verdict(name, text)) {
      value = kHidden;
    } else if (json::utf16_length(text) > kLongestText) {
      std::string cut(text.substr(0, kLongestText));
      while (!json::valid_utf8(cut)) cut.pop_back();
      value = cut + "\u2026";
    }
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) hide(member.value(), member.key());
  } else if (value.is_array()) {
    for (json::value& item : value.get_array()) hide(item, name);
  }
}

}  // namespace

std::vector<SecretFinding> find_secrets(const json::value& value, std::size_t most,
                                        const std::vector<std::string_view>& skipped) {
  Search search(most, skipped);
  search.visit(value, "", "");
  return std::move(search.found);
}

json::value redacted(const json::value& value) {
  json::value out = value;
  hide(out, "");
  return out;
}

}  // namespace ansible
