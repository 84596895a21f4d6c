#include "rollout/fields.hpp"

namespace gateway_app::fields {

std::string text(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  if (v == nullptr || !v->is_string()) return {};
  return {v->get_string().data(), v->get_string().size()};
}

std::int64_t integer(const json::object& from, std::string_view name, std::int64_t otherwise) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_int64() ? v->get_int64() : otherwise;
}

double number(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  boost::system::error_code error;
  return v != nullptr && v->is_number() ? v->to_number<double>(error) : 0;
}

bool flag(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_bool() && v->get_bool();
}

const json::object& object(const json::object& from, std::string_view name) {
  static const json::object kNone;
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_object() ? v->get_object() : kNone;
}

const json::array& array(const json::object& from, std::string_view name) {
  static const json::array kNone;
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_array() ? v->get_array() : kNone;
}

}  // namespace gateway_app::fields
