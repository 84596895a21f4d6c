/* Dies while it is loaded. */
#include <signal.h>

#include "skeleton.h"

__attribute__((constructor)) static void crash(void) { raise(SIGSEGV); }

GOOD_ENTRY
