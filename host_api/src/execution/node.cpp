#include "gateway/node.hpp"

namespace gateway {

NodeRole NodeState::role(const std::string& nominated) const {
  NodeRole role;
  role.lease_epoch = 1;  // one holder for good, until the fenced lease of a mesh
  const bool other = !nominated.empty() && nominated != identity_.node_id;
  if (other) {
    role.lease_holder = nominated;
    role.reason = "node " + nominated + " is the nominated coordinator";
  }
  if (!identity_.may_coordinate) {
    role.reason = "node " + identity_.node_id + " is not a backbone node";
    if (other) role.reason += ", and node " + nominated + " is the nominated coordinator";
  } else if (!other) {
    role.sweeps = true;
    role.lease_holder = identity_.node_id;
  }
  return role;
}

}  // namespace gateway
