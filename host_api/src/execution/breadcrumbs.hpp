// Which release runs on which thread, in memory that outlives the process.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"
#include "gateway/instance.hpp"

namespace gateway {

// A process that died inside a release, as the next one reads it.
struct Crash {
  ReleaseId release;  // no build id
  std::string hook;   // "tool ansible_claim_task", "create", ...
  std::string cause;  // "SIGSEGV", ..., or "exit()"
};

// A mapped file with a crumb per thread that runs hooks. While a hook runs, its thread's crumb names
// the release. A death by a fatal signal, or by exit() inside a hook, is marked there by a handler
// that does nothing else but write one line to stderr; a kill, a power cut or the kernel's
// out-of-memory killer leave no mark. So the next process can tell the release's fault from all
// others.
//
// The handlers for SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT are installed once per process; they
// pass on to the ones before them.
// Thread rule: any.
class Breadcrumbs {
 public:
  struct Crumb;

  // Maps `path`, made when missing, and reads what the last process left. Errors: io_error, no_space.
  static Result<std::shared_ptr<Breadcrumbs>> open(const std::string& path);
  ~Breadcrumbs();
  Breadcrumbs(const Breadcrumbs&) = delete;
  Breadcrumbs& operator=(const Breadcrumbs&) = delete;

  // At most one per release.
  const std::vector<Crash>& crashes() const { return crashes_; }
  // Of the process that left them; empty: there was none.
  const std::string& left_by() const { return left_by_; }

  // Forgets them on disk, and begins to watch. To be called when they are recorded elsewhere, and before the first hook
  // runs; threads may have their seats already.
  void begin();

  // This thread runs hooks for as long as the seat exists. Without breadcrumbs, or beyond as many
  // threads as the file has room for: nothing.
  class Seat {
   public:
    explicit Seat(Breadcrumbs* crumbs);
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

   private:
    Crumb* before_ = nullptr;
    Crumb* mine_ = nullptr;
    bool own_stack_ = false;
    std::unique_ptr<char[]> stack_;  // for the handler: a hook may have used up its own
  };

  // A hook of `release` runs on this thread. `kind` and `name`: "tool", "ansible_claim_task".
  class Hook {
   public:
    Hook(const ReleaseId& release, std::string_view kind, std::string_view name = {});
    ~Hook();
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;

   private:
    Crumb* crumb_;
  };

 private:
  Breadcrumbs(void* map, std::size_t size);
  void read();
  void clear_seats();

  void* map_;
  std::size_t size_;
  std::vector<Crash> crashes_;
  std::string left_by_;
};

}  // namespace gateway
