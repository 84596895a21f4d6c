// What the routes see of the running gateway.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>

#include "daemon/secret.hpp"
#include "gateway/host.hpp"
#include "gateway/sqlite_engine.hpp"

namespace gateway_app {

constexpr const char* kPluginId = "ansible";  // the slot's name, and the id a library must state

// Fixed before anything is served.
struct Facts {
  std::string version;  // of the gateway
  std::string config_file;
  std::string state_dir;
  std::string bind;
  std::uint16_t port = 0;
  std::string url;
  std::string engine_name;  // "sqlite" | "memory"
  std::string database;     // path; empty for the memory engine
  std::int64_t started_ms = 0;
};

// Who this gateway is and what it is to load: fixed once the host is open, until then as configured.
struct NodeFacts {
  std::string id;
  std::string tier;
  std::string library;  // the configured file
};

// The engine is in the host once that is open, before that beside it.
// Thread rule: any.
class Runtime {
 public:
  explicit Runtime(Facts facts, NodeFacts node = {})
      : facts(std::move(facts)), node_(std::move(node)) {}

  Facts facts;
  std::atomic<bool> stopping{false};

  // The engine for one use. Whoever has it keeps it alive: set_store() waits.
  struct Store {
    std::shared_lock<std::shared_mutex> lock;
    gateway::Engine* engine = nullptr;  // none while the host is being opened, which may destroy it
    gateway::SqliteEngine* sqlite = nullptr;  // the same engine, when it is one
  };
  Store store() const {
    std::shared_lock lock(store_mutex_);
    return {std::move(lock), engine_, dynamic_cast<gateway::SqliteEngine*>(engine_)};
  }
  void set_store(gateway::Engine* engine) {
    const std::lock_guard lock(store_mutex_);
    engine_ = engine;
  }

  // The host, or empty while it is not open (starting, or not loadable with this configuration).
  std::shared_ptr<gateway::Host> host() const {
    const std::lock_guard lock(mutex_);
    return host_;
  }
  void set_host(std::shared_ptr<gateway::Host> host) {
    const std::lock_guard lock(mutex_);
    host_ = std::move(host);
    why_no_host_.clear();
  }

  std::string why_no_host() const {
    const std::lock_guard lock(mutex_);
    return why_no_host_;
  }
  void set_why_no_host(std::string why) {
    const std::lock_guard lock(mutex_);
    why_no_host_ = std::move(why);
  }

  NodeFacts node() const {
    const std::lock_guard lock(mutex_);
    return node_;
  }
  void set_node(NodeFacts node) {
    const std::lock_guard lock(mutex_);
    node_ = std::move(node);
  }

  bool is_operator(std::string_view token) const {
    const std::lock_guard lock(mutex_);
    return token_.matches(token);
  }
  bool has_operator() const {
    const std::lock_guard lock(mutex_);
    return !token_.empty();
  }
  void set_token(std::string_view token) {
    const std::lock_guard lock(mutex_);
    token_ = Secret(token);
  }

 private:
  friend std::string why_not_ready(Runtime& runtime);

  mutable std::shared_mutex store_mutex_;
  gateway::Engine* engine_ = nullptr;

  mutable std::mutex mutex_;
  NodeFacts node_;
  std::shared_ptr<gateway::Host> host_;
  std::string why_no_host_ = "the gateway is starting";
  Secret token_;

  // The store is probed at most once a second: /readyz is open to everybody.
  std::mutex probe_mutex_;
  std::optional<std::chrono::steady_clock::time_point> probed_at_;
  std::string probe_result_;
};

// Why calls cannot be served right now, for people; empty when they can.
std::string why_not_ready(Runtime& runtime);

}  // namespace gateway_app
