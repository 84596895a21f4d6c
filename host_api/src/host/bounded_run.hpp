// Hooks of a release that does not serve yet, on a thread that can be left behind.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "execution/breadcrumbs.hpp"
#include "execution/post.hpp"

namespace gateway {

struct RunBounds {
  HookLimit limit;
  std::shared_ptr<Breadcrumbs> breadcrumbs;  // where the thread has its seat; may be none
};

// Runs `work` on a thread of its own and waits for it; `cut` says yes at the hard limit. False: it was deaf to that
// until the grace was over. Its thread is left behind then, and what `work` holds is kept for ever: it must own
// whatever it touches.
// A process that was stopped meanwhile accuses nobody: only time in which it ran counts.
// Thread rule: any.
bool run_bounded(const RunBounds& bounds, std::function<void(const std::atomic<bool>& cut)> work);

}  // namespace gateway
