/* The least that links as a plugin with the installed function; a host refuses its empty table. */
#include "gateway/plugin_abi.h"

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor);

const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor) {
  static const gw_plugin table = {.size = sizeof(gw_plugin), .abi_major = GW_ABI_MAJOR};
  (void)host_minor;
  return host_major == GW_ABI_MAJOR ? &table : NULL;
}
