#include "daemon/work_thread.hpp"

#include <utility>

namespace gateway_app {

WorkThread::WorkThread() : thread_([this] { loop(); }) {}

WorkThread::~WorkThread() { join(); }

void WorkThread::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (ending_) return;
    queue_.push_back(std::move(work));
  }
  wake_.notify_one();
}

void WorkThread::join() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void WorkThread::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it held is released outside the lock
    lock.lock();
  }
}

}  // namespace gateway_app
