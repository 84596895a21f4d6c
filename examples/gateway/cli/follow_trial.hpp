// Waiting on the command line until a trial is over: `plugins canary --wait`, `rollout start --wait`.
#pragma once

#include <functional>
#include <string>

#include "cli/json_text.hpp"
#include "cli/printer.hpp"

namespace gateway_app {

// What is followed, by the object that the gateway tells of it. Its "outcome" is what the exit status goes by.
struct Trial {
  std::function<json::object()> look;  // as the gateway tells it now; empty: it does not
  const char* part;  // the member that names the part it is in: a new one is said at once
  bool (*over)(const json::object&);
  std::string (*line)(const json::object&);    // how far it is
  std::string (*ending)(const json::object&);  // how it ended, and why
  const char* silence;                         // what to say when the gateway tells nothing more
};

// Shows how far it is until it is over, and then how it ended; a gateway that is restarted meanwhile goes on with it.
// Returns the exit status: ok if promoted, inconclusive, else refused; unreachable after a minute without an answer.
// Thread rule: as Printer; blocks.
int follow_trial(Printer& print, const Trial& trial);

}  // namespace gateway_app
