// Lets a C++ exception out of a hook.
#define SELF_TEST throw_up
#include <stdexcept>

extern "C++" {
#include "skeleton.h"
}

static gw_status throw_up(gw_instance*, const gw_call*, const gw_sink*) {
  throw std::runtime_error("thrown by the self-test");
}

extern "C" {
GOOD_ENTRY
}
