#include "core/fields.hpp"

#include <stdexcept>

namespace ansible {

std::optional<std::string> text_field(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  if (v == nullptr || !v->is_string()) return std::nullopt;
  return std::string(v->get_string());
}

std::optional<std::int64_t> int_field(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  if (v == nullptr || !v->is_int64()) return std::nullopt;
  return v->get_int64();
}

std::optional<bool> bool_field(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  if (v == nullptr || !v->is_bool()) return std::nullopt;
  return v->get_bool();
}

std::vector<std::string> texts_field(const json::object& from, std::string_view name) {
  std::vector<std::string> out;
  const json::value* v = from.if_contains(name);
  if (v == nullptr || !v->is_array()) return out;
  for (const json::value& item : v->get_array()) {
    if (item.is_string()) out.emplace_back(item.get_string());
  }
  return out;
}

json::object object_field(const json::object& from, std::string_view name) {
  const json::value* v = from.if_contains(name);
  return v != nullptr && v->is_object() ? v->get_object() : json::object{};
}

void set_field(json::object& to, std::string_view name, const std::optional<std::string>& value) {
  if (value) to[name] = *value;
}
void set_field(json::object& to, std::string_view name, std::optional<std::int64_t> value) {
  if (value) to[name] = *value;
}
void set_field(json::object& to, std::string_view name, std::optional<bool> value) {
  if (value) to[name] = *value;
}
void set_field(json::object& to, std::string_view name, const std::vector<std::string>& value) {
  if (!value.empty()) to[name] = to_array(value);
}

json::array to_array(const std::vector<std::string>& texts) {
  json::array out;
  out.reserve(texts.size());
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

json::object parse_document(std::string_view key, std::string_view text) {
  auto parsed = json::parse(text);
  if (!parsed.ok() || !parsed->is_object()) {
    throw std::runtime_error("stored document is not a JSON object: " + std::string(key));
  }
  return std::move(*parsed).get_object();
}

}  // namespace ansible
