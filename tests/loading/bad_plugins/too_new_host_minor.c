/* Accepts only hosts that are newer than this one. */
#define MIN_HOST_MINOR (GW_ABI_MINOR + 7)
#include "skeleton.h"

GOOD_ENTRY
