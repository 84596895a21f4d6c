#include "host/bounded_run.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "loading/left_behind.hpp"

namespace gateway {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{200};  // more than that between two looks: the process did not run

struct Run {
  RunBounds bounds;
  std::function<void(const std::atomic<bool>&)> work;
  std::atomic<bool> cut{false};
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;

  void go() {
    {
      const Breadcrumbs::Seat seat(bounds.breadcrumbs.get());
      work(cut);
    }
    const std::lock_guard lock(mutex);
    done = true;
    changed.notify_all();
  }

  bool wait(milliseconds limit) {
    std::unique_lock lock(mutex);
    for (milliseconds waited{0}; waited < limit && !done;) {
      const milliseconds look = std::min(kLook, limit - waited);
      changed.wait_for(lock, look, [this] { return done; });
      waited += look;
    }
    return done;
  }
};

}  // namespace

bool run_bounded(const RunBounds& bounds, std::function<void(const std::atomic<bool>& cut)> work) {
  const auto run = std::make_shared<Run>();
  run->bounds = bounds;
  run->work = std::move(work);
  std::thread thread;
  try {
    thread = std::thread([run] { run->go(); });
  } catch (const std::system_error&) {  // none to be had: here, then, and without a limit
    run->go();
    return true;
  }
  bool done = run->wait(bounds.limit.hard);
  if (!done) {
    run->cut = true;
    done = run->wait(bounds.limit.grace);
  }
  if (done) {
    thread.join();
    return true;
  }
  thread.detach();
  keep_for_ever(run);
  return false;
}

}  // namespace gateway
