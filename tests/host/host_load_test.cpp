// Many swaps under many callers: nothing is lost, nothing is doubled, nothing is left behind.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "host/rig.hpp"

using namespace test;

namespace {

std::size_t open_descriptors() { return files_in("/proc/self/fd").size(); }

// Callers that count until they are told to stop; each key counts once.
class Callers {
 public:
  Callers(gateway::Host& host, int threads) {
    for (int t = 0; t < threads; ++t) {
      threads_.emplace_back([this, &host, t] { run(host, t); });
    }
  }
  void stop() {
    stopping_ = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }
  ~Callers() { stop(); }

  std::atomic<std::uint64_t> counted{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<bool> saw_old{false};
  std::atomic<bool> saw_new{false};

 private:
  void run(gateway::Host& host, int thread) {
    for (int i = 0; !stopping_; ++i) {
      gateway::Request request;
      request.name = i % 4 == 0 ? "echo_read" : "echo_count";
      request.client = "client " + std::to_string(thread);
      if (i % 4 != 0) {
        request.args_json =
            "{\"key\":\"" + std::to_string(thread) + "-" + std::to_string(i) + "\"}";
      }
      const auto outcome = host.run(std::move(request));
      const bool good = outcome.kind == gateway::Outcome::Kind::kReply && outcome.status == GW_OK;
      if (!good) ++failed;
      if (good && i % 4 != 0) ++counted;
      (outcome.release.version == "1.0.0" ? saw_old : saw_new) = true;
    }
  }
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("200 swaps under 8 callers: no call fails, none counts twice, no image or file stays") {
  Rig rig;
  rig.open_with(kEcho10);
  REQUIRE(rig.host->swap(kEcho11).ok());
  REQUIRE(rig.host->rollback().ok());
  const std::size_t descriptors = open_descriptors();

  Callers callers(*rig.host, 8);
  std::size_t most_mapped = 0;
  std::string active = "1.0.0";
  for (int i = 0; i < 200; ++i) {
    active = active == "1.0.0" ? "1.1.0" : "1.0.0";
    if (i % 10 < 4) {
      REQUIRE(rig.host->swap(active == "1.0.0" ? kEcho10 : kEcho11).ok());
    } else if (i % 10 < 7) {
      REQUIRE(rig.host->swap(active).ok());
    } else {
      REQUIRE(rig.host->rollback().ok());
    }
    CHECK(rig.active() == active);
    most_mapped = std::max(most_mapped, mapped_plugins(rig.root()));
  }
  callers.stop();

  CHECK(callers.failed == 0);
  CHECK(callers.counted > 0);
  CHECK(callers.saw_old);
  CHECK(callers.saw_new);
  CHECK(
      contains(rig.call("echo_read"), "\"count\":" + std::to_string(callers.counted.load()) + ","));
  CHECK(most_mapped <= 3);
  CHECK(wait_until([&] { return mapped_plugins(rig.root()) <= 2; }));
  CHECK(wait_until([&] { return files_in(rig.root() + "/loaded").size() <= 2; }));
  CHECK(files_in(rig.root() + "/staging").empty());
  CHECK(rig.host->releases().size() == 2);
  CHECK(open_descriptors() <= descriptors + 8);  // SQLite's readers come and go
  CHECK(rig.state() == "active");
}

TEST_CASE("swaps by the file under callers: by rename, in place and by symlink, none fails") {
  Rig rig;
  for (const char* version : {"a", "b"}) make_dir(rig.temp / version);
  copy_over(kEcho10, rig.temp / "a/plugin.so");
  copy_over(kEcho10, rig.temp / "b/plugin.so");
  fs::create_directory_symlink("a", rig.temp / "current");
  rig.options.library = rig.temp / "current/plugin.so";
  rig.options.watch_every = std::chrono::milliseconds(5);
  rig.options.watch_quiet = std::chrono::milliseconds(5);
  rig.open();
  Callers callers(*rig.host, 4);
  std::string active = "1.0.0";
  std::string directory = "a";
  for (int i = 0; i < 30; ++i) {
    active = active == "1.0.0" ? "1.1.0" : "1.0.0";
    const std::string& from = active == "1.0.0" ? kEcho10 : kEcho11;
    if (i % 3 == 0) {
      rename_over(from, rig.library());
    } else if (i % 3 == 1) {
      copy_over(from, rig.library());
    } else {
      directory = directory == "a" ? "b" : "a";
      copy_over(from, rig.temp / (directory + "/plugin.so"));
      fs::create_directory_symlink(directory, rig.temp / "next");
      fs::rename(rig.temp / "next", rig.temp / "current");
    }
    REQUIRE(rig.becomes_active(active));
  }
  callers.stop();
  CHECK(callers.failed == 0);
  CHECK(callers.counted > 0);
  CHECK(
      contains(rig.call("echo_read"), "\"count\":" + std::to_string(callers.counted.load()) + ","));
  CHECK(mapped_plugins(rig.root()) <= 3);
  CHECK(rig.becomes("active"));
}
