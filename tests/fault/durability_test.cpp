// An acknowledged transition survives `kill -9`, and happened once.
//
// Short form: 100 kills. Long form, and another course of events:
//   FAULT_KILLS=1000 FAULT_SEED=7 build/tests/durability_test
#include <atomic>
#include <random>
#include <thread>

#include "fault/tasks.hpp"

using namespace test;

namespace {

// Stories that a client left in the middle when the answer did not come, to be settled at the end.
constexpr std::size_t kMostLeft = 4;

struct Tally {
  std::atomic<int> acknowledged{0};
  std::atomic<int> lost{0};      // requests without an answer
  std::atomic<int> replayed{0};  // asked again, and done before
  std::atomic<int> first{0};     // asked again, and not done before
};

class DurableClient {
 public:
  DurableClient(const Gateway& gateway, int number, std::uint64_t seed, Tally& tally,
                Complaints& complaints)
      : gateway_(gateway),
        number_(number),
        random_(seed * 1'000 + static_cast<std::uint64_t>(number)),
        tally_(tally),
        complaints_(complaints) {}

  // Carries tasks through until told to stop.
  void run(const std::atomic<bool>& stop) {
    HttpClient client = gateway_.client();
    while (!stop) {
      stories.push_back(next_story());
      TaskStory& story = stories.back();
      while (!story.done() && !stop) {
        if (ask(client, story)) continue;
        const bool up = wait_until([&] { return stop || gateway_.status_of("/readyz") == 200; },
                                   std::chrono::minutes(2));
        if (!up) return complaints_.add("the gateway did not come back");
        if (left_ < kMostLeft && random_() % 4 == 0) {
          ++left_;
          break;
        }
      }
    }
  }

  // Finishes every story with the keys it began with.
  void settle() {
    HttpClient client = gateway_.client();
    for (TaskStory& story : stories) {
      while (!story.done()) {
        if (!ask(client, story)) return complaints_.add(story.title + ": not settled");
      }
    }
  }

  std::vector<TaskStory> stories;

 private:
  TaskStory next_story() {
    TaskStory story;
    story.agent = agent_name(number_);
    story.title = story.agent + " task " + std::to_string(stories.size());
    story.updates = static_cast<int>(random_() % 3);
    return story;
  }
  // False: no answer came.
  bool ask(HttpClient& client, TaskStory& story) {
    const Told told = take_step(gateway_, client, story);
    if (told.answer == Answer::kUnknown) {
      ++tally_.lost;
      return false;
    }
    if (told.answer == Answer::kRefused) {
      complaints_.add(told.why);
      story.acknowledged = story.steps();  // leave it; the audit will see it too
      return true;
    }
    ++tally_.acknowledged;
    if (told.again) ++(told.answer == Answer::kReplayed ? tally_.replayed : tally_.first);
    return true;
  }

  const Gateway& gateway_;
  const int number_;
  std::mt19937_64 random_;
  Tally& tally_;
  Complaints& complaints_;
  std::size_t left_ = 0;
};

// Kills the daemon after a few acknowledgements, or now and then while it starts.
void kill_and_restart(Gateway& gateway, const Tally& tally, std::mt19937_64& random) {
  const int target = tally.acknowledged + static_cast<int>(random() % 40);
  CHECK(wait_until([&] { return tally.acknowledged >= target || !gateway.process().running(); },
                   std::chrono::minutes(2)));
  CHECK_MESSAGE(gateway.process().running(), "it died by itself:\n" << gateway.log());
  gateway.process().kill_now();
  gateway.spawn();
  if (random() % 5 == 0) {
    // A boot is killed too, at any point of its way.
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 100'000));
    gateway.process().kill_now();
    gateway.spawn();
  }
}

}  // namespace

TEST_CASE(
    "kill -9 at random instants under load: no acknowledged transition is lost, torn or "
    "doubled") {
  const auto kills = number_from("FAULT_KILLS", 100);
  const auto seed = number_from("FAULT_SEED", 1);
  CAPTURE(seed);
  Gateway gateway(drill_options(PLUGIN));
  gateway.start();
  Tally tally;
  Complaints complaints;
  std::atomic<bool> stop{false};
  std::vector<std::unique_ptr<DurableClient>> clients;
  std::vector<std::thread> threads;
  for (int number = 0; number < kClients; ++number) {
    clients.push_back(std::make_unique<DurableClient>(gateway, number, seed, tally, complaints));
    threads.emplace_back([&stop, client = clients.back().get()] { client->run(stop); });
  }
  std::mt19937_64 random(seed);
  for (std::uint64_t kill = 0; kill < kills && complaints.count() == 0; ++kill) {
    kill_and_restart(gateway, tally, random);
  }
  CHECK(wait_until([&] { return gateway.status_of("/readyz") == 200; }));
  stop = true;
  for (std::thread& thread : threads) thread.join();

  std::vector<TaskStory> stories;
  for (const auto& client : clients) {
    client->settle();
    stories.insert(stories.end(), client->stories.begin(), client->stories.end());
  }
  CHECK_MESSAGE(complaints.count() == 0, complaints.text());
  audit(gateway, stories);
  MESSAGE(kills << " kills, " << stories.size() << " tasks, " << tally.acknowledged.load()
                << " acknowledgements, " << tally.lost.load()
                << " requests without an answer; asked "
                << "again: " << tally.replayed.load() << " had been done, " << tally.first.load()
                << " had not");
  CHECK(tally.acknowledged > static_cast<int>(kills));
  CHECK(tally.lost >= static_cast<int>(kills) / 2);
}
