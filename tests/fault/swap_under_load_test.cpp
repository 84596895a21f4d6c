// Swapping the plugin under load, in every way an operator can, costs no request, no memory and no descriptor.
//
// Short form: 200 swaps. Long form, and another course of events:
//   FAULT_SWAPS=2000 FAULT_SEED=7 build/tests/swap_under_load_test
#include <algorithm>
#include <atomic>
#include <iterator>
#include <random>
#include <thread>

#include "fault/files.hpp"
#include "fault/tasks.hpp"
#include "loading/sanitizers.hpp"

using namespace test;

namespace {

constexpr int kQuarters = 4;
// Read connections and the allocator's arenas come as they are needed; a leak per swap would be far above this.
constexpr std::size_t kDescriptorSlack = 4;
constexpr long kRssSlackKib = 12 * 1024;

enum class Way { kRename, kLinkFlip, kCopyOver, kCommand, kCommandLine, kRollback };

// Each file way and rollback a fifth, command and command line together another.
constexpr Way kRound[] = {Way::kRename,   Way::kLinkFlip,   Way::kCopyOver, Way::kCommand,
                          Way::kRollback, Way::kRename,     Way::kLinkFlip, Way::kCopyOver,
                          Way::kRollback, Way::kCommandLine};

// <directory>/current is a link to <directory>/a or b; current/ansible.so is the configured file.
class Deployment {
 public:
  Deployment()
      : bytes_{read_file(PLUGIN), read_file(PLUGIN_NEXT)},
        versions_{PLUGIN_VERSION, PLUGIN_NEXT_VERSION} {
    for (const char* name : {"a", "b"}) {
      std::filesystem::create_directory(dir_ / name);
      std::filesystem::permissions(dir_ / name, std::filesystem::perms(0755));
    }
    write_file(dir_ / "a/ansible.so", bytes_[0]);
    std::filesystem::create_symlink("a", dir_ / "current");
  }

  std::string library() const { return dir_ / "current/ansible.so"; }
  const std::string& version(int which) const { return versions_[which]; }
  static const char* file(int which) { return which == 0 ? PLUGIN : PLUGIN_NEXT; }

  // Asks for a version in one of the ways. Returns what was refused.
  std::string swap(const Gateway& gateway, Way way, int to) {
    switch (way) {
      case Way::kRename:
        rename_over(bytes_[to], library());
        return {};
      case Way::kCopyOver:
        copy_over(bytes_[to], library());
        return {};
      case Way::kLinkFlip: {
        const char* other = std::filesystem::read_symlink(dir_ / "current") == "a" ? "b" : "a";
        rename_over(bytes_[to], dir_ / other + "/ansible.so");
        flip_link(other, dir_ / "current");
        return {};
      }
      case Way::kCommand: {
        base::json::object body{{"id", "ansible"}, {"what", file(to)}};
        return refusal(gateway.host("plugins/swap", base::json::canonical(body)));
      }
      case Way::kCommandLine: {
        const auto result = run({OPENCLAW, "--config", gateway.config_file(), "--state-dir",
                                 gateway.state_dir(), "plugins", "swap", "ansible", file(to)});
        return result.status == 0 ? std::string() : result.err;
      }
      case Way::kRollback:
        return refusal(gateway.host("plugins/rollback", R"({"id":"ansible"})"));
    }
    return "no such way";
  }

 private:
  static std::string refusal(const std::pair<int, base::json::value>& answer) {
    return answer.first == 200 ? std::string() : base::json::canonical(answer.second);
  }

  TempDir dir_;
  std::string bytes_[2];
  std::string versions_[2];
};

// A client whose every request must be answered, the first time.
void carry_tasks(const Gateway& gateway, int number, int quarter, const std::atomic<bool>& stop,
                 std::vector<TaskStory>& stories, Complaints& complaints) {
  HttpClient client = gateway.client();
  for (int n = 0; !stop; ++n) {
    TaskStory story;
    story.agent = agent_name(number);
    story.title =
        story.agent + " quarter " + std::to_string(quarter) + " task " + std::to_string(n);
    story.updates = n % 3;
    stories.push_back(story);
    while (!stories.back().done()) {
      const Told told = take_step(gateway, client, stories.back());
      if (told.answer == Answer::kDone) continue;
      return complaints.add(told.answer == Answer::kReplayed ? told.why + "done twice" : told.why);
    }
  }
}

// Eight clients that work for as long as the object lives.
class Load {
 public:
  Load(const Gateway& gateway, int quarter, std::vector<TaskStory>& stories, Complaints& complaints)
      : all_(stories), stories_(kClients) {
    for (int number = 0; number < kClients; ++number) {
      threads_.emplace_back([this, &gateway, number, quarter, &complaints] {
        carry_tasks(gateway, number, quarter, stop_, stories_[static_cast<std::size_t>(number)],
                    complaints);
      });
    }
  }
  ~Load() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    for (auto& some : stories_) {
      std::move(some.begin(), some.end(), std::back_inserter(all_));
    }
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  std::vector<TaskStory>& all_;
  std::vector<std::vector<TaskStory>> stories_;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

// What the process holds when no client is connected.
struct Holdings {
  std::size_t descriptors = 0;
  long rss_kib = 0;
  std::size_t images = 0;
};

Holdings holdings(Gateway& gateway, std::size_t at_most) {
  const pid_t pid = gateway.process().pid();
  // Closed connections and a retired release go a moment later.
  wait_until([&] { return open_descriptors(pid) <= at_most && mapped_images(pid).size() <= 2; },
             std::chrono::seconds(10));
  return {open_descriptors(pid), rss_kib(pid), mapped_images(pid).size()};
}

// One drill: a gateway, two versions, eight clients.
struct Drill {
  std::mt19937_64 random{number_from("FAULT_SEED", 1)};
  Deployment deployment;
  Gateway gateway{drill_options(deployment.library())};
  Complaints complaints;
  std::vector<TaskStory> stories;
  std::vector<Way> ways;
  int active = 0;
  std::map<Way, int> done;

