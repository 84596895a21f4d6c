#include "host/watcher.hpp"

#include <algorithm>

namespace gateway {
namespace {

// Rounded up, so that a wait that ends on time has been long enough.
std::chrono::milliseconds until(std::chrono::steady_clock::duration left) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(left) + std::chrono::milliseconds(1);
}

}  // namespace

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

void Watcher::note(const Seen& now, Verdict verdict) {
  if (verdict == Verdict::kNotYet) return;
  decided_ = now;
  if (verdict == Verdict::kDecided) return pause_.reset();
  pause_ = pause_ ? std::min(2 * *pause_, options_.retry_most) : options_.retry;
  retry_at_ = std::chrono::steady_clock::now() + *pause_;
}

std::chrono::milliseconds Watcher::step() {
  const bool asked = recheck_.exchange(false);
  events_.watch(options_.path);  // before the look: a change after it is an event
  const Seen now = look(options_.path);
  const auto time = std::chrono::steady_clock::now();
  if (decided_ == std::optional<Seen>(now)) {
    pending_.reset();
    if (!pause_) return options_.every;
    if (!asked && time < retry_at_) return std::min(options_.every, until(retry_at_ - time));
    decided_.reset();
  } else if (decided_) {
    pause_.reset();  // another file
  }
  if (pending_ != std::optional<Seen>(now)) {
    pending_ = now;
    pending_since_ = time;
  }
  const auto quiet = std::chrono::duration_cast<std::chrono::milliseconds>(time - pending_since_);
  if (quiet < options_.quiet) return std::min(options_.every, until(options_.quiet - quiet));
  pending_.reset();
  note(now, on_change_(now));
  return std::chrono::milliseconds(0);  // it may have changed again meanwhile
}

}  // namespace gateway
