/* Works, but prints to standard output while it is loaded, and leaves a process behind that never
 * ends. */
#include <stdio.h>
#include <unistd.h>

#include "skeleton.h"

__attribute__((constructor)) static void make_noise(void) {
  puts("{\"refused\":{\"code\":\"forged\",\"message\":\"forged\"}}");
  fflush(stdout);
  if (fork() == 0) {
    for (;;) pause();
  }
}

GOOD_ENTRY
