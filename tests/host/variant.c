/* A good plugin in variants: VERSION, READ_MIN, READ_MAX and WRITE are its own, and with FAILS_ON_DATA
 * it works on an empty store (as in the prover) but not on one where a start has left its key. */
#include "loading/bad_plugins/skeleton.h"

static gw_bytes key(void) {
  gw_bytes out = {"started", 7};
  return out;
}

static gw_status leave_key(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  (void)instance;
  (void)report;
  return call->store->put(call->txn, key(), key());
}

static gw_status look(const gw_instance* instance, const gw_call* call, gw_bytes name,
                      gw_bytes args, const gw_sink* reply) {
#ifdef FAILS_ON_DATA
  gw_bytes value;
  gw_status status = call->store->get(call->txn, key(), &value);
  if (status != GW_OK) return status;
  if (value.ptr != NULL) return GW_INTERNAL;
#endif
  return good_call(instance, call, name, args, reply);
}

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor) {
  static const gw_plugin table = {sizeof(gw_plugin),
                                  GW_ABI_MAJOR,
                                  GW_ABI_MINOR,
                                  0,
                                  READ_MIN,
                                  READ_MAX,
                                  WRITE,
                                  0,
                                  BYTES("variant"),
                                  BYTES(VERSION),
                                  BYTES("variant-" VERSION),
                                  BYTES(MANIFEST),
                                  good_create,
                                  good_destroy,
                                  leave_key,
                                  good_control,
                                  NULL,
                                  look,
                                  good_call,
                                  good_health,
                                  good_control,
                                  good_query};
  (void)host_major;
  (void)host_minor;
  return &table;
}
