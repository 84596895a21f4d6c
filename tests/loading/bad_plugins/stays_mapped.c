/* Linked with -z nodelete: dlclose leaves it mapped. */
#include "skeleton.h"

GOOD_ENTRY
