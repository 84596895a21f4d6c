/* A good plugin in variants: VERSION, READ_MIN, READ_MAX and WRITE are its own, with MIGRATES it has three steps of
 * migration, of which the second fails while VARIANT_MIGRATE_FAILS is in the environment, and goes on until it is
 * cancelled while VARIANT_MIGRATE_LINGERS is, and with FAILS_ON_DATA
 * it works on an empty store (as in the prover) but not on one where a start has left its key. */
#include <stdlib.h>
#include <time.h>

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

#ifdef MIGRATES
static gw_status migrate(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  static const char* const kKeys[] = {"migrated/0", "migrated/1", "migrated/2"};
  const gw_bytes name = {kKeys[call->step], 10};
  (void)instance;
  if (call->step == 1 && getenv("VARIANT_MIGRATE_FAILS") != NULL) {
    put_text(report, "asked to fail");
    return GW_INTERNAL;
  }
  if (call->step == 1 && getenv("VARIANT_MIGRATE_LINGERS") != NULL) {
    const struct timespec pause = {0, 1000000};
    while (!call->services->cancelled(call->txn)) nanosleep(&pause, NULL);
    return GW_CANCELLED;
  }
  const gw_status status = call->store->put(call->txn, name, name);
  if (status != GW_OK || call->step == 2) return status;
  put_text(report, "more");
  return GW_MORE;
}
#else
#define migrate NULL
#endif

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
                                  migrate,
                                  look,
                                  good_call,
                                  good_health,
                                  good_control,
                                  good_query};
  (void)host_major;
  (void)host_minor;
  return &table;
}
