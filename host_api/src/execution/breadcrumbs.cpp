#include "execution/breadcrumbs.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <system_error>

#include "execution/crypto.hpp"

namespace gateway {

// The layout of the file: a header and the crumbs, all of one size.
struct Breadcrumbs::Crumb {
  std::atomic<std::uint32_t> taken;  // by a thread of this process
  std::atomic<std::uint32_t> busy;   // a hook runs: the names below are valid
  std::atomic<std::uint32_t> cause;  // a signal's number, or kExited; 0: none
  std::uint32_t reserved;
  char sha256[64];
  char version[40];
  char hook[72];
};

namespace {

using Crumb = Breadcrumbs::Crumb;

constexpr std::uint32_t kExited = 0xE0;
constexpr std::size_t kCrumbs = 64;
constexpr char kMagic[8] = {'G', 'W', 'C', 'R', 'U', 'M', 'B', '1'};

struct Header {
  char magic[8];
  char process[40];  // names the process that writes here
  char reserved[sizeof(Crumb) - 48];
};
static_assert(sizeof(Crumb) == 192);
static_assert(sizeof(Header) == sizeof(Crumb));
constexpr std::size_t kFileSize = sizeof(Header) + kCrumbs * sizeof(Crumb);

Header& header_of(void* map) { return *static_cast<Header*>(map); }
Crumb* crumbs_of(void* map) { return reinterpret_cast<Crumb*>(static_cast<Header*>(map) + 1); }

constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};
constexpr std::size_t kFatals = sizeof kFatal / sizeof kFatal[0];

const char* cause_name(std::uint32_t cause) {
  switch (cause) {
    case SIGSEGV:
      return "SIGSEGV";
    case SIGBUS:
      return "SIGBUS";
    case SIGILL:
      return "SIGILL";
    case SIGFPE:
      return "SIGFPE";
    case SIGABRT:
      return "SIGABRT";
    default:
      return "exit()";
  }
}

// What the handlers need to find from anywhere.
thread_local Crumb* this_thread = nullptr;
struct sigaction handlers_before[kFatals];

void put(char*& at, const char* end, const char* text, std::size_t most) {
  while (most-- > 0 && *text != '\0' && at < end) *at++ = *text++;
}

// Async-signal-safe: memory, write() and nothing else.
void leave_mark(Crumb& crumb, std::uint32_t cause) {
  crumb.cause.store(cause);
  char line[320];
  char* at = line;
  const char* const end = line + sizeof line - 1;
  put(at, end, "gateway: fatal ", 64);
  put(at, end, cause_name(cause), 16);
  put(at, end, " in release ", 64);
  put(at, end, crumb.version, sizeof crumb.version);
  put(at, end, " (", 2);
  put(at, end, crumb.sha256, 16);
  put(at, end, ") during ", 64);
  put(at, end, crumb.hook, sizeof crumb.hook);
  put(at, end, "; the process ends", 64);
  *at++ = '\n';
  [[maybe_unused]] const ssize_t n = ::write(2, line, static_cast<std::size_t>(at - line));
}

extern "C" void on_fatal_signal(int number) {
  Crumb* crumb = this_thread;
  if (crumb != nullptr && crumb->busy.load() != 0 && crumb->cause.load() == 0) {
    leave_mark(*crumb, static_cast<std::uint32_t>(number));
  }
  for (std::size_t i = 0; i < kFatals; ++i) {
    if (kFatal[i] == number) ::sigaction(number, &handlers_before[i], nullptr);
  }
  ::raise(number);  // delivered when this handler returns
}

// A release that ends the process by exit(): destructors would run under the feet of the other
// threads, and a supervisor would take a status of 0 for a good end.
void on_exit() {
  Crumb* crumb = this_thread;
  if (crumb == nullptr || crumb->busy.load() == 0) return;
  leave_mark(*crumb, kExited);
  ::_exit(70);
}

void install_handlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action {};
    action.sa_handler = on_fatal_signal;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < kFatals; ++i) ::sigaction(kFatal[i], &action, &handlers_before[i]);
    std::atexit(on_exit);
  });
}

Error cannot(const char* verb, const std::string& path, int error) {
  return {
      error == ENOSPC ? "no_space" : "io_error",
      std::string("cannot ") + verb + " " + path + ": " + std::system_category().message(error)};
}

template <std::size_t N>
void copy_text(char (&to)[N], std::string_view text) {
  const std::size_t n = std::min(text.size(), N - 1);
  std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

template <std::size_t N>
std::string text_of(const char (&from)[N]) {
  return {from, ::strnlen(from, N)};
}

}  // namespace

