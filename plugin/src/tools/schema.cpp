#include "tools/param.hpp"

namespace ansible {
namespace {

namespace json = base::json;

json::object string_schema(const Param& param) {
  json::object schema{{"type", "string"}};
  if (param.max_length != 0) schema["maxLength"] = param.max_length;
  if (!param.one_of.empty()) {
    json::array allowed;
    for (const std::string_view word : param.one_of) allowed.emplace_back(word);
    schema["enum"] = std::move(allowed);
  }
  return schema;
}

json::object list_schema(const Param& param) {
  json::object schema{{"type", "array"}, {"items", string_schema(param)}};
  if (param.min_items != 0) schema["minItems"] = param.min_items;
  return schema;
}

json::object members_schema(std::span<const Param> members, bool open) {
  json::object properties;
  json::array required;
  for (const Param& param : members) {
    json::object schema = [&]() -> json::object {
      switch (param.type) {
        case ParamType::kString:
          return string_schema(param);
        case ParamType::kInteger: {
          json::object s{{"type", param.clamped || param.floored ? "number" : "integer"}};
          if (!param.clamped && param.min != INT64_MIN) s["minimum"] = param.min;
          if (!param.clamped && param.max != INT64_MAX) s["maximum"] = param.max;
          return s;
        }
        case ParamType::kBoolean:
          return {{"type", "boolean"}};
        case ParamType::kStrings:
          return list_schema(param);
        case ParamType::kStringOrStrings:
          return {{"anyOf", json::array{string_schema(param), list_schema(param)}}};
        case ParamType::kObjects:
          return {{"type", "array"}, {"items", {{"type", "object"}}}};
        case ParamType::kObject:
          return param.members.empty() ? json::object{{"type", "object"}}
                                       : members_schema(param.members, false);
      }
      return {};
    }();
    if (param.required) {
      required.emplace_back(param.name);
    } else {
      schema = {{"anyOf", json::array{std::move(schema), json::object{{"type", "null"}}}}};
    }
    schema["description"] = param.description;
    properties[param.name] = std::move(schema);
  }
  json::object schema{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) schema["required"] = std::move(required);
  schema["additionalProperties"] = open;
  return schema;
}

}  // namespace

json::object object_schema(std::span<const Param> params) { return members_schema(params, true); }

}  // namespace ansible
