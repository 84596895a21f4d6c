// What a tool or sweep knows about its call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "core/transaction.hpp"

namespace ansible {

// Who called, as far as the host knows (GW_CALLER_*).
enum class CallerKind : std::uint8_t { kAnonymous, kAgent, kOperator, kHost };

// This gateway's place in the mesh, as of the call (interface gateway.node/1).
struct NodeView {
  std::string id;
  std::string role = "coordinator";
  bool sweeps = true;
  std::string reason;  // why it does not sweep; empty when it does
  std::string lease_holder;
  std::uint64_t lease_epoch = 0;
};

// Everything that is not in the arguments. Lives for one step of one call.
struct Context {
  Transaction& txn;
  const Config& config;
  std::int64_t now_ms;  // the only clock
  NodeView node{};
  CallerKind caller = CallerKind::kAnonymous;
  std::string caller_agent{};  // with CallerKind::kAgent
  std::string continuation{};  // of the step before; empty in the first
  std::uint32_t step = 0;
  bool dry_run = false;

  const std::string& node_id() const { return node.id; }

  // The same call on another view of the store (a NestedView of `txn`).
  Context on(Transaction& view) const {
    return {view, config, now_ms, node, caller, caller_agent, continuation, step, dry_run};
  }
};

}  // namespace ansible
