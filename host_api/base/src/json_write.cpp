#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <vector>

#include "base/json.hpp"

namespace base::json {
namespace {

void write_string(std::string& out, std::string_view s) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : s) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20) {
          out += "\\u00";
          out += kHex[byte >> 4];
          out += kHex[byte & 15];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

// ECMAScript's Number::toString: the shortest digits, plain up to 1e21, exponents without leading zeros.
void write_double(std::string& out, double d) {
  if (!std::isfinite(d)) {
    out += "null";  // as JSON.stringify; parse() lets none in
    return;
  }
  if (d == 0) {
    out += '0';
    return;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), std::abs(d),
                                 std::chars_format::scientific)
                       .ptr;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = text.find('e');
  std::string digits(text.substr(0, e));
  digits.erase(std::remove(digits.begin(), digits.end(), '.'), digits.end());
  int exponent = 0;
  const std::string_view power = text.substr(e + 1);
  std::from_chars(power.data() + (power[0] == '+' ? 1 : 0), power.data() + power.size(), exponent);
  const int k = static_cast<int>(digits.size());
  const int n = exponent + 1;  // the decimal point stands after n digits
  if (d < 0) out += '-';
  if (k <= n && n <= 21) {
    out += digits + std::string(static_cast<std::size_t>(n - k), '0');
  } else if (0 < n && n <= 21) {
    out += digits.substr(0, static_cast<std::size_t>(n)) + '.' +
           digits.substr(static_cast<std::size_t>(n));
  } else if (-6 < n && n <= 0) {
    out += "0." + std::string(static_cast<std::size_t>(-n), '0') + digits;
  } else {
    out += digits[0];
    if (k > 1) out += '.' + digits.substr(1);
    out += (n - 1 < 0) ? "e-" : "e+";
    out += std::to_string(std::abs(n - 1));
  }
}

struct Style {
  bool sorted;
  bool indented;
};

class Writer {
 public:
  Writer(std::string& out, Style style) : out_(out), style_(style) {}

  void write(const value& v) {
    switch (v.kind()) {
      case boost::json::kind::null:
        out_ += "null";
        break;
      case boost::json::kind::bool_:
        out_ += v.get_bool() ? "true" : "false";
        break;
      case boost::json::kind::int64:
        out_ += std::to_string(v.get_int64());
        break;
      case boost::json::kind::uint64:
        out_ += std::to_string(v.get_uint64());
        break;
      case boost::json::kind::double_:
        write_double(out_, v.get_double());
        break;
      case boost::json::kind::string:
        write_string(out_, v.get_string());
        break;
      case boost::json::kind::array:
        write_array(v.get_array());
        break;
      case boost::json::kind::object:
        write_object(v.get_object());
        break;
    }
  }

 private:
  void write_array(const array& a) {
    out_ += '[';
    ++depth_;
    bool first = true;
    for (const value& item : a) {
      separate(first);
      write(item);
    }
    close(first, ']');
  }

  void write_object(const object& o) {
    std::vector<const object::value_type*> members;
    members.reserve(o.size());
    for (const auto& member : o) members.push_back(&member);
    if (style_.sorted) {
      std::sort(members.begin(), members.end(), [](const auto* a, const auto* b) {
        return std::string_view(a->key()) < std::string_view(b->key());
      });
    }
    out_ += '{';
    ++depth_;
    bool first = true;
    for (const auto* member : members) {
      separate(first);
      write_string(out_, member->key());
      out_ += style_.indented ? ": " : ":";
      write(member->value());
    }
    close(first, '}');
  }

  void separate(bool& first) {
    if (!first) out_ += ',';
    first = false;
    new_line();
  }
  void close(bool empty, char bracket) {
    --depth_;
    if (!empty) new_line();
    out_ += bracket;
  }
  void new_line() {
    if (!style_.indented) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  std::string& out_;
  Style style_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string canonical(const value& v) {
  std::string out;
  Writer(out, {.sorted = true, .indented = false}).write(v);
  return out;
}

std::string pretty(const value& v) {
  std::string out;
  Writer(out, {.sorted = false, .indented = true}).write(v);
  return out;
}

std::string pointer_token(std::string_view token) {
  std::string out;
  for (const char c : token) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

const value* find(const value& v, std::string_view key) {
  const object* o = v.if_object();
  return o == nullptr ? nullptr : o->if_contains(key);
}

}  // namespace base::json
