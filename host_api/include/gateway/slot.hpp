// Which release serves a call.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/instance.hpp"

namespace gateway {

class Breadcrumbs;

// The one place that decides which release serves a call.
//
// Roles: `active` serves, `candidate` is judged beside it, `parked` waits to be rolled back to. A call holds a
// Lease on its instance; an instance is retired only when its last lease is gone, by the reaper thread: drained,
// destroyed, closed and checked for really being unmapped, never on a request thread. Switching is one pointer exchange
// under a mutex: std::atomic<std::shared_ptr> is slower and reported as racy by TSan on g++ 12.
//
// Thread rule: acquire() from any thread; everything else from the control thread.
class Slot {
 public:
  // A counted claim on an instance. Empty when nothing is active.
  class Lease {
   public:
    Lease() = default;
    explicit operator bool() const { return instance_ != nullptr; }
    const Instance& operator*() const { return *instance_; }
    const Instance* operator->() const { return instance_.get(); }

   private:
    friend class Slot;
    explicit Lease(std::shared_ptr<const Instance> instance) : instance_(std::move(instance)) {}
    std::shared_ptr<const Instance> instance_;
  };

  // Called on the reaper thread after an instance is gone.
  using Retired = std::function<void(const ReleaseId&)>;

  // `breadcrumbs`: where the reaper notes which release it destroys; may be none.
  explicit Slot(Retired retired = {}, std::shared_ptr<Breadcrumbs> breadcrumbs = nullptr);
  ~Slot();  // retires everything and waits for the last lease and the reaper

  Lease acquire() const;
  Lease parked() const;
  Lease candidate() const;

  // Makes `next` active. The former active becomes parked, the former parked is retired.
  void activate(std::unique_ptr<Instance> next);

  // Exchanges active and parked: the instant way back. False when nothing is parked.
  bool exchange();

  // Makes `next` the candidate; a former one is retired.
  void set_candidate(std::unique_ptr<Instance> next);

  // Makes the candidate active. The former active becomes parked, the former parked is retired. False when there is no
  // candidate.
  bool promote();

  // Retires the candidate.
  void drop_candidate();

  // Never destroys the instance behind this lease, and waits for it no more: a call that does not return is inside its
  // code. Thread rule: any.
  void pin(const Lease& lease);

  // Retires the parked instance.
  void drop_parked();

  // Retires all; later acquires are empty.
  void clear();

  // Blocks until every instance retired so far is gone, or `timeout_ms` is over (then false: a lease is still held).
  // Never from the Retired callback.
  bool wait_retired(std::uint32_t timeout_ms);

 private:
  class Reaper;
  std::unique_ptr<Reaper> reaper_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Instance> active_;
  std::shared_ptr<const Instance> parked_;
  std::shared_ptr<const Instance> candidate_;
};

}  // namespace gateway
