// Lock files of agents' sessions, and what becomes of those that nobody holds any more (COO-3).
#pragma once

#include <cstdint>
#include <string>

namespace gateway_app {

// What one look at all lock files found.
struct LockCounts {
  std::int64_t found = 0;
  std::int64_t removed = 0;
  std::int64_t kept = 0;
  std::int64_t errors = 0;
};

// Looks for `*.jsonl.lock` below `root` (four directories deep, symbolic links are not followed) and removes those that
// are at least `stale_seconds` old and whose holder is gone. A root that does not exist has none. `now_ms` is Unix time.
//
// A lock names its holder as {"pid": n} or pid=n, and may name the holder's start as "starttime" (clock ticks since the
// system's, field 22 of /proc/<pid>/stat). While that process lives the lock stays, however old it is. The number of a
// process is used again some day: one that started later than the lock is another one. Without a `starttime` the file's
// own time decides what is later. A lock that names nobody goes by its age alone.
// Thread rule: any.
LockCounts sweep_session_locks(const std::string& root, std::int64_t stale_seconds,
                               std::int64_t now_ms);

}  // namespace gateway_app
