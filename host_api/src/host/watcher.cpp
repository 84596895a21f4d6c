#include "host/watcher.hpp"

#include <algorithm>

namespace gateway {

Watcher::Seen Watcher::look(const std::string& path) {
  const auto stamp = stamp_file(path);
  return stamp ? Seen(*stamp) : std::nullopt;
}

Watcher::Watcher(Options options, std::optional<Seen> decided, OnChange on_change)
    : options_(std::move(options)),
      on_change_(std::move(on_change)),
      decided_(decided),
      thread_([this] { run(); }) {}

Watcher::~Watcher() {
  stopping_ = true;
  events_.wake();
  thread_.join();
}

void Watcher::run() {
  while (!stopping_) events_.wait(step());
}

std::chrono::milliseconds Watcher::step() {
  events_.watch(options_.path);  // before the look: a change after it is an event
  const Seen now = look(options_.path);
  if (decided_ == std::optional<Seen>(now)) {
    pending_.reset();
    return options_.every;
  }
  const auto time = std::chrono::steady_clock::now();
  if (pending_ != std::optional<Seen>(now)) {
    pending_ = now;
    pending_since_ = time;
  }
  const auto quiet = std::chrono::duration_cast<std::chrono::milliseconds>(time - pending_since_);
  // Rounded up, so that a wait that ends on time has been long enough.
  if (quiet < options_.quiet) {
    return std::min(options_.every, options_.quiet - quiet + std::chrono::milliseconds(1));
  }
  pending_.reset();
  if (on_change_(now) == Verdict::kDecided) decided_ = now;
  return std::chrono::milliseconds(0);  // it may have changed again meanwhile
}

}  // namespace gateway
