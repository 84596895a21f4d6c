// Send receipts: who else learns that something was sent (reference 5.3, MSG-3).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"

namespace ansible {

// What a receipt is about: a message, or a task that was handed over.
struct Sent {
  std::string id;
  std::string by_agent;
  std::vector<std::string> targets;  // empty: a broadcast
  std::string text;                  // its first 180 characters are quoted
};

// Sends one receipt to the effective admin, the configured receipt agents and `also`, as far as they are registered and
// enabled, but never to the sender or to somebody who got the original. Returns who got it.
std::vector<std::string> send_receipt(Context& context, const Sent& sent,
                                      const std::vector<std::string>& also);

}  // namespace ansible
