/* Knows no version of the ABI. */
#include "skeleton.h"

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor) {
  static const gw_plugin table = TABLE;
  return host_major == 0 && host_minor == 99 ? &table : NULL;
}
