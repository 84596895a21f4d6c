// gw_host, and the interfaces that the host offers by name.
#include <algorithm>
#include <cstring>

#include "execution/limits.hpp"
#include "execution/txn.hpp"
#include "gateway/instance.hpp"

namespace gateway {
namespace {

gw_status describe(gw_txn* txn, gw_node_info* info) noexcept {
  if (txn == nullptr || info == nullptr) return GW_MISUSE;
  const NodeRole& role = txn->input.role;
  gw_node_info full{};
  full.size = static_cast<uint32_t>(std::min<std::size_t>(info->size, sizeof full));
  full.sweeps = role.sweeps ? 1 : 0;
  full.node_id = bytes_of(txn->input.node_id);
  full.role = bytes_of(role.sweeps ? "coordinator" : "member");
  full.reason = bytes_of(role.reason);
  full.lease_holder = absent_if_empty(role.lease_holder);
  full.lease_epoch = role.lease_epoch;
  std::memcpy(info, &full, full.size);  // an older plugin knows fewer fields
  return GW_OK;
}

constexpr gw_node kNode = {sizeof(gw_node), 0, describe};

const void* query(void*, gw_bytes interface_id) noexcept {
  return text_of(interface_id) == GW_NODE_V1 ? &kNode : nullptr;
}

}  // namespace

const gw_host& host_table() {
  static constexpr gw_host kHost = {
      sizeof(gw_host),   GW_ABI_MAJOR,       GW_ABI_MINOR,      0,       limits::kMaxKey,
      limits::kMaxValue, limits::kMaxWrites, limits::kMaxReply, nullptr, query,
  };
  return kHost;
}

}  // namespace gateway
