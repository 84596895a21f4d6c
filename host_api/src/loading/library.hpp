// A plugin's shared library, mapped.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "gateway/error.hpp"
#include "gateway/plugin_abi.h"

namespace gateway {

// Owns the mapping of one private copy. Never open a published path: dlopen finds a loaded library
// by inode and by path, so a new file under an old name gives the old code, and a file overwritten
// in place crashes the process.
//
// Thread rule: open on the control thread; the last reference goes on the control thread or a
// reaper, never on a request thread.
class Library {
 public:
  // How a closed library ended. One that stays mapped costs memory and is worth a line in the log,
  // but is no error.
  struct Closed {
    std::string path;
    bool unmapped = true;
  };
  using OnClosed = std::function<void(const Closed&)>;

  // Maps `private_copy` (a path that no other load uses) and asks its entry for the table.
  // `on_closed` runs after the unmapping, on the thread that dropped the last reference; the
  // private copy's file may be removed there.
  // Errors: load_failed (the dynamic linker's reason; names noexec file systems), no_entry,
  // no_table.
  static Result<std::shared_ptr<Library>> open(const std::string& private_copy,
                                               OnClosed on_closed = {});
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  // The plugin's own table; valid while this object lives.
  const gw_plugin* table() const;

 private:
  struct Impl;
  explicit Library(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// How many mapped images of this process have exactly this path.
std::size_t mapped_images(const std::string& path);

}  // namespace gateway
