// What a claim and an idle sweep cost at 1,000 and at 100,000 open tasks, spread over 1,000 agents: through the real
// boundary and executor, on the memory store. Times are judged as ratios of one run.
//
//   cost_bench [FEW [MANY]]        default 1000 100000
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "gateway/executor.hpp"
#include "gateway/memory_engine.hpp"

extern "C" const gw_plugin* gateway_plugin_entry_v1(std::uint32_t host_major,
                                                    std::uint32_t host_minor);

namespace {

using namespace gateway;
namespace json = base::json;

constexpr int kAgents = 1000;
constexpr int kRounds = 200;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "cost_bench: %s\n", why.c_str());
  std::exit(1);
}

// A gateway's inside with the plugin linked in.
class Bench {
 public:
  Bench() {
    auto instance = Instance::create(gateway_plugin_entry_v1(GW_ABI_MAJOR, GW_ABI_MINOR), {},
                                     R"({"tier":"backbone"})", nullptr);
    if (!instance.ok()) give_up(instance.error().message);
    slot_.activate(std::move(*instance));
    executor_.observe([this](const Request&, const CallTrace& trace) { trace_ = trace; });
    Request start;
    start.kind = Request::Kind::kStart;
    run(start);
    tool("ansible_set_backpressure_policy", {{"max_queue_depth", 500}, {"max_concurrent", 200}});
    for (int i = 0; i < kAgents; ++i) {
      tool("ansible_register_agent", {{"agent_id", agent(i)}, {"type", "internal"}});
    }
  }

  static std::string agent(int i) { return "agent-" + std::to_string(i % kAgents); }

  std::string delegate(int i) {
    const json::value reply =
        tool("ansible_delegate_task",
             {{"title", "task " + std::to_string(i)},
              {"description", "what a task usually says"},
              {"assignedTo", agent(i)},
              {"sla", {{"acceptSlaSeconds", 86400}, {"completeSlaSeconds", 172800}}}});
    return std::string(reply.at("taskId").as_string());
  }

  void claim(const std::string& id, int i) {
    tool("ansible_claim_task", {{"taskId", id}, {"agentId", agent(i)}, {"etaSeconds", 900}});
  }

  void sweep() { tool("ansible_sla_sweep", {{"record_only", true}}); }

  json::value tool(const char* name, const json::object& args) {
    Request request;
    request.name = name;
    request.args_json = json::canonical(args);
    request.caller_kind = GW_CALLER_OPERATOR;
    const Outcome outcome = run(request);
    auto reply = json::parse(outcome.body);
    if (outcome.status != GW_OK || !reply.ok()) {
      give_up(std::string(name) + ": " + outcome.body + outcome.message);
    }
    return std::move(*reply);
  }

  const CallTrace& last_step() const { return trace_; }

 private:
  Outcome run(const Request& request) {
    Outcome outcome = executor_.run(request);
    if (outcome.kind != Outcome::Kind::kReply) give_up(request.name + ": " + outcome.message);
    return outcome;
  }

  MemoryEngine engine_;
  Slot slot_;
  ManualClock clock_{1'800'000'000'000};
  NodeState node_{{.node_id = "bench"}};
  CallTrace trace_;
  Executor executor_{{}, engine_, slot_, clock_, node_, {}};
};

struct Cost {
  double median_us = 0;
  CallTrace trace;
};

template <class Run>
Cost measure(const Bench& bench, Run run) {
  std::vector<double> times;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    run(round);
    const auto end = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
  }
  std::nth_element(times.begin(), times.begin() + kRounds / 2, times.end());
  return {times[kRounds / 2], bench.last_step()};
}

struct Point {
  int open_tasks;
  Cost claim;
  Cost sweep;
};

// Fills up to `open_tasks` open ones, then measures claims (each replaced by a new pending task) and idle sweeps.
Point point(Bench& bench, std::vector<std::string>& open, int open_tasks) {
  while (static_cast<int>(open.size()) < open_tasks) {
    open.push_back(bench.delegate(static_cast<int>(open.size())));
  }
  Point out{.open_tasks = open_tasks, .claim = {}, .sweep = {}};
  const int first = open_tasks - kRounds;  // the newest: pending, and spread over the agents
  out.claim = measure(bench, [&](int round) {
    const auto i = static_cast<std::size_t>(first + round);
    bench.claim(open[i], static_cast<int>(i));
  });
  out.sweep = measure(bench, [&](int) { bench.sweep(); });
  return out;
}

void print(const char* what, const Point& p, const Cost& cost) {
  std::printf("%-12s %10d %12.1f %10llu %13llu\n", what, p.open_tasks, cost.median_us,
              static_cast<unsigned long long>(cost.trace.keys_read),
              static_cast<unsigned long long>(cost.trace.keys_written));
}

}  // namespace

int main(int argc, char** argv) {
  const int few = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int many = argc > 2 ? std::atoi(argv[2]) : 100'000;
  if (few < kRounds || many <= few) give_up("usage: cost_bench [FEW [MANY]], 200 <= FEW < MANY");
  Bench bench;
  std::vector<std::string> open;
  const Point small = point(bench, open, few);
  const Point large = point(bench, open, many);
  std::printf("%-12s %10s %12s %10s %13s\n", "", "open tasks", "median us", "keys read",
              "keys written");
  for (const Point* p : {&small, &large}) {
    print("claim", *p, p->claim);
    print("idle sweep", *p, p->sweep);
  }
  std::printf("claim:      %.2f x the time at %d times the tasks\n",
              large.claim.median_us / small.claim.median_us, many / few);
  std::printf("idle sweep: %.2f x\n", large.sweep.median_us / small.sweep.median_us);
  return 0;
}
