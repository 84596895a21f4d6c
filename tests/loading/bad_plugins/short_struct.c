/* Its table ends before the hooks do. */
#define TABLE_SIZE offsetof(gw_plugin, call)
#include "skeleton.h"

GOOD_ENTRY
