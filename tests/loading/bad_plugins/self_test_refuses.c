/* Finds by itself that it does not work here. */
#define SELF_TEST refuse
#include "skeleton.h"

static gw_status refuse(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  (void)instance;
  (void)call;
  put_text(report, "{\"error\":\"the moon is not full\",\"code\":\"internal\"}");
  return GW_REFUSED;
}

GOOD_ENTRY
