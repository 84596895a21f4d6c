// Is this file a plugin that can be mapped safely? Decided from its bytes, before anything is
// mapped.
#pragma once

#include <string>

#include "gateway/error.hpp"

namespace gateway {

// Checks that the file is a 64-bit ELF shared library for this machine, that every segment lies
// inside it (a truncated library kills the process inside dlopen), that it defines exactly the
// entry symbol, and that it needs no other libraries than a plugin may. Treats the file as hostile.
// `name` is what messages call it; empty: the file's name.
// Errors: empty_file, not_a_library, truncated_library, wrong_machine, bad_library, no_entry,
// extra_symbols, extra_dependency, io_error.
// Thread rule: any.
Result<void> verify_library(const std::string& path, const std::string& name = {});

}  // namespace gateway
