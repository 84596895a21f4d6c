/* A shared library, but no plugin: the entry is hidden. */
#include "gateway/plugin_abi.h"

const gw_plugin* not_the_entry(void);
const gw_plugin* not_the_entry(void) { return NULL; }
