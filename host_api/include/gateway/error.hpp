// What went wrong in a host operation, for machines and for people.
#pragma once

#include <string>

#include "base/result.hpp"

namespace gateway {

// `code` is the machine contract (snake_case); `message` says what was expected, what was found and what to do, on
// one line or on several.
struct Error {
  std::string code;
  std::string message;
};

template <class T>
using Result = base::Result<T, Error>;

}  // namespace gateway
