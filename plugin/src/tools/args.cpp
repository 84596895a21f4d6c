#include "tools/args.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tools/acting.hpp"

namespace ansible {
namespace {

std::string kind_of(ParamType type) {
  switch (type) {
    case ParamType::kString:
      return "string";
    case ParamType::kInteger:
      return "integer";
    case ParamType::kBoolean:
      return "boolean";
    case ParamType::kStrings:
      return "array of strings";
    case ParamType::kStringOrStrings:
      return "string or array of strings";
    case ParamType::kObject:
      return "object";
    case ParamType::kObjects:
      return "array of objects";
  }
  return "value";
}

std::string joined(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += '|';
    out += word;
  }
  return out;
}

Error invalid(const std::string& pointer, const std::string& expected, const std::string& got) {
  return {code::kInvalidArgument,
          (pointer.empty() ? "arguments" : pointer.substr(1)) + ": expected " + expected +
              ", got " + got,
          {{"pointer", pointer}, {"expected", expected}, {"got", got}}};
}

// Checks one value in place (clamping where the table says so). `pointer` is where it stands.
class Checker {
 public:
  using Problem = std::optional<Error>;

  static Problem members(std::span<const Param> params, json::object& object,
                         const std::string& at) {
    for (const Param& param : params) {
      const auto found = object.find(param.name);
      const std::string pointer = at + '/' + std::string(param.name);
      if (found == object.end()) {
        if (param.required) return invalid(pointer, kind_of(param.type), "nothing");
        continue;
      }
      if (Problem problem = check(param, found->value(), pointer)) return problem;
    }
    return std::nullopt;
  }

  static Problem check(const Param& param, json::value& v, const std::string& pointer) {
    switch (param.type) {
      case ParamType::kString:
        return text(param, v, pointer);
      case ParamType::kInteger:
        return integer(param, v, pointer);
      case ParamType::kBoolean:
        if (v.is_bool()) return std::nullopt;
        break;
      case ParamType::kStringOrStrings:
        if (v.is_string()) return text(param, v, pointer);
        [[fallthrough]];
      case ParamType::kStrings:
        if (v.is_array()) return list(param, v.get_array(), pointer);
        break;
      case ParamType::kObject:
        if (v.is_object()) return object(param, v.get_object(), pointer);
        break;
      case ParamType::kObjects:
        if (v.is_array()) return objects(v.get_array(), pointer);
        break;
    }
    return invalid(pointer, kind_of(param.type), brief(v));
  }

 private:
  static Problem text(const Param& param, const json::value& v, const std::string& pointer) {
    if (!v.is_string()) return invalid(pointer, kind_of(param.type), brief(v));
    const std::string_view s = v.get_string();
    const std::size_t length = json::utf16_length(s);
    if (param.max_length != 0 && length > param.max_length) {
      return invalid(pointer, "at most " + std::to_string(param.max_length) + " characters",
                     std::to_string(length) + " characters");
    }
    if (!param.one_of.empty() &&
        std::find(param.one_of.begin(), param.one_of.end(), s) == param.one_of.end()) {
      return invalid(pointer, joined(param.one_of), brief(v));
    }
    return std::nullopt;
  }

  static Problem integer(const Param& param, json::value& v, const std::string& pointer) {
    if (param.floored) round_down(v);
    const bool numeric = v.is_int64() || (param.clamped && (v.is_double() || v.is_uint64()));
    if (!numeric) return invalid(pointer, range(param), brief(v));
    if (param.clamped) {
      v = static_cast<std::int64_t>(std::clamp(
          v.to_number<double>(), static_cast<double>(param.min), static_cast<double>(param.max)));
      return std::nullopt;
    }
    if (v.get_int64() < param.min || v.get_int64() > param.max) {
      return invalid(pointer, range(param), brief(v));
    }
    return std::nullopt;
  }

  // Leaves what no integer can hold as it is.
  static void round_down(json::value& v) {
    constexpr double kBound = 9.0e18;
    if (!v.is_double() || std::abs(v.get_double()) > kBound) return;
    v = static_cast<std::int64_t>(std::floor(v.get_double()));
  }

  static std::string range(const Param& param) {
    if (param.clamped || (param.min == INT64_MIN && param.max == INT64_MAX)) return "integer";
    if (param.max == INT64_MAX) return "integer of at least " + std::to_string(param.min);
    return "integer from " + std::to_string(param.min) + " to " + std::to_string(param.max);
  }

  static Problem list(const Param& param, const json::array& items, const std::string& pointer) {
    if (items.size() < param.min_items) {
      return invalid(pointer, "at least " + std::to_string(param.min_items) + " item(s)",
                     std::to_string(items.size()));
    }
    Param item = param;
    item.type = ParamType::kString;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (Problem problem = text(item, items[i], pointer + '/' + std::to_string(i))) {
        return problem;
      }
    }
    return std::nullopt;
  }

  static Problem objects(const json::array& items, const std::string& pointer) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!items[i].is_object()) {
        return invalid(pointer + '/' + std::to_string(i), "object", brief(items[i]));
      }
    }
    return std::nullopt;
  }

  static Problem object(const Param& param, json::object& o, const std::string& pointer) {
    if (param.members.empty()) return std::nullopt;
    for (const auto& member : o) {
      const bool known =
          std::any_of(param.members.begin(), param.members.end(),
                      [&](const Param& m) { return m.name == std::string_view(member.key()); });
      if (!known) {
        return invalid(pointer + '/' + json::pointer_token(member.key()), "no such member",
                       brief(member.value()));
      }
    }
    return members(param.members, o, pointer);
  }
};

