/* Refuses every configuration. */
#define CREATE refuse
#include "skeleton.h"

static gw_status refuse(const gw_host* host, gw_bytes config, gw_instance** instance,
                        const gw_sink* report) {
  (void)host;
  (void)config;
  (void)instance;
  put_text(report,
           "{\"errors\":[{\"path\":\"/colour\",\"expected\":\"green\",\"got\":\"blue\","
           "\"message\":\"not this colour\"}]}");
  return GW_INVALID;
}

GOOD_ENTRY
