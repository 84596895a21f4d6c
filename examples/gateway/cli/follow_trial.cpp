#include "cli/follow_trial.hpp"

#include <chrono>
#include <thread>

#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 300ms;
constexpr auto kSayAgain = 10s;  // where lines cannot be drawn over
constexpr auto kPatience = 60s;  // with a gateway that does not answer: it may be restarting

int show_end(Printer& print, const Trial& trial, const json::object& told) {
  const std::string outcome = text_of(told, "outcome");
  if (print.json()) {
    print.document(told);
  } else if (outcome == "promoted") {
    print.success(trial.ending(told));
  } else {
    print.failure(trial.ending(told));
  }
  if (outcome == "promoted") return kExitOk;
  return outcome == "inconclusive" ? kExitInconclusive : kExitRefused;
}

}  // namespace

int follow_trial(Printer& print, const Trial& trial) {
  auto heard = std::chrono::steady_clock::now();
  auto said = heard - kSayAgain;
  std::string part;
  for (;;) {
    const json::object told = trial.look();
    const auto now = std::chrono::steady_clock::now();
    if (!told.empty()) {
      heard = now;
      const bool over = trial.over(told);
      const bool moved = text_of(told, trial.part) != part;
      if (print.draws() || over || moved || now - said >= kSayAgain) {
        print.progress(trial.line(told));
        said = now;
      }
      part = text_of(told, trial.part);
      if (over) {
        print.end_progress();
        return show_end(print, trial, told);
      }
    } else if (now - heard >= kPatience) {
      print.end_progress();
      return print.fail(kExitUnreachable, "unreachable", trial.silence);
    }
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace gateway_app