// ARG-1: null counts as absent.
void drop_nulls(json::object& object) {
  for (auto it = object.begin(); it != object.end();) {
    it = it->value().is_null() ? object.erase(it) : std::next(it);
  }
}

// The same one level down. There an unknown name is refused, whatever its value.
void drop_nulls(std::span<const Param> members, json::object& object) {
  for (const Param& member : members) {
    const auto found = object.find(member.name);
    if (found != object.end() && found->value().is_null()) object.erase(found);
  }
}

const Param* find_param(std::span<const Param> params, std::string_view name) {
  const auto at = std::find_if(params.begin(), params.end(),
                               [&](const Param& param) { return param.name == name; });
  return at == params.end() ? nullptr : &*at;
}

// WHO-2: every name that says who acts in a tool with these parameters.
std::vector<Param> actor_params(std::span<const Param> params) {
  std::vector<Param> out;
  if (std::none_of(params.begin(), params.end(), [](const Param& p) { return p.names_actor; })) {
    return out;
  }
  for (const std::string_view name : kActorNames) {
    const Param* declared = find_param(params, name);
    if (declared == nullptr || declared->names_actor) out.push_back(acting_agent(name));
  }
  return out;
}

std::string trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return std::string(text);
}

void add_clean(std::vector<std::string>& out, std::string_view text) {
  std::string clean = trimmed(text);
  if (!clean.empty() && std::find(out.begin(), out.end(), clean) == out.end()) {
    out.push_back(std::move(clean));
  }
}

void add_split(std::vector<std::string>& out, std::string_view text) {
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    add_clean(out, text.substr(begin, comma - begin));
    begin = comma + 1;
  }
}

}  // namespace

Result<Args> Args::read(std::span<const Param> params, json::object object) {
  drop_nulls(object);
  Args args;
  args.params_ = params;
  for (const Param& param : params) {
    if (param.type != ParamType::kObject || param.members.empty()) continue;
    if (json::value* v = object.if_contains(param.name); v != nullptr && v->is_object()) {
      drop_nulls(param.members, v->get_object());
    }
  }
  if (auto problem = Checker::members(params, object, "")) return std::move(*problem);
  for (const Param& param : actor_params(params)) {
    json::value* v = object.if_contains(param.name);
    if (v == nullptr) continue;
    if (auto problem = Checker::check(param, *v, '/' + std::string(param.name))) {
      return std::move(*problem);
    }
    args.actor_names_.push_back({param.name, std::string(v->get_string())});
  }
  for (const auto& member : object) {
    const std::string_view name = member.key();
    const bool actor = std::any_of(args.actor_names_.begin(), args.actor_names_.end(),
                                   [&](const ActorName& a) { return a.name == name; });
    if (!actor && find_param(params, name) == nullptr) {
      args.unknown_.emplace_back(name.substr(0, 100));
    }
  }
  std::sort(args.unknown_.begin(), args.unknown_.end());
  args.raw_ = std::move(object);
  return args;
}

json::object Args::known() const {
  json::object out;
  for (const Param& param : params_) {
    if (const json::value* v = raw_.if_contains(param.name)) out[param.name] = *v;
  }
  return out;
}

const json::value* Args::find(std::string_view name) const {
  if (find_param(params_, name) == nullptr) {
    throw std::logic_error("the tool table has no parameter " + std::string(name));
  }
  return raw_.if_contains(name);
}

bool Args::has(std::string_view name) const { return find(name) != nullptr; }

std::optional<std::string> Args::text(std::string_view name) const {
  const json::value* v = find(name);
  if (v == nullptr) return std::nullopt;
  return std::string(v->as_string());
}

std::string Args::text_or(std::string_view name, std::string_view fallback) const {
  return text(name).value_or(std::string(fallback));
}

std::optional<std::int64_t> Args::integer(std::string_view name) const {
  const json::value* v = find(name);
  if (v == nullptr) return std::nullopt;
  return v->as_int64();
}

std::optional<bool> Args::boolean(std::string_view name) const {
  const json::value* v = find(name);
  if (v == nullptr) return std::nullopt;
  return v->as_bool();
}

std::vector<std::string> Args::texts(std::string_view name) const {
  std::vector<std::string> out;
  const json::value* v = find(name);
  if (v == nullptr) return out;
  if (v->is_string()) {
    add_split(out, v->get_string());
    return out;
  }
  const bool split = std::any_of(params_.begin(), params_.end(), [&](const Param& p) {
    return p.name == name && p.type == ParamType::kStringOrStrings;
  });
  for (const json::value& item : v->as_array()) {
    if (split) {
      add_split(out, item.as_string());
    } else {
      add_clean(out, item.as_string());
    }
  }
  return out;
}

json::object Args::object(std::string_view name) const {
  const json::value* v = find(name);
  return v == nullptr ? json::object{} : v->as_object();
}

std::optional<Error> check_value(const Param& param, json::value& value,
                                 const std::string& pointer) {
  return Checker::check(param, value, pointer);
}

std::vector<json::object> Args::objects(std::string_view name) const {
  std::vector<json::object> out;
  const json::value* v = find(name);
  if (v == nullptr) return out;
  for (const json::value& item : v->as_array()) out.push_back(item.as_object());
  return out;
}

std::string brief(const json::value& value) {
  constexpr std::size_t kLongest = 60;
  std::string text = json::canonical(value);
  if (text.size() > kLongest) {
    text.resize(kLongest - 3);
    while (!text.empty() && !json::valid_utf8(text)) text.pop_back();
    text += "...";
  }
  return text;
}

}  // namespace ansible
