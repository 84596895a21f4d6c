// A plugin that can be called: its table, one configured instance, and which release it is.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/manifest.hpp"
#include "gateway/plugin_abi.h"

namespace gateway {

// Which build of the plugin an instance runs.
struct ReleaseId {
  std::string version;
  std::string build_id;
  std::string
      sha256;  // 64 hex digits of the library's bytes; empty for a table linked into the program
};

// One library with one configuration. Immutable, so that any number of calls use it at once.
// Thread rule: create and destroy on the control thread (destroy never on a request thread: the Slot's reaper does it);
// everything else from any thread.
class Instance {
 public:
  // Copies min(size, sizeof) of the plugin's table, checks it against this host (major, minors, required hooks,
  // manifest) and creates an instance. `keep_alive` (the library) is released after destroy.
  // `report` receives what create wrote to its sink.
  // Errors: abi_mismatch, bad_table, bad_manifest, config_invalid (with the paths create reported), create_failed.
  static Result<std::unique_ptr<Instance>> create(const gw_plugin* table, ReleaseId release,
                                                  const std::string& config_json,
                                                  std::shared_ptr<void> keep_alive,
                                                  std::string* report = nullptr);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const gw_plugin& table() const { return table_; }
  gw_instance* handle() const { return handle_; }
  const Manifest& manifest() const { return manifest_; }
  const ReleaseId& release() const { return release_; }

  // Its interface gateway.outbox/1; nullptr: it has none.
  const gw_outbox* outbox() const { return outbox_; }

 private:
  Instance() = default;
  gw_plugin table_{};
  gw_instance* handle_ = nullptr;
  const gw_outbox* outbox_ = nullptr;
  Manifest manifest_;
  ReleaseId release_;
  std::shared_ptr<void> keep_alive_;
};

// The host as every plugin sees it: limits and interfaces, the same for all instances of the process.
const gw_host& host_table();

}  // namespace gateway
