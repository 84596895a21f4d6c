/* Answers in prose. */
#define CALL prose
#include "skeleton.h"

static gw_status prose(const gw_instance* instance, const gw_call* call, gw_bytes name,
                       gw_bytes args, const gw_sink* reply) {
  (void)instance;
  (void)call;
  (void)name;
  (void)args;
  return put_text(reply, "all is well");
}

GOOD_ENTRY
