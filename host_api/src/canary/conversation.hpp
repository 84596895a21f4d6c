// How the prover's process talks with the gateway that started it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "canary/hook_timer.hpp"
#include "canary/wire.hpp"
#include "gateway/instance.hpp"

namespace gateway {

// The end of the conversation in the prover's process; the gateway is waited for without a limit, because it ends this process when it wants to.
class ProverConversation {
 public:
  explicit ProverConversation(int fd) : fd_(fd) {}

  bool tell(std::string_view payload) { return wire::send_frame(fd_, payload); }

  // The next frame; false when the gateway is gone.
  bool listen() { return wire::receive_frame(fd_, frame_) == wire::Received::kFrame; }
  wire::Reader reader() const { return wire::Reader(frame_); }

  // Asks during a step; the time until the answer is not the candidate's.
  bool ask(std::string_view payload) {
    const HookTimer timer;  // the step's timer leaves out the rest
    const auto asked = std::chrono::steady_clock::now();
    const bool answered = tell(payload) && listen();
    waited_ += timer.took(std::chrono::steady_clock::now() - asked);
    return answered;
  }
  std::chrono::nanoseconds take_waited() { return std::exchange(waited_, {}); }

 private:
  const int fd_;
  std::string frame_;
  std::chrono::nanoseconds waited_{0};
};

// What the conversation is about.
struct ReceivedInstance {
  std::unique_ptr<Instance> instance;  // null: there is none, and the process ends with `exit`
  int exit = 0;                        // proof_report.hpp
};

// Waits for the configuration, loads `library`, creates an instance with it and says that it is ready.
ReceivedInstance receive_candidate(ProverConversation& gateway, const std::string& library);

}  // namespace gateway
