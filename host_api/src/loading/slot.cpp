#include "gateway/slot.hpp"

#include <algorithm>
#include <chrono>
#include <map>

#include "execution/breadcrumbs.hpp"
#include "loading/left_behind.hpp"

namespace gateway {

// Takes care of instances from the moment a slot owns them until they are gone. Destroying one runs
// the plugin's destroy and unmaps its library; that happens on this class's thread alone.
class Slot::Reaper {
 public:
  Reaper(Retired retired, std::shared_ptr<Breadcrumbs> breadcrumbs)
      : retired_(std::move(retired)), breadcrumbs_(std::move(breadcrumbs)), thread_([this] {
          const Breadcrumbs::Seat seat(breadcrumbs_.get());
          run();
        }) {}

  ~Reaper() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  // Makes the counted handle of an instance. Its deleter allocates nothing, because the last lease
  // may go anywhere.
  std::shared_ptr<const Instance> adopt(std::unique_ptr<Instance> instance) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t ticket = ++last_ticket_;
    owned_.emplace(ticket, Owned{instance.get(), State::kServing, false});
    return {instance.release(), [this, ticket](const Instance*) { set(ticket, State::kFree); }};
  }

  // The slot lets go of its own reference: leases may still hold the instance.
  void retire(const std::shared_ptr<const Instance>& instance) {
    if (instance == nullptr) return;
    const std::lock_guard lock(mutex_);
    for (auto& [ticket, owned] : owned_) {
      if (owned.instance == instance.get() && owned.state == State::kServing) {
        owned.state = State::kRetired;
      }
    }
  }

  void pin(const std::shared_ptr<const Instance>& instance) {
    {
      const std::lock_guard lock(mutex_);
      for (auto& [ticket, owned] : owned_) {
        if (owned.instance != instance.get() || owned.pinned) continue;
        owned.pinned = true;
        // One reference too many: the last one is never returned.
        keep_for_ever(instance);
      }
    }
    changed_.notify_all();
  }

  bool wait_retired(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    std::vector<std::uint64_t> waiting;
    for (const auto& [ticket, owned] : owned_) {
      if (owned.state != State::kServing) waiting.push_back(ticket);
    }
    return changed_.wait_for(lock, timeout, [&] {
      return std::none_of(waiting.begin(), waiting.end(), [this](std::uint64_t ticket) {
        const auto it = owned_.find(ticket);
        return it != owned_.end() && !it->second.pinned;
      });
    });
  }

 private:
  enum class State { kServing, kRetired, kFree };
  struct Owned {
    const Instance* instance;
    State state;
    bool pinned = false;
  };

  void set(std::uint64_t ticket, State state) {
    {
      const std::lock_guard lock(mutex_);
      owned_.at(ticket).state = state;
    }
    changed_.notify_all();
  }

  auto next_free() {
    return std::find_if(owned_.begin(), owned_.end(),
                        [](const auto& entry) { return entry.second.state == State::kFree; });
  }

  bool none_to_wait_for() const {
    return std::all_of(owned_.begin(), owned_.end(),
                       [](const auto& entry) { return entry.second.pinned; });
  }

  // Ends when the slot goes away and the last lease is returned: unmapping code that a call still
  // runs would be worse than waiting for it.
  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] {
        return next_free() != owned_.end() || (stopping_ && none_to_wait_for());
      });
      const auto free = next_free();
      if (free == owned_.end()) return;
      const Instance* instance = free->second.instance;
      lock.unlock();
      const ReleaseId release = instance->release();
      delete instance;
      if (retired_) retired_(release);
      lock.lock();
      owned_.erase(free);
      changed_.notify_all();
    }
  }

  const Retired retired_;
  const std::shared_ptr<Breadcrumbs> breadcrumbs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // By ticket and not by address: the next instance may be made where the last one is just being
  // destroyed.
  std::map<std::uint64_t, Owned> owned_;
  std::uint64_t last_ticket_ = 0;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

Slot::Slot(Retired retired, std::shared_ptr<Breadcrumbs> breadcrumbs)
    : reaper_(std::make_unique<Reaper>(std::move(retired), std::move(breadcrumbs))) {}

Slot::~Slot() { clear(); }

Slot::Lease Slot::acquire() const {
  const std::lock_guard lock(mutex_);
  return Lease(active_);
}

Slot::Lease Slot::parked() const {
  const std::lock_guard lock(mutex_);
  return Lease(parked_);
}

Slot::Lease Slot::candidate() const {
  const std::lock_guard lock(mutex_);
  return Lease(candidate_);
}

void Slot::set_candidate(std::unique_ptr<Instance> next) {
  std::shared_ptr<const Instance> retired = reaper_->adopt(std::move(next));
  {
    const std::lock_guard lock(mutex_);
    candidate_.swap(retired);
  }
  reaper_->retire(retired);
}

bool Slot::promote() {
  std::shared_ptr<const Instance> retired;
  {
    const std::lock_guard lock(mutex_);
    if (candidate_ == nullptr) return false;
    retired.swap(candidate_);
    active_.swap(retired);
    parked_.swap(retired);
  }
  reaper_->retire(retired);
  return true;
}

void Slot::drop_candidate() {
  std::shared_ptr<const Instance> retired;
  {
    const std::lock_guard lock(mutex_);
    candidate_.swap(retired);
  }
  reaper_->retire(retired);
}

void Slot::activate(std::unique_ptr<Instance> next) {
  std::shared_ptr<const Instance> retired = reaper_->adopt(std::move(next));
  {
    const std::lock_guard lock(mutex_);
    active_.swap(retired);
    parked_.swap(retired);
  }
  reaper_->retire(retired);
}

bool Slot::exchange() {
  const std::lock_guard lock(mutex_);
  if (parked_ == nullptr) return false;
  active_.swap(parked_);
  return true;
}

void Slot::pin(const Lease& lease) { reaper_->pin(lease.instance_); }

void Slot::drop_parked() {
  std::shared_ptr<const Instance> retired;
  {
    const std::lock_guard lock(mutex_);
    parked_.swap(retired);
  }
  reaper_->retire(retired);
}

void Slot::clear() {
  std::shared_ptr<const Instance> active;
  std::shared_ptr<const Instance> parked;
  std::shared_ptr<const Instance> candidate;
  {
    const std::lock_guard lock(mutex_);
    active_.swap(active);
    parked_.swap(parked);
    candidate_.swap(candidate);
  }
  reaper_->retire(active);
  reaper_->retire(parked);
  reaper_->retire(candidate);
}

bool Slot::wait_retired(std::uint32_t timeout_ms) {
  return reaper_->wait_retired(std::chrono::milliseconds(timeout_ms));
}

}  // namespace gateway
