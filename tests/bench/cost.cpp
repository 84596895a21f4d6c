// What a claim and an idle sweep cost at 1,000 and at 100,000 open tasks, spread over 1,000 agents: through the real
// boundary and executor, on the memory store. Times are judged as ratios of one run.
//
//   cost_bench [FEW [MANY]]        default 1000 100000
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/gateway.hpp"

namespace {

using namespace bench;

constexpr int kAgents = 1000;
constexpr int kRounds = 200;

std::string agent(int i) { return "agent-" + std::to_string(i % kAgents); }

struct Cost {
  std::vector<double> times_us;
  Spent last;

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
    gateway_.tool("ansible_set_backpressure_policy",
                  {{"max_queue_depth", 500}, {"max_concurrent", 200}});
    for (int i = 0; i < kAgents; ++i) {
      gateway_.tool("ansible_register_agent", {{"agent_id", agent(i)}, {"type", "internal"}});
    }
    for (int i = 0; i < open_tasks; ++i) ids_.push_back(delegate(i));
  }

  void round(int n) {
    const int i = open_tasks_ - 1 - n;
    note(claim_, "ansible_claim_task",
         {{"taskId", ids_[static_cast<std::size_t>(i)]},
          {"agentId", agent(i)},
          {"etaSeconds", 900}});
    note(sweep_, "ansible_sla_sweep", {{"record_only", true}});
  }

  const Cost& claim() const { return claim_; }
  const Cost& sweep() const { return sweep_; }
  int open_tasks() const { return open_tasks_; }

 private:
  std::string delegate(int i) {
    const json::object reply =
        gateway_.tool("ansible_delegate_task",
                      {{"title", "task " + std::to_string(i)},
                       {"description", "what a task usually says"},
                       {"assignedTo", agent(i)},
                       {"sla", {{"acceptSlaSeconds", 86400}, {"completeSlaSeconds", 172800}}}});
    return std::string(reply.at("taskId").as_string());
  }

  void note(Cost& cost, std::string_view tool, const json::object& args) {
    json::object reply;
    cost.last = gateway_.measure(Gateway::tool_request(tool, args), reply);
    if (reply.contains("error")) give_up(json::canonical(reply));
    cost.times_us.push_back(cost.last.us);
  }

  int open_tasks_;
  Gateway gateway_{R"({"tier":"backbone"})"};
  std::vector<std::string> ids_;
  Cost claim_;
  Cost sweep_;
};

void print(const char* what, int open_tasks, const Cost& cost) {
  std::printf("%-12s %10d %12.1f %10llu %13llu\n", what, open_tasks, cost.median(),
              static_cast<unsigned long long>(cost.last.keys_read),
              static_cast<unsigned long long>(cost.last.keys_written));
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
