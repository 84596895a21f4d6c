// Noticing that the configured library file has changed.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "host/file_events.hpp"
#include "loading/stage.hpp"

namespace gateway {

// Polls the stat of the file that a path resolves to; that is the truth, inotify only wakes it
// early. A change (another device, inode, size or ctime, or the file gone or back) is reported once
// it has been quiet for a while, because a half-finished copy is "not yet", never "bad". A file that was refused is
// reported again on recheck(), and by itself after longer and longer pauses.
//
// Thread rule: construct and destroy on one thread, wake() and recheck() from any; `on_change` runs on the
// watcher's own thread.
class Watcher {
 public:
  using Seen = std::optional<FileStamp>;  // empty: there is no file

  enum class Verdict {
    kDecided,  // the file as seen was dealt with, however it ended
    kNotYet,   // it changed meanwhile: ask again when it is quiet
    kRefused,  // for what may pass: ask again, also about the same file
  };
  using OnChange = std::function<Verdict(const Seen&)>;

  struct Options {
    std::string path;
    std::chrono::milliseconds every{2'000};
    std::chrono::milliseconds quiet{1'000};
    std::chrono::milliseconds retry{5'000};  // the first pause; each is twice the one before ...
    std::chrono::milliseconds retry_most{300'000};  // ... up to this
  };

  // `decided`: the file as it was when it was last dealt with; empty: it never was.
  Watcher(Options options, std::optional<Seen> decided, OnChange on_change);
  ~Watcher();  // waits for an `on_change` that is running

  // Looks now.
  void wake() { events_.wake(); }

  // As wake(), and reports a refused file again.
  void recheck() {
    recheck_ = true;
    events_.wake();
  }

  // The stamp of `path` now.
  static Seen look(const std::string& path);

 private:
  void run();
  std::chrono::milliseconds step();  // looks once; how long to wait then
  void note(const Seen& now, Verdict verdict);

  const Options options_;
  const OnChange on_change_;
  FileEvents events_;
  std::optional<Seen> decided_;
  std::optional<std::chrono::milliseconds> pause_;  // until the refused file is reported again
  std::chrono::steady_clock::time_point retry_at_;
  std::optional<Seen> pending_;
  std::chrono::steady_clock::time_point pending_since_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> recheck_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace gateway
