// The thread that serves the network.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace gateway_app {

// Thread rule: post() and stop() from any thread, everything else from the thread that calls run().
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();

  // Serves until stop(). Called once. What work throws ends that work alone; `on_bug` is told.
  void run(const std::function<void(const char*)>& on_bug = {});
  void stop();

  // Runs `work` on the loop's thread, soon. Safe before run() and after stop() (then it never runs).
  void post(std::function<void()> work);
  void after(std::chrono::milliseconds delay, std::function<void()> work);

  // Calls `handler` on the loop's thread each time one of the signals arrives.
  void on_signals(const std::vector<int>& numbers, std::function<void(int)> handler);

  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway_app