  Way next_way() {
    if (ways.empty()) {
      ways.assign(std::begin(kRound), std::end(kRound));
      std::shuffle(ways.begin(), ways.end(), random);
    }
    const Way way = ways.back();
    ways.pop_back();
    // At first there is nothing to go back to.
    return way == Way::kRollback && done.empty() ? Way::kCommand : way;
  }

  void swap_once() {
    const Way way = next_way();
    const std::string trouble = deployment.swap(gateway, way, 1 - active);
    if (!trouble.empty()) return complaints.add("swap refused: " + trouble);
    const std::string& wanted = deployment.version(1 - active);
    if (!wait_until([&] { return serving(gateway) == wanted; }, std::chrono::minutes(1))) {
      return complaints.add("way " + std::to_string(static_cast<int>(way)) +
                            ": the other version never served");
    }
    active = 1 - active;
    ++done[way];
  }

  // Swaps while the clients work; then they are gone.
  void run(int quarter, int swaps) {
    const Load load(gateway, quarter, stories, complaints);
    for (int n = 0; n < swaps && complaints.count() == 0; ++n) swap_once();
  }
};

}  // namespace

TEST_CASE(
    "200 swaps under load, by file, link, copy, command and rollback: every request is "
    "answered once, and nothing is left over") {
  const auto swaps = static_cast<int>(number_from("FAULT_SWAPS", 200));
  Drill drill;
  Gateway& gateway = drill.gateway;
  gateway.start();
  REQUIRE(serving(gateway) == drill.deployment.version(0));

  std::vector<Holdings> held;
  for (int quarter = 0; quarter < kQuarters; ++quarter) {
    drill.run(quarter, swaps / kQuarters);
    REQUIRE_MESSAGE(drill.complaints.count() == 0, drill.complaints.text() << gateway.log());
    held.push_back(holdings(gateway, held.empty() ? 0 : held.front().descriptors));
    MESSAGE("quarter " << quarter + 1 << ": " << held.back().descriptors << " descriptors, "
                       << held.back().rss_kib << " KiB resident, " << held.back().images
                       << " images, " << drill.stories.size() << " tasks");
  }
  const int by_command = drill.done[Way::kCommand] + drill.done[Way::kCommandLine];
  MESSAGE(drill.done[Way::kRename] << " by rename, " << drill.done[Way::kLinkFlip]
                                   << " by link flip, " << drill.done[Way::kCopyOver]
                                   << " by copy, " << by_command << " by command, "
                                   << drill.done[Way::kRollback] << " by rollback");
  for (const int count : {drill.done[Way::kRename], drill.done[Way::kLinkFlip],
                          drill.done[Way::kCopyOver], by_command, drill.done[Way::kRollback]}) {
    CHECK(count >= swaps / 10);
  }
  const Holdings& first = held.front();
  const Holdings& last = held.back();
  CHECK(last.images <= 3);
  CHECK(last.images >= 1);
  CHECK(last.descriptors <= first.descriptors + kDescriptorSlack);
  // A sanitizer remembers what was freed.
  const bool sanitized = gateway::kAsanBuild || gateway::kTsanBuild;
  CHECK((sanitized || last.rss_kib <= first.rss_kib + kRssSlackKib));
  const std::string root = gateway.state_dir() + "/plugins/ansible";
  CHECK(names_in(root + "/loaded") == mapped_images(gateway.process().pid()));
  CHECK(names_in(root + "/staging").empty());
  CHECK(names_in(root + "/releases").size() == 2);
  CHECK(text_at(slot_row(gateway), "state") == "active");
  audit(gateway, drill.stories);
}
