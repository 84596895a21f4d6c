/* Loads well and dies in its first call. */
#define CALL crash
#include <signal.h>

#include "skeleton.h"

static gw_status crash(const gw_instance* instance, const gw_call* call, gw_bytes name,
                       gw_bytes args, const gw_sink* reply) {
  raise(SIGABRT);
  return good_call(instance, call, name, args, reply);
}

GOOD_ENTRY
