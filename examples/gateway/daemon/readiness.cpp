// Whether the gateway can serve: a plugin is active and the store can be read and written.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "daemon/runtime.hpp"

namespace gateway_app {
namespace {

// Writes a block beside the database and takes it away again: finds a full disk, a read-only file system and lost
// permissions without a commit of its own, which only the executor may do.
std::string why_not_writable(const std::string& directory) {
  const std::string file = directory + "/ready.probe";
  const auto failed = [&] {
    return fmt::format("the state directory {} cannot be written: {}", directory,
                       std::strerror(errno));
  };
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return failed();
  constexpr char kBlock[4096] = {};
  const ssize_t n = write(fd, kBlock, sizeof kBlock);
  if (n >= 0 && n < static_cast<ssize_t>(sizeof kBlock)) errno = ENOSPC;
  std::string why = n == static_cast<ssize_t>(sizeof kBlock) ? std::string() : failed();
  close(fd);
  unlink(file.c_str());
  return why;
}

std::string why_store_fails(Runtime& runtime) {
  const Runtime::Store store = runtime.store();
  if (store.engine == nullptr) return "the store is being opened";
  auto snapshot = store.engine->snapshot();
  if (!snapshot) return "the store cannot be read: " + snapshot.error().message;
  return why_not_writable(runtime.facts.state_dir);
}

}  // namespace

std::string why_not_ready(Runtime& runtime) {
  if (runtime.stopping) return "the gateway is stopping";
  const auto host = runtime.host();
  if (!host) return runtime.why_no_host();
  const gateway::SlotStatus slot = host->status();
  if (slot.state == "none" || !slot.active) {
    return "no plugin is active: " + (slot.reason.empty() ? "none was loaded" : slot.reason);
  }
  const std::lock_guard lock(runtime.probe_mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (!runtime.probed_at_ || now - *runtime.probed_at_ > std::chrono::seconds(1)) {
    runtime.probe_result_ = why_store_fails(runtime);
    runtime.probed_at_ = now;
  }
  return runtime.probe_result_;
}

}  // namespace gateway_app
