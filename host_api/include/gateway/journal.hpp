// The journal: what a gateway was asked, kept to be asked again.
//
// A ring of files in a directory of its own (0700), each 0600 and complete in itself: the configuration, a snapshot of
// what the plugin had stored, and every step that was carried out on top of it, in the order of the commits, with its
// arguments as received, time, seed and caller. They hold tokens, and must be treated as secrets. gateway/replay.hpp runs
// them again.
//
// Recording never delays or fails a call. What cannot be kept in time is lost: the file ends there, says so, and the next
// one begins with a new snapshot.
#pragma once

#include <cstdint>
#include <string>

namespace gateway {

struct JournalOptions {
  bool enabled = false;
  std::string directory;  // empty: <state directory>/journal
  std::uint64_t max_bytes =
      64u << 20;  // of all files; the oldest goes first. A store of more than a quarter of it
                  // is not recorded, and the log says so
};

}  // namespace gateway
