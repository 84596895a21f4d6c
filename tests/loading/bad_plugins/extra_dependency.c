/* Brings a library along that a plugin may not need. */
#include <openssl/crypto.h>

#include "skeleton.h"

__attribute__((constructor)) static void use_it(void) { (void)OpenSSL_version_num(); }

GOOD_ENTRY
