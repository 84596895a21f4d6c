// Small files that survive a power cut, whole or not at all.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/error.hpp"

namespace gateway {

// Replaces `path` by `text`: written to a temporary file beside it, synced, renamed over it,
// directory synced. A reader, or a boot after a crash, finds the old bytes or the new ones.
// Errors: no_space, io_error.
// Thread rule: any; one writer per path.
Result<void> write_durably(const std::string& path, std::string_view text, mode_t mode);

// Reads a whole file. Errors: not_found, not_a_file (a directory, a pipe, ...), too_large (over `max_bytes`), io_error.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

// Makes the entries of a directory (created, renamed, removed files) durable. Errors: io_error.
Result<void> sync_directory(const std::string& path);

// Makes `path` and what is missing above it, each 0700; an existing directory is left as it is.
// Errors: io_error.
Result<void> make_directory(const std::string& path);

// Removes a file or a whole tree, also one without write permission. A missing one is fine. Errors:
// io_error.
Result<void> remove_tree(const std::string& path);

// `io_error` or `no_space` from errno: "cannot <verb> <path>: <reason>".
Error io_error(std::string_view verb, const std::string& path, int error_number);

}  // namespace gateway
