// Strict JSON in, canonical JSON out.
//
// One reader and one writer for everything that is checked, hashed, stored or sent, so that equal documents have equal
// bytes. Built on Boost.JSON, which alone keeps the last of duplicate keys, turns 1e400 into an infinity and prints
// 900.0 as 9E2.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace base::json {

using boost::json::array;
using boost::json::object;
using boost::json::value;

struct ParseError {
  std::string pointer;  // JSON pointer of the place, "" for the document
  std::string message;  // what is wrong, for people
  std::size_t offset;   // byte offset into the text
};

struct ParseOptions {
  bool comments =
      false;  // also accept // and /* */ comments and trailing commas (configuration files)
};

// Parses one JSON document. Refuses duplicate keys, numbers that are not finite, bad UTF-8, lone surrogates, nesting
// over 32 and anything after the document. A number without fraction and within +-2^53 becomes an integer, however it
// was written (900.0, 9e2).
// Thread rule: any.
Result<value, ParseError> parse(std::string_view text, ParseOptions options = {});

// Writes `v` compactly: object keys in the order of their bytes, numbers as ECMAScript prints them, escapes as
// JSON.stringify makes them, UTF-8 otherwise as it is.
// Thread rule: any.
std::string canonical(const value& v);

// Writes `v` for people: as canonical(), but indented by two blanks and with object keys in their stored order.
std::string pretty(const value& v);

// The number of UTF-16 code units of UTF-8 text: what existing clients call the length of a string.
std::size_t utf16_length(std::string_view utf8);

// True if `text` is well-formed UTF-8.
bool valid_utf8(std::string_view text);

// Escapes one reference token of a JSON pointer ("a/b~c" -> "a~1b~0c").
std::string pointer_token(std::string_view token);

// Reads a member, or nullptr when `v` is no object or lacks it.
const value* find(const value& v, std::string_view key);

}  // namespace base::json
