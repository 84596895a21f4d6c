// Who this gateway is, and whether it is the node that sweeps.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

namespace gateway {

struct NodeIdentity {
  std::string node_id;
  bool may_coordinate = true;  // a backbone node; an edge node never sweeps for others
};

struct NodeRole {
  bool sweeps = false;
  std::string reason;        // why not; empty when it sweeps
  std::string lease_holder;  // empty: nobody
  std::uint64_t lease_epoch = 0;
};

// Today one node holds the lease unless another is nominated in the store; the fenced lease of a
// mesh comes behind the same interface. The role of a call is what the store said when the call
// began.
// Thread rule: any.
class NodeState {
 public:
  explicit NodeState(NodeIdentity identity) : identity_(std::move(identity)) {}
  const NodeIdentity& identity() const { return identity_; }

  // The role, given the node id that the store nominates (empty: none).
  NodeRole role(const std::string& nominated) const;

 private:
  NodeIdentity identity_;
};

}  // namespace gateway
