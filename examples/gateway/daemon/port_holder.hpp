// Who holds a TCP port, for the message that says it is taken.
#pragma once

#include <cstdint>
#include <string>

namespace gateway_app {

// "pid 4711 (node)", or an empty string when nobody listens or the system does not tell us (another user's process).
// `proc` is the proc file system.
std::string port_holder(std::uint16_t port, const std::string& proc = "/proc");

}  // namespace gateway_app
