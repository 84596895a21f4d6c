// One of the two releases of a replay.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "canary/shadow_link.hpp"
#include "execution/view.hpp"
#include "gateway/error.hpp"
#include "journal/journal_format.hpp"

namespace gateway {

// A release in a process of its own, with a state that begins as the snapshot. What it has written is remembered here, so
// that after a crash or a hang another process goes on where that one was.
// Thread rule: one thread; blocks.
class ReplaySide {
 public:
  // `rows` must outlive this.
  ReplaySide(ShadowOptions options, const std::vector<Write>& rows);

  // Errors: as ShadowLink::start.
  Result<void> start();

  // How the side ended a step.
  struct Told {
    bool ran =
        true;  // false: the call had ended in an earlier step here, other than it was recorded
    ShadowLink::End end = ShadowLink::End::kAnswered;
    wire::Answer answer;
    std::string words;  // when there is no answer: how the process ended, and what it printed last
  };

  // A step of a call goes on where this side's own step before it ended. Errors: of a process that has to be started
  // anew, as start().
  Result<Told> ask(const journal::RecordedStep& recorded);

  std::uint32_t broken() const { return broken_; }  // how often the process crashed or hung

 private:
  // Where a call stands on this side while it has further steps.
  struct OpenCall {
    bool goes_on = false;
    std::string continuation;
  };
  void keep(const journal::RecordedStep& recorded, const Told& told);

  const ShadowOptions options_;
  const std::vector<Write>& rows_;
  std::atomic<bool> abandoned_{false};
  std::unique_ptr<ShadowLink> link_;
  Layer own_;
  std::map<std::string, OpenCall> open_calls_;  // by request
  std::uint32_t broken_ = 0;
};

}  // namespace gateway
