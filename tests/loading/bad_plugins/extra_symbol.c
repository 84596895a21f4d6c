/* Linked without the version script: exports what it likes. */
#include "skeleton.h"

GW_EXPORT int also_exported(void);
GW_EXPORT int also_exported(void) { return 1; }

GOOD_ENTRY
