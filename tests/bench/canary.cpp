// What a canary costs: throughput with a share of the calls in the shadow against none, in turns of one run; and how long
// the way back takes with the release before still loaded, and without.
//
//   canary_bench [ROUNDS [MILLISECONDS]]       default 5 rounds of 1000 ms per share
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "gateway/host.hpp"
#include "gateway/sqlite_engine.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace gateway;
using Clock = std::chrono::steady_clock;

constexpr int kClients = 8;
constexpr std::uint32_t kShares[] = {0, 1, 25, 100};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "canary_bench: %s\n", why.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

void need(const Result<void>& result) {
  if (!result) give_up(result.error().message);
}

std::string trial(const char* name) { return std::string(TRIALS) + "/" + name + ".so"; }

std::unique_ptr<Host> open_host(const std::string& directory) {
  auto state = need(StateDir::acquire(directory + "/state"));
  SqliteOptions sqlite;
  sqlite.path = state.path() + "/store.db";
  auto engine = SqliteEngine::open(sqlite);
  if (!engine) give_up(engine.error().message);
  HostOptions options;
  options.node = {"bench", true};
  options.plugin = "trial";
  options.prover = PROVER;
  options.sweep = false;
  auto host = need(Host::open(options, std::move(state), std::move(*engine)));
  need(host->swap(trial("active")));
  return host;
}

// Calls per second of eight clients that each carry tasks through their lives.
double throughput(Host& host, std::chrono::milliseconds time) {
  static std::atomic<int> tasks{0};
  std::atomic<bool> stop{false};
  std::atomic<int> calls{0};
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      while (!stop) {
        const std::string id = std::to_string(++tasks);
        for (int step = 0; step < 4 && !stop; ++step) {
          Request request;
          request.name = "work";
          request.args_json = R"({"id":")" + id + "\"}";
          request.client = std::to_string(client);
          if (host.run(std::move(request)).status != GW_OK) give_up("a call failed");
          ++calls;
        }
      }
    });
  }
  const auto began = Clock::now();
  std::this_thread::sleep_for(time);
  stop = true;
  for (std::thread& client : clients) client.join();
  return calls / std::chrono::duration<double>(Clock::now() - began).count();
}

CanaryPolicy endless(std::uint32_t share) {
  CanaryPolicy policy;
  policy.stage_ms = policy.soak_ms = 86'400'000;
  policy.shadow_percent = share;
  return policy;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void shadow_costs(Host& host, int rounds, std::chrono::milliseconds time) {
  std::vector<std::vector<double>> figures(std::size(kShares));
  throughput(host, time);  // warm
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < std::size(kShares); ++i) {
      if (kShares[i] > 0) need(host.start_canary(trial("good"), endless(kShares[i])));
      figures[i].push_back(throughput(host, time));
      if (kShares[i] > 0) need(host.steer_canary(CanaryOrder::kAbort));
    }
  }
  const double alone = median(figures[0]);
  std::printf("%-28s %12s %8s\n", "", "calls/s", "ratio");
  std::printf("%-28s %12.0f %8.2f\n", "no canary", alone, 1.0);
  for (std::size_t i = 1; i < std::size(kShares); ++i) {
    const double here = median(figures[i]);
    std::printf("shadow of %3u %%               %12.0f %8.2f\n", kShares[i], here, here / alone);
  }
}

// Milliseconds from the order to roll back until the release before serves.
double way_back(Host& host, bool parked) {
  if (!parked) need(host.reconfigure(R"({"maxNotices":)" + std::to_string(std::rand()) + "}"));
  const auto began = Clock::now();
  need(host.rollback());
  return std::chrono::duration<double, std::milli>(Clock::now() - began).count();
}

void rollbacks(Host& host, int rounds) {
  std::vector<double> warm;
  std::vector<double> cold;
  need(host.swap(trial("good")));
  for (int round = 0; round < rounds; ++round) {
    warm.push_back(way_back(host, true));
    cold.push_back(way_back(host, false));
  }
  std::printf("%-28s %12s %8s\n", "", "ms", "ratio");
  std::printf("%-28s %12.2f %8.2f\n", "roll back, parked", median(warm), 1.0);
  std::printf("%-28s %12.2f %8.2f\n", "roll back, not loaded", median(cold),
              median(cold) / median(warm));
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const int ms = argc > 2 ? std::atoi(argv[2]) : 1000;
  if (rounds < 1 || ms < 1) give_up("usage: canary_bench [ROUNDS [MILLISECONDS]]");
  const test::TempDir temp;
  auto host = open_host(temp.path());
  shadow_costs(*host, rounds, std::chrono::milliseconds(ms));
  rollbacks(*host, 4 * rounds);
  return 0;
}
