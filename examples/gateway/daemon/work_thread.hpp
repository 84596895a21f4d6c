// A thread for what blocks.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace gateway_app {

// Runs what it is given, one after the other. The destructor finishes what is queued.
// Thread rule: post() from any thread.
class WorkThread {
 public:
  WorkThread();
  ~WorkThread();

  void post(std::function<void()> work);

  // Finishes what is queued and ends the thread; later posts are dropped. Called from the owner's thread.
  void join();

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace gateway_app
