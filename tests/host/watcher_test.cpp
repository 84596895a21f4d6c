#include "host/watcher.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <vector>

#include <filesystem>

#include "host/files.hpp"

using gateway::Watcher;
using test::TempDir;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// Collects what a watcher reports: the file's text at that moment, "-" when there is none.
class Reports {
 public:
  explicit Reports(std::string path) : path_(std::move(path)) {}

  Watcher::OnChange collect(Watcher::Verdict verdict = Watcher::Verdict::kDecided) {
    return [this, verdict](const Watcher::Seen& seen) {
      const std::lock_guard lock(mutex_);
      texts_.push_back(seen ? test::read_text(path_) : "-");
      changed_.notify_all();
      return verdict;
    };
  }

  bool wait_for(const std::string& text) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return !texts_.empty() && texts_.back() == text; });
  }

  bool wait_for_count(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 30s, [&] { return texts_.size() >= count; });
  }

  std::vector<std::string> texts() {
    const std::lock_guard lock(mutex_);
    return texts_;
  }

 private:
  std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> texts_;
};

std::optional<Watcher::Seen> decided(const std::string& path) { return Watcher::look(path); }

// An hour between polls leaves only inotify to notice a change.
constexpr std::chrono::milliseconds kOften = 5ms;
constexpr std::chrono::milliseconds kEventsOnly = 1h;

}  // namespace

TEST_CASE("a file swapped by rename, by copying over it and by a symlink flip is noticed") {
  for (const auto every : {kOften, kEventsOnly}) {
    CAPTURE(every.count());
    const TempDir temp;
    for (const char* version : {"v1", "v2"}) {
      fs::create_directory(temp / version);
      test::write_text(temp / version + "/plugin.so", version);
    }
    fs::create_directory_symlink("v1", temp / "current");
    fs::create_directory(temp / "etc");
    fs::create_symlink("../current/plugin.so", temp / "etc/plugin.so");
    const std::string path = temp / "etc/plugin.so";
    Reports reports(path);
    Watcher watcher({path, every, 1ms}, decided(path), reports.collect());

    test::write_text(temp / "v1/new", "renamed");
    fs::rename(temp / "v1/new", temp / "v1/plugin.so");
    CHECK(reports.wait_for("renamed"));

    test::write_text(temp / "v1/plugin.so", "copied over it");
    CHECK(reports.wait_for("copied over it"));

    fs::create_directory_symlink("v2", temp / "next");
    fs::rename(temp / "next", temp / "current");
    CHECK(reports.wait_for("v2"));

    test::write_text(temp / "v2/plugin.so", "copied in the new place");
    CHECK(reports.wait_for("copied in the new place"));

    fs::remove(temp / "v2/plugin.so");
    CHECK(reports.wait_for("-"));
    test::write_text(temp / "v2/plugin.so", "back");
    CHECK(reports.wait_for("back"));
  }
}

TEST_CASE("a file that was dealt with is not reported, and one that never was is") {
  const TempDir temp;
  const std::string path = temp / "plugin.so";
  test::write_text(path, "one");
  Reports reports(path);
  {
    Watcher known({path, 1ms, 1ms}, decided(path), reports.collect());
    test::write_text(path, "two");
    REQUIRE(reports.wait_for("two"));
  }
  CHECK(reports.texts().front() != "one");
  Reports fresh(path);
  Watcher unknown({path, 1h, 1ms}, std::nullopt, fresh.collect());
  CHECK(fresh.wait_for("two"));
}

TEST_CASE("a missing file that appears is noticed") {
  const TempDir temp;
  const std::string path = temp / "later/plugin.so";
  Reports reports(path);
  Watcher watcher({path, 5ms, 1ms}, decided(path), reports.collect());
  fs::create_directory(temp / "later");
  test::write_text(path, "here");
  CHECK(reports.wait_for("here"));
}

TEST_CASE("a change that could not be judged yet is reported again") {
  const TempDir temp;
  const std::string path = temp / "plugin.so";
  test::write_text(path, "one");
  Reports reports(path);
  Watcher watcher({path, 1h, 1ms}, std::nullopt, reports.collect(Watcher::Verdict::kNotYet));
  CHECK(reports.wait_for_count(3));
}

TEST_CASE("a file that keeps changing is not judged until it is quiet") {
  const TempDir temp;
  const std::string path = temp / "plugin.so";
  Reports reports(path);
  // An hour of quiet never comes: whatever is written, nothing may be reported.
  Watcher watcher({path, 1ms, 1h}, decided(path), reports.collect());
  for (int i = 0; i < 50; ++i) {
    test::write_text(path, std::string(static_cast<std::size_t>(i) + 1, 'x'));
    watcher.wake();
  }
  CHECK(reports.texts().empty());
}

TEST_CASE("being woken, it looks at once") {
  const TempDir temp;
  const std::string path = temp / "plugin.so";
  test::write_text(path, "one");
  const auto before = decided(path);
  test::write_text(path, "two!");
  Reports reports(path);
  // Made to believe that the old file was dealt with, with neither an event nor a poll to come.
  Watcher watcher({path, 1h, 1ms}, before, reports.collect());
  watcher.wake();
  CHECK(reports.wait_for("two!"));
}

TEST_CASE("a refused file is reported again when it is asked for, one that was dealt with is not") {
  const TempDir temp;
  const std::string path = temp / "plugin.so";
  test::write_text(path, "one");
  Reports refused(path);
  Watcher patient({path, 1h, 1ms, 1h}, std::nullopt, refused.collect(Watcher::Verdict::kRefused));
  REQUIRE(refused.wait_for_count(1));
  patient.recheck();
  CHECK(refused.wait_for_count(2));

  Reports taken(path);
  Watcher content({path, 5ms, 1ms}, decided(path), taken.collect());
  content.recheck();
  test::write_text(path, "another");
  REQUIRE(taken.wait_for("another"));
  CHECK(taken.texts().front() == "another");
}

TEST_CASE("a refused file is reported again by itself") {
  const TempDir temp;
  const std::string path = temp / "plugin.so";
  test::write_text(path, "one");
  Reports reports(path);
  Watcher watcher({path, 1h, 1ms, 1ms, 4ms}, std::nullopt,
                  reports.collect(Watcher::Verdict::kRefused));
  CHECK(reports.wait_for_count(5));
}

TEST_CASE("the directories in which a change matters are those of the file and of every symlink") {
  const TempDir temp;
  const std::string root = fs::canonical(temp.path()).string();
  fs::create_directories(root + "/v1/lib");
  test::write_text(root + "/v1/lib/plugin.so", "");
  fs::create_directory(root + "/links");
  fs::create_directory_symlink(root + "/v1", root + "/links/current");
  fs::create_directory(root + "/etc");
  fs::create_symlink("../links/./current/lib/plugin.so", root + "/etc/plugin.so");
  const auto directories = gateway::directories_of_change(root + "/etc/plugin.so");
  CHECK(directories == std::vector<std::string>{root + "/etc", root + "/links", root + "/v1/lib"});
  // As far as it exists.
  CHECK(gateway::directories_of_change(root + "/v2/plugin.so") == std::vector<std::string>{root});
}

TEST_CASE("a symlink that leads to itself ends the search") {
  const TempDir temp;
  fs::create_symlink("loop", temp / "loop");
  CHECK_FALSE(gateway::directories_of_change(temp / "loop").empty());
}
