// A tool's arguments, validated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "tools/param.hpp"

namespace ansible {

// "from_agent": "worker"
struct ActorName {
  std::string_view name;  // of kActorNames
  std::string value;
};

// Typed access to arguments that passed validation. Asking for a name that the tool's table does not have, or with
// another type than it says, is a bug (throws std::logic_error).
class Args {
 public:
  // Validates `object` against `params`; nulls are dropped. Names that no parameter has, and that do not name the actor
  // either, end up in unknown().
  // Errors: invalid_argument with details {pointer, expected, got}.
  static Result<Args> read(std::span<const Param> params, json::object object);

  bool has(std::string_view name) const;
  std::optional<std::string> text(std::string_view name) const;
  std::string text_or(std::string_view name, std::string_view fallback) const;
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  bool flag(std::string_view name) const { return boolean(name).value_or(false); }

  // A list, cleaned: trimmed, empty ones dropped, duplicates dropped, order kept. kStringOrStrings splits on ','.
  std::vector<std::string> texts(std::string_view name) const;
  json::object object(std::string_view name) const;
  std::vector<json::object> objects(std::string_view name) const;

  // The names under which the call says who acts, each with its value (WHO-2); empty when the tool acts for nobody.
  const std::vector<ActorName>& actor_names() const { return actor_names_; }

  const std::vector<std::string>& unknown() const { return unknown_; }

  // What was passed, nulls dropped, unknown names included.
  const json::object& raw() const { return raw_; }

  // The same without the unknown names.
  json::object known() const;

 private:
  const json::value* find(std::string_view name) const;
  std::span<const Param> params_;
  json::object raw_;
  std::vector<ActorName> actor_names_;
  std::vector<std::string> unknown_;
};

// Checks one value against what its parameter may be, clamping in place where the table says so. `pointer` says where it
// stands. Errors: invalid_argument with details {pointer, expected, got}.
std::optional<Error> check_value(const Param& param, json::value& value,
                                 const std::string& pointer);

// "abc" -> "abc"; used in messages: a short, quoted form of any JSON value (never more than 60 characters).
std::string brief(const json::value& value);

}  // namespace ansible
