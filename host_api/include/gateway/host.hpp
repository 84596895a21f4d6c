// The front door: a plugin in a slot, on a store, with everything a gateway does to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/engine.hpp"
#include "gateway/error.hpp"
#include "gateway/executor.hpp"
#include "gateway/log.hpp"
#include "gateway/node.hpp"
#include "gateway/state_dir.hpp"

namespace gateway {

enum class OnFileChange : std::uint8_t { kDirect, kIgnore };

struct HostOptions {
  NodeIdentity node;
  std::string plugin = "ansible";  // the slot's name, and the id that a library must state
  std::string library;  // the configured file: an input, imported by digest; may be empty
  std::string config_json = "{}";  // passed to the plugin's create
  OnFileChange on_file_change = OnFileChange::kDirect;
  std::string plugins_root;  // empty: <state directory>/plugins/<plugin>
  std::string prover;        // path of gateway-prover
  std::chrono::milliseconds prove_timeout{5'000};
  std::chrono::milliseconds watch_every{2'000};
  std::chrono::milliseconds watch_quiet{1'000};
  bool sweep = true;  // run the manifest's sweeps
  ExecutorOptions executor;
  std::shared_ptr<Clock> clock;  // empty: the system's
  LogSink log;
};

// A release that is loaded, and since when it has its role (Unix milliseconds).
struct RoleInfo {
  ReleaseId release;
  std::int64_t since_ms = 0;
};

struct SlotStatus {
  std::string id;  // the slot's name
  std::string
      state;  // "active" | "degraded" (serving, but the file was refused or the last swap failed) | "none"
  std::string reason;  // why degraded or none
  std::string path;    // the configured file
  std::optional<RoleInfo> active;
  std::optional<RoleInfo> candidate;
  std::optional<RoleInfo> parked;
};

// One line of a release's or the slot's history, newest first.
struct HistoryEntry {
  std::int64_t at_ms = 0;
  std::string event;  // "imported" | "activated" | "rolled_back" | "refused" | ...
  ReleaseId release;
  std::string detail;
};

// A release kept on disk.
struct KnownRelease {
  ReleaseId release;
  std::int64_t imported_ms = 0;
  std::string role;  // "active" | "parked" | ""
  std::uint32_t data_format_read_min = 0;
  std::uint32_t data_format_read_max = 0;
  std::uint32_t data_format_write = 0;
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
};

// Thread rule: call, run, status, metrics from any thread. install, verify, swap, rollback, reconfigure and shutdown
// from any thread too, one at a time (they take turns inside).
class Host {
 public:
  // Boots the plugin (see hot-swap: state.json's stable release, or the configured file)
  // and starts sweeps and the watcher. A plugin that cannot be loaded is not an error here: status() says `none` and
  // why, calls are kNoPlugin, and a good file that appears later is activated.
  // The state directory stays locked while the host is open.
  // Errors: storage, plugins_root (permissions).
  static Result<std::unique_ptr<Host>> open(HostOptions options, StateDir state_dir,
                                            std::unique_ptr<Engine> engine);
  ~Host();  // as shutdown(0 ms)

  void call(Request request, Completion done);
  Outcome run(Request request);

  // Imports and proves a library file; activates nothing. Installing known bytes again is fine.
  Result<KnownRelease> install(const std::string& file);

  // Stages, verifies and proves a file, and keeps nothing.
  Result<KnownRelease> verify(const std::string& file);

  // Activates a file, a SHA-256 prefix (at least 6 hex digits) or a version. Already active: fine, nothing happens.
  // Errors: not_found, ambiguous (lists the matches), and whatever stage, verify, prove and load refuse.
  Result<KnownRelease> swap(const std::string& what);

  // Goes to the release that was active before; a second one forward again. Errors: nothing_to_roll_back_to.
  Result<KnownRelease> rollback();

  // A second instance from the same library with another configuration, switched to and started.
  Result<void> reconfigure(const std::string& config_json);

  // Looks at the configured file now instead of at the next poll (SIGHUP).
  void recheck_file();

  SlotStatus status() const;
  std::vector<KnownRelease> releases() const;
  std::vector<HistoryEntry> history() const;
  Slot::Lease active() const;  // empty when no plugin is loaded
  ExecutorMetrics metrics() const;
  Engine& engine();

  // Stops sweeps and the watcher, drains calls within `limit`, runs stop, retires the plugin, releases the directory.
  void shutdown(std::chrono::milliseconds limit);

 private:
  struct Impl;
  explicit Host(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
