/* Never finishes loading. */
#include <unistd.h>

#include "skeleton.h"

__attribute__((constructor)) static void hang(void) {
  for (;;) pause();
}

GOOD_ENTRY
