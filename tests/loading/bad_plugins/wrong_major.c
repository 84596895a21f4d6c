/* Built against another major version of the ABI. */
#define ABI_MAJOR 2
#include "skeleton.h"

GOOD_ENTRY
