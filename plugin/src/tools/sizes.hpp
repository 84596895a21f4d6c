// Bounds on what a caller may store, and is told, with one call, where a parameter's own length or a limit is not enough.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/error.hpp"
#include "tools/args.hpp"

namespace ansible {

// Errors: too_large when the list `name` has more than `most` items.
std::optional<Error> refuse_long_list(const Args& args, std::string_view name, std::size_t most);
std::optional<Error> refuse_count(std::string_view name, std::size_t count, std::size_t most);

// Errors: too_large when the object `name` is more than 64 KiB of JSON.
std::optional<Error> refuse_big_object(const Args& args, std::string_view name);

// Of the rows in a reply, which may have 4 MiB: bytes of their JSON.
inline constexpr std::size_t kMostReplyBytes = 2u << 20;

// Counts what a reply shows, row by row.
class ReplySize {
 public:
  // Whether this row has a place, too. The first one always has.
  bool takes(const json::value& row);

 private:
  std::size_t bytes_ = 0;
};

}  // namespace ansible
