#include "core/ids.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <vector>

namespace ansible {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::int64_t kMsPerDay = 86'400'000;

std::string hex_of(std::span<const std::uint8_t> bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::uint8_t b : bytes) {
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
  return out;
}

// Days since 1970-01-01 of a proleptic Gregorian date, and back (H. Hinnant, "chrono-Compatible Low-Level Date
// Algorithms").
std::int64_t days_from_civil(std::int64_t y, int m, int d) {
  y -= m <= 2;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = y - era * 400;
  const auto doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const auto doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + doe - 719468;
}

struct Date {
  std::int64_t year;
  int month;
  int day;
};

Date civil_from_days(std::int64_t z) {
  z += 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = z - era * 146097;
  const auto yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const auto doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const auto mp = (5 * doy + 2) / 153;
  const int day = static_cast<int>(doy - (153 * mp + 2) / 5 + 1);
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int days_in_month(std::int64_t year, int month) {
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

// Takes fixed-width numbers and separators off the front of a text.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool number(std::size_t width, int& out) {
    if (text_.size() < width) return false;
    for (std::size_t i = 0; i < width; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return false;
    }
    std::from_chars(text_.data(), text_.data() + width, out);
    text_.remove_prefix(width);
    return true;
  }
  // The fraction's first three digits, as milliseconds.
  bool fraction(int& ms) {
    int digits = 0;
    ms = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      if (digits < 3) ms = ms * 10 + (text_.front() - '0');
      ++digits;
      text_.remove_prefix(1);
    }
    for (int i = digits; i < 3; ++i) ms *= 10;
    return digits > 0;
  }

 private:
  std::string_view text_;
};

// "Z", "+hh:mm" or "-hhmm", to the end of the text; the offset in minutes.
bool take_zone(Cursor& cursor, int& minutes) {
  minutes = 0;
  if (cursor.take('Z') || cursor.take('z')) return cursor.done();
  const bool east = cursor.take('+');
  if (!east && !cursor.take('-')) return false;
  int h = 0;
  int m = 0;
  if (!cursor.number(2, h)) return false;
  cursor.take(':');
  if (!cursor.number(2, m) || h > 23 || m > 59) return false;
  minutes = (east ? 1 : -1) * (h * 60 + m);
  return cursor.done();
}

}  // namespace

std::string new_uuid(Transaction& txn, std::string_view label) {
  std::array<std::uint8_t, 16> b{};
  txn.random(label, b);
  b[6] = static_cast<std::uint8_t>((b[6] & 0x0F) | 0x40);
  b[8] = static_cast<std::uint8_t>((b[8] & 0x3F) | 0x80);
  const std::string h = hex_of(b);
  return h.substr(0, 8) + '-' + h.substr(8, 4) + '-' + h.substr(12, 4) + '-' + h.substr(16, 4) +
         '-' + h.substr(20);
}

std::string new_secret(Transaction& txn, std::string_view label, std::string_view prefix,
                       std::size_t bytes) {
  std::vector<std::uint8_t> buffer(bytes);
  txn.random(label, buffer);
  return std::string(prefix) + hex_of(buffer);
}

std::string hex(const Digest& digest) { return hex_of(digest); }

bool valid_id(std::string_view id) {
  if (id.empty() || id.size() > 100 || id.front() == '.' || id.front() == '-') return false;
  return std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == ':' || c == '@' || c == '-';
  });
}

std::string_view short_id(std::string_view id) { return id.substr(0, 8); }

std::string iso_time(std::int64_t unix_ms) {
  std::int64_t days = unix_ms / kMsPerDay;
  std::int64_t rest = unix_ms % kMsPerDay;
  if (rest < 0) {
    rest += kMsPerDay;
    --days;
  }
  const Date date = civil_from_days(days);
  std::array<char, 64> buffer{};
  const int n =
      std::snprintf(buffer.data(), buffer.size(), "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ",
                    static_cast<long long>(date.year), date.month, date.day,
                    static_cast<int>(rest / 3'600'000), static_cast<int>(rest / 60'000 % 60),
                    static_cast<int>(rest / 1000 % 60), static_cast<int>(rest % 1000));
  return {buffer.data(), static_cast<std::size_t>(n)};
}

std::optional<std::int64_t> parse_iso_time(std::string_view text) {
  Cursor cursor(text);
  int year = 0;
  int month = 0;
  int day = 0;
  if (!cursor.number(4, year) || !cursor.take('-') || !cursor.number(2, month) ||
      !cursor.take('-') || !cursor.number(2, day)) {
    return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  const std::int64_t midnight = days_from_civil(year, month, day) * kMsPerDay;
  if (cursor.done()) return midnight;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int ms = 0;
  int zone = 0;
  if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
  if (!cursor.number(2, hour) || !cursor.take(':') || !cursor.number(2, minute)) {
    return std::nullopt;
  }
  if (cursor.take(':')) {
    if (!cursor.number(2, second)) return std::nullopt;
    if (cursor.take('.') && !cursor.fraction(ms)) return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 59 || !take_zone(cursor, zone)) return std::nullopt;
  return midnight + ((hour * 60 + minute - zone) * 60LL + second) * 1000 + ms;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other)));
  }
  return difference == 0;
}

}  // namespace ansible
