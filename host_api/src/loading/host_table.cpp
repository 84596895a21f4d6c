#include "gateway/instance.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

const void* query(void* /*ctx*/, gw_bytes /*interface_id*/) { return nullptr; }

constexpr gw_host kHost = {
    .size = sizeof(gw_host),
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_ABI_MINOR,
    .reserved0 = 0,
    .max_key = 512,
    .max_value = 1u << 20,
    .max_writes = 4u << 20,
    .max_reply = 4u << 20,
    .ctx = nullptr,
    .query = &query,
};

}  // namespace

const gw_host& host_table() { return kHost; }

}  // namespace gateway
