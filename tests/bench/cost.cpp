// What a claim and an idle sweep cost at 1,000 and at 100,000 open tasks, spread over 1,000 agents: through the real
// boundary and executor, on the memory store. Times are judged as ratios of one run.
//
//   cost_bench [FEW [MANY]]        default 1000 100000
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
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

double elapsed_us(const std::function<void()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  const auto end = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::micro>(end - begin).count();
}

struct Cost {
  std::vector<double> times_us;
  CallTrace trace;

  double median() const {
    std::vector<double> sorted = times_us;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

// A gateway with so many open tasks, the newest of which are claimed one by one.
class Subject {
 public:
  explicit Subject(int open_tasks) : open_tasks_(open_tasks) {
    for (int i = 0; i < open_tasks; ++i) ids_.push_back(bench_.delegate(i));
  }

  void round(int n) {
    const int i = open_tasks_ - 1 - n;
    claim_.times_us.push_back(
        elapsed_us([&] { bench_.claim(ids_[static_cast<std::size_t>(i)], i); }));
    claim_.trace = bench_.last_step();
    sweep_.times_us.push_back(elapsed_us([&] { bench_.sweep(); }));
    sweep_.trace = bench_.last_step();
  }

  const Cost& claim() const { return claim_; }
  const Cost& sweep() const { return sweep_; }
  int open_tasks() const { return open_tasks_; }

 private:
  int open_tasks_;
  Bench bench_;
  std::vector<std::string> ids_;
  Cost claim_;
  Cost sweep_;
};

void print(const char* what, int open_tasks, const Cost& cost) {
  std::printf("%-12s %10d %12.1f %10llu %13llu\n", what, open_tasks, cost.median(),
              static_cast<unsigned long long>(cost.trace.keys_read),
              static_cast<unsigned long long>(cost.trace.keys_written));
}

}  // namespace

int main(int argc, char** argv) {
  const int few = argc > 1 ? std::atoi(argv[1]) : 1000;
  const int many = argc > 2 ? std::atoi(argv[2]) : 100'000;
  if (few < kRounds || many <= few) give_up("usage: cost_bench [FEW [MANY]], 200 <= FEW < MANY");
  Subject small(few);
  Subject large(many);
  for (int n = 0; n < kRounds; ++n) {  // in turns, so that a busy machine slows both
    small.round(n);
    large.round(n);
  }
  std::printf("%-12s %10s %12s %10s %13s\n", "", "open tasks", "median us", "keys read",
              "keys written");
  for (const Subject* s : {&small, &large}) {
    print("claim", s->open_tasks(), s->claim());
    print("idle sweep", s->open_tasks(), s->sweep());
  }
  std::printf("claim:      %.2f x the time at %d times the tasks\n",
              large.claim().median() / small.claim().median(), many / few);
  std::printf("idle sweep: %.2f x\n", large.sweep().median() / small.sweep().median());
  return 0;
}
