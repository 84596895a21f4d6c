#include "loading/left_behind.hpp"

#include <mutex>
#include <utility>
#include <vector>

namespace gateway {

void keep_for_ever(std::shared_ptr<const void> what) {
  // Never destroyed, not even at exit: the threads go on until then.
  static auto& mutex = *new std::mutex;
  static auto& kept = *new std::vector<std::shared_ptr<const void>>;
  const std::lock_guard lock(mutex);
  kept.push_back(std::move(what));
}

}  // namespace gateway