Breadcrumbs::Breadcrumbs(void* map, std::size_t size) : map_(map), size_(size) {}

Breadcrumbs::~Breadcrumbs() { ::munmap(map_, size_); }

Result<std::shared_ptr<Breadcrumbs>> Breadcrumbs::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot("open", path, errno);
  // Real blocks: a full disk would otherwise end the process with SIGBUS at the first crumb.
  const int full = ::posix_fallocate(fd, 0, static_cast<off_t>(kFileSize));
  void* map = full != 0 ? MAP_FAILED
                        : ::mmap(nullptr, kFileSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const int error = full != 0 ? full : errno;
  ::close(fd);
  if (map == MAP_FAILED) return cannot("map", path, error);
  std::shared_ptr<Breadcrumbs> crumbs(new Breadcrumbs(map, kFileSize));
  crumbs->read();
  crumbs->clear_seats();
  return crumbs;
}

// Before anybody of this process sits down.
void Breadcrumbs::clear_seats() {
  for (std::size_t i = 0; i < kCrumbs; ++i) {
    Crumb& crumb = crumbs_of(map_)[i];
    crumb.taken.store(0);
    crumb.busy.store(0);
  }
}

void Breadcrumbs::read() {
  const Header& header = header_of(map_);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0) return;
  left_by_ = text_of(header.process);
  for (std::size_t i = 0; i < kCrumbs; ++i) {
    const Crumb& crumb = crumbs_of(map_)[i];
    const std::uint32_t cause = crumb.cause.load();
    if (cause == 0) continue;
    Crash crash;
    crash.release.version = text_of(crumb.version);
    crash.release.sha256.assign(crumb.sha256, sizeof crumb.sha256);
    crash.hook = text_of(crumb.hook);
    crash.cause = cause_name(cause);
    const bool known = std::any_of(crashes_.begin(), crashes_.end(), [&](const Crash& c) {
      return c.release.sha256 == crash.release.sha256;
    });
    if (!known) crashes_.push_back(std::move(crash));
  }
}

void Breadcrumbs::begin() {
  // Threads have their seats already: what else is in a crumb belongs to who sits there.
  for (std::size_t i = 0; i < kCrumbs; ++i) crumbs_of(map_)[i].cause.store(0);
  Header& header = header_of(map_);
  copy_text(header.process, crypto::uuid_v4());
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  install_handlers();
}

Breadcrumbs::Seat::Seat(Breadcrumbs* crumbs) : before_(this_thread) {
  if (crumbs == nullptr || before_ != nullptr) return;
  for (std::size_t i = 0; i < kCrumbs && mine_ == nullptr; ++i) {
    std::uint32_t free = 0;
    Crumb& crumb = crumbs_of(crumbs->map_)[i];
    if (crumb.taken.compare_exchange_strong(free, 1)) mine_ = &crumb;
  }
  if (mine_ == nullptr) return;
  this_thread = mine_;
  stack_t now{};
  if (::sigaltstack(nullptr, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0) return;
  constexpr std::size_t kStack = 64u << 10;
  stack_ = std::make_unique<char[]>(kStack);
  stack_t mine{};
  mine.ss_sp = stack_.get();
  mine.ss_size = kStack;
  own_stack_ = ::sigaltstack(&mine, nullptr) == 0;
}

Breadcrumbs::Seat::~Seat() {
  if (mine_ == nullptr) return;
  this_thread = before_;
  if (own_stack_) {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
  }
  mine_->busy.store(0);
  mine_->taken.store(0);
}

Breadcrumbs::Hook::Hook(const ReleaseId& release, std::string_view kind, std::string_view name)
    : crumb_(this_thread) {
  if (crumb_ == nullptr) return;
  // A table linked into the program has no digest, and is nobody's release.
  if (release.sha256.size() != sizeof crumb_->sha256) {
    crumb_ = nullptr;
    return;
  }
  std::memcpy(crumb_->sha256, release.sha256.data(), sizeof crumb_->sha256);
  copy_text(crumb_->version, release.version);
  copy_text(crumb_->hook, kind);
  if (!name.empty()) {
    const std::size_t at = kind.size();
    const std::size_t room = sizeof crumb_->hook - 1;
    crumb_->hook[at] = ' ';
    const std::size_t n = std::min(name.size(), room - at - 1);
    std::memcpy(crumb_->hook + at + 1, name.data(), n);
    crumb_->hook[at + 1 + n] = '\0';
  }
  crumb_->busy.store(1);
}

Breadcrumbs::Hook::~Hook() {
  if (crumb_ != nullptr) crumb_->busy.store(0);
}

}  // namespace gateway
