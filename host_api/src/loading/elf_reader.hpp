// The few facts of an ELF shared library that decide whether it may be mapped, read without mapping
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"

namespace gateway {

struct ElfFacts {
  std::vector<std::string> needed;   // DT_NEEDED, and what DT_FILTER and DT_AUXILIARY load besides
  std::vector<std::string> exports;  // defined dynamic symbols that others can bind to
};

// Reads `file`, the bytes of a whole file from anywhere: every offset and count in it is checked
// before it is used.
// `name` is what messages call it.
// Errors: empty_file, not_a_library, wrong_machine, truncated_library, bad_library.
// Thread rule: any.
Result<ElfFacts> read_elf(std::string_view file, const std::string& name);

}  // namespace gateway
