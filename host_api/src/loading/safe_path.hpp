// May this process trust what lies at the end of a path?
#pragma once

#include <sys/types.h>

#include <string>

#include "gateway/error.hpp"
#include "host/unique_fd.hpp"

namespace gateway {

struct OpenedFile {
  UniqueFd fd;       // for reading
  std::string path;  // with every symbolic link resolved
};

// Walks `path` component by component, never following a link by itself, and opens the regular file
// at its end. Somebody else who could replace the file could run code as this process, so the file,
// its directory, every symbolic link on the way and that link's directory must belong to root or to
// this process's user and be writable by nobody else; a sticky directory may be, since there only
// the owner replaces an entry. Directories further up are not checked.
// Errors: not_found, unsafe_path (names what to run), not_a_file, io_error.
// Thread rule: any.
Result<OpenedFile> open_trusted(const std::string& path);

}  // namespace gateway
