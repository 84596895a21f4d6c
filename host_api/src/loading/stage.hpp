// Bringing a library file in: is it safe to trust its path, and which bytes are it?
#pragma once

#include <cstdint>
#include <string>

#include "gateway/error.hpp"

namespace gateway {

// What a stat says about a file's content: equal stamps, unchanged file.
struct FileStamp {
  std::uint64_t dev = 0;
  std::uint64_t ino = 0;
  std::uint64_t size = 0;
  std::int64_t ctime_ns = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

// The stamp of the file that `path` resolves to. Errors: not_found, io_error.
Result<FileStamp> stamp_file(const std::string& path);

struct StagedFile {
  std::string path;    // the copy, 0500, under a name unique in its directory; the caller owns it
  std::string sha256;  // 64 hex digits
  FileStamp stamp;     // of the source, unchanged from before the copy to after it
};

// Copies `source` into `directory` while hashing, and syncs the copy.
//
// The source must be a regular file, owned by root or by this process's user, not writable by group
// or others; the same holds for its directory and for the directory of every symbolic link on the
// way (a sticky one may be writable by others). Directories further up are not checked.
// Errors: not_found; unsafe_path (with the chmod or chown to run); not_a_file; too_large (over 512
// MiB); file_busy (it changed while it was copied: try again); no_space; io_error.
// Thread rule: any.
Result<StagedFile> stage_file(const std::string& source, const std::string& directory);

}  // namespace gateway
