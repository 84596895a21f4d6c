/* Nothing is wrong with this one: the files of the damaged-library tests are made from it. */
#include "skeleton.h"

GOOD_ENTRY
