#include "plugin/support/inputs.hpp"

#include <algorithm>

namespace ansible_test {
namespace {

using ansible::Param;
using ansible::ParamType;

struct Value {
  std::string what;
  json::value value;
  bool valid;
};

std::string text(std::size_t length) { return std::string(length, 'x'); }

bool all_of(const json::value& list, bool (*is)(const json::value&)) {
  return list.is_array() && std::all_of(list.get_array().begin(), list.get_array().end(), is);
}
bool is_text(const json::value& v) { return v.is_string(); }
bool is_object(const json::value& v) { return v.is_object(); }

bool has_type(const Param& param, const json::value& v) {
  switch (param.type) {
    case ParamType::kString:
      return v.is_string();
    case ParamType::kInteger:
      return v.is_int64() || ((param.clamped || param.floored) && v.is_double());
    case ParamType::kBoolean:
      return v.is_bool();
    case ParamType::kStrings:
      return all_of(v, is_text);
    case ParamType::kStringOrStrings:
      return v.is_string() || all_of(v, is_text);
    case ParamType::kObject:
      return v.is_object();
    case ParamType::kObjects:
      return all_of(v, is_object);
  }
  return false;
}

json::value valid_value(const Param& param) {
  const std::string word(param.one_of.empty() ? "x" : param.one_of.front());
  switch (param.type) {
    case ParamType::kString:
    case ParamType::kStringOrStrings:
      return json::value(word);
    case ParamType::kInteger:
      return param.min == INT64_MIN ? 1 : param.min;
    case ParamType::kBoolean:
      return true;
    case ParamType::kStrings:
      return json::array{word};
    case ParamType::kObject:
      return minimal_args(param.members);
    case ParamType::kObjects:
      return json::array{json::object{}};
  }
  return nullptr;
}

void add_texts(const Param& param, std::vector<Value>& out) {
  for (const std::string_view word : param.one_of) {
    out.push_back({"the word '" + std::string(word) + "'", json::value(word), true});
  }
  out.push_back({"no text", json::value(""), param.one_of.empty()});
  if (!param.one_of.empty()) out.push_back({"an unknown word", json::value("no such word"), false});
  if (param.max_length == 0) return;
  const bool any_word = param.one_of.empty();
  out.push_back({"as long as may be", json::value(text(param.max_length)), any_word});
  out.push_back({"one too long", json::value(text(param.max_length + 1)), false});
  out.push_back({"far too long", json::value(text(param.max_length + 10'000)), false});
}

void add_lists(const Param& param, std::vector<Value>& out) {
  std::vector<Value> items;
  add_texts(param, items);
  for (const Value& item : items) {
    json::array list{item.value};
    if (!item.valid)
      list.insert(list.begin(), valid_value(param).is_array()
                                    ? valid_value(param).get_array().front()
                                    : valid_value(param));
    out.push_back({"a list with " + item.what, std::move(list), item.valid});
  }
  out.push_back({"an empty list", json::array{}, param.min_items == 0});
}

void add_integers(const Param& param, std::vector<Value>& out) {
  if (param.min != INT64_MIN) {
    out.push_back({"the least", param.min, true});
    out.push_back({"less than the least", param.min - 1, param.clamped});
  }
  if (param.max != INT64_MAX) {
    out.push_back({"the most", param.max, true});
    out.push_back({"more than the most", param.max + 1, param.clamped});
  }
}

void add_members(const Param& param, std::vector<Value>& out) {
  if (param.members.empty()) return;
  const json::object base = minimal_args(param.members);
  for (Input& input : generated_inputs(param.members, base)) {
    const bool extra = input.pointer == "/no_such_argument";
    out.push_back({input.what, std::move(input.args), input.valid && !extra});
  }
}

// Whatever JSON there is, as a wrong type of most parameters.
void add_wrong_types(const Param& param, std::vector<Value>& out) {
  const std::vector<json::value> all = {7,
                                        -1,
                                        1.5,
                                        true,
                                        json::value("text"),
                                        json::array{},
                                        json::array{1},
                                        json::array{json::value("x"), nullptr},
                                        json::array{json::array{}},
                                        json::array{json::object{}, 1},
                                        json::object{},
                                        json::object{{"a", 1}}};
  for (const json::value& value : all) {
    if (!has_type(param, value)) out.push_back({json::canonical(value), value, false});
  }
}

std::vector<Value> values_of(const Param& param) {
  std::vector<Value> out{{"valid", valid_value(param), true}, {"null", nullptr, !param.required}};
  add_wrong_types(param, out);
  if (param.type == ParamType::kString || param.type == ParamType::kStringOrStrings) {
    add_texts(param, out);
  }
  if (param.type == ParamType::kStrings || param.type == ParamType::kStringOrStrings) {
    add_lists(param, out);
  }
  if (param.type == ParamType::kInteger) add_integers(param, out);
  if (param.type == ParamType::kObject) add_members(param, out);
  return out;
}

}  // namespace

json::object minimal_args(std::span<const Param> params) {
  json::object args;
  for (const Param& param : params) {
    if (param.required) args[param.name] = valid_value(param);
  }
  return args;
}

std::vector<Input> generated_inputs(std::span<const Param> params, const json::object& base) {
  std::vector<Input> out{{"minimal", base, true, ""}};
  for (const Param& param : params) {
    const std::string name(param.name);
    for (Value& value : values_of(param)) {
      json::object args = base;
      args[name] = std::move(value.value);
      out.push_back({name + ": " + value.what, std::move(args), value.valid, "/" + name});
    }
    json::object without = base;
    without.erase(name);
    out.push_back({name + ": missing", std::move(without), !param.required, "/" + name});
  }
  for (const json::value& extra : {json::value(1), json::value(nullptr)}) {
    json::object more = base;
    more["no_such_argument"] = extra;
    out.push_back({"no_such_argument: extra", std::move(more), true, "/no_such_argument"});
  }
  return out;
}

}  // namespace ansible_test
