#include "cli/json_text.hpp"

#include <array>
#include <ctime>

namespace gateway_app {

std::string text_of(const json::object& from, std::string_view name, std::string_view fallback) {
  const json::value* v = from.if_contains(name);
  if (v == nullptr || v->is_null()) return std::string(fallback);
  return v->is_string() ? std::string(v->get_string()) : json::canonical(*v);
}

std::int64_t int_of(const json::object& from, std::string_view name, std::int64_t fallback) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_int64() ? v->get_int64() : fallback;
}

bool bool_of(const json::object& from, std::string_view name, bool fallback) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_bool() ? v->get_bool() : fallback;
}

json::object object_in(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_object() ? v->get_object() : json::object{};
}

json::array array_in(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_array() ? v->get_array() : json::array{};
}

std::string joined(const json::array& texts, std::string_view none) {
  std::string out;
  for (const json::value& text : texts) {
    if (!out.empty()) out += ", ";
    out += text.is_string() ? std::string(text.get_string()) : json::canonical(text);
  }
  return out.empty() ? std::string(none) : out;
}

std::string local_time(std::int64_t unix_ms) {
  if (unix_ms <= 0) return "-";
  const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 32> buffer{};
  std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return buffer.data();
}

}  // namespace gateway_app
