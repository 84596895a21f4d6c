// A gateway whose plugin is the echo plugin (built with the id of the real one's slot).
#pragma once

#include "support/gateway_process.hpp"

namespace test {

inline GatewayOptions echo_options() {
  GatewayOptions options;
  options.binary = OPENCLAWD;
  options.library = ECHO_1_0_0;
  return options;
}

}  // namespace test
