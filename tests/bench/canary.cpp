// What a canary costs: throughput with a share of the calls in the shadow against none, in turns of one run; the same with
// the journal against without; and how long the way back takes with the release before still loaded, and without.
//
//   canary_bench [ROUNDS [MILLISECONDS]]       default 5 rounds of 1000 ms per share
#include <sys/resource.h>

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

std::unique_ptr<Host> open_host(const std::string& directory, bool journal = false) {
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
  options.journal.enabled = journal;
  auto host = need(Host::open(options, std::move(state), std::move(*engine)));
  need(host->swap(trial("active")));
  return host;
}

// Of this process, in microseconds.
double processor_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& t) {
    return t.tv_sec * 1e6 + static_cast<double>(t.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
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

// Also by processor time per call, which a busy machine disturbs less.
void journal_costs(Host& without, Host& with, int rounds, std::chrono::milliseconds time) {
  std::vector<double> speed[2];
  std::vector<double> effort[2];
  throughput(with, time);  // warm
  for (int round = 0; round < 2 * rounds; ++round) {
    const bool journaled = (round / 2 + round) % 2 != 0;  // each goes first in turn
    const double before = processor_time();
    const auto began = Clock::now();
    speed[journaled].push_back(throughput(journaled ? with : without, time));
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    effort[journaled].push_back((processor_time() - before) / (speed[journaled].back() * seconds));
  }
  const double alone = median(speed[0]);
  const double journaled = median(speed[1]);
  std::printf("%-28s %12.0f %8.2f\n", "no journal", alone, 1.0);
  std::printf("%-28s %12.0f %8.2f\n", "journal", journaled, journaled / alone);
  std::printf("%-28s %12s %8.2f\n", "  processor time per call", "",
              median(effort[1]) / median(effort[0]));
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
  auto journaled = open_host(temp / "journaled", true);
  journal_costs(*host, *journaled, rounds, std::chrono::milliseconds(ms));
  rollbacks(*host, 4 * rounds);
  return 0;
}
