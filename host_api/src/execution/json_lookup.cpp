#include "execution/json_lookup.hpp"

#include "base/json.hpp"

namespace gateway {
namespace {

const base::json::value* at(const base::json::value& document, const std::string& pointer) {
  boost::system::error_code error;
  return document.find_pointer(pointer, error);
}

}  // namespace

bool true_at(std::string_view json, const std::string& pointer) {
  const auto document = base::json::parse(json);
  if (!document) return false;
  const base::json::value* found = at(*document, pointer);
  return found != nullptr && found->is_bool() && found->get_bool();
}

std::string string_at(std::string_view json, const std::string& pointer) {
  const auto document = base::json::parse(json);
  if (!document) return {};
  const base::json::value* found = at(*document, pointer);
  if (found == nullptr || !found->is_string()) return {};
  return std::string(std::string_view(found->get_string()));
}

}  // namespace gateway
