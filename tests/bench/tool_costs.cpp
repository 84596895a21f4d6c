// What every tool and sweep costs at 1,000 and at 100,000 tasks, with 10,000 messages and 1,000 agents: keys read, keys
// written, microseconds (median), through the real boundary and executor on the memory store.
//
//   tool_cost_bench [FEW [MANY]]   default 1000 100000
//
// Fails when a tool is missing from the table, and when one that is no dump reads more keys among many tasks than among
// few: both mesh sizes hold more of everything than a page shows, so what is returned is the same.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/tool_calls.hpp"
#include "tools/tool.hpp"

namespace {

using namespace bench;

constexpr int kRounds = 7;

// One line of the table.
struct Row {
  std::string name;
  std::vector<double> us;
  std::uint64_t keys_read = 0;     // the most of all rounds
  std::uint64_t keys_written = 0;  // the same
  bool may_grow = false;

  double median_us() const {
    std::vector<double> sorted = us;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
  void add(const Spent& spent) {
    us.push_back(spent.us);
    keys_read = std::max(keys_read, spent.keys_read);
    keys_written = std::max(keys_written, spent.keys_written);
  }
};

std::vector<ToolCall> all_calls() {
  std::vector<ToolCall> calls;
  for (const auto& part : {task_calls(), agent_calls(), message_calls(), mesh_calls()}) {
    calls.insert(calls.end(), part.begin(), part.end());
  }
  return calls;
}

void refuse_missing_tools(const std::vector<ToolCall>& calls) {
  for (const ansible::Tool& tool : ansible::all_tools()) {
    const bool there = std::any_of(calls.begin(), calls.end(), [&](const ToolCall& call) {
      return "ansible_" + std::string(call.tool) == tool.name;
    });
    if (!there) give_up("the table lacks " + std::string(tool.name));
  }
}

Row measured(Mesh& mesh, const ToolCall& call) {
  Row row{.name = std::string(call.tool), .us = {}, .may_grow = call.dump};
  if (!call.variant.empty()) row.name += " (" + std::string(call.variant) + ')';
  for (int round = 0; round < kRounds; ++round) {
    gateway::Request request =
        Gateway::tool_request("ansible_" + std::string(call.tool), call.prepare(mesh));
    if (call.by_host) request.caller_kind = GW_CALLER_HOST;
    json::object reply;
    row.add(mesh.gateway().measure(request, reply));
    if (reply.contains("error") != call.refused) {
      give_up(row.name + ": " + json::canonical(reply));
    }
  }
  return row;
}

Row measured(Mesh& mesh, const ansible::Sweep& sweep) {
  Row row{.name = "sweep " + std::string(sweep.name), .us = {}};
  for (int round = 0; round < kRounds; ++round) {
    json::object reply;
    row.add(mesh.gateway().measure(Gateway::sweep_request(sweep.name), reply));
  }
  return row;
}

std::vector<Row> table_of(int tasks) {
  Mesh mesh(tasks);
  std::vector<Row> rows;
  for (const ansible::Sweep& sweep : ansible::all_sweeps()) rows.push_back(measured(mesh, sweep));
  for (const ToolCall& call : all_calls()) rows.push_back(measured(mesh, call));
  return rows;
}

bool grew(const Row& few, const Row& many) {
  return !few.may_grow && many.keys_read > few.keys_read;
}

void print(const Row& few, const Row& many) {
  std::printf("%-36s %9llu %9llu %7llu %7llu %10.1f %10.1f%s\n", few.name.c_str(),
              static_cast<unsigned long long>(few.keys_read),
              static_cast<unsigned long long>(many.keys_read),
              static_cast<unsigned long long>(few.keys_written),
              static_cast<unsigned long long>(many.keys_written), few.median_us(), many.median_us(),
              few.may_grow      ? "  may grow"
              : grew(few, many) ? "  GREW"
                                : "");
}

}  // namespace

int main(int argc, char** argv) {
  const int few = argc > 1 ? std::atoi(argv[1]) : 1'000;
  const int many = argc > 2 ? std::atoi(argv[2]) : 100'000;
  if (few < 1'000 || many < few)
    give_up("usage: tool_cost_bench [FEW [MANY]], 1000 <= FEW <= MANY");
  refuse_missing_tools(all_calls());
  const std::vector<Row> small = table_of(few);
  const std::vector<Row> large = table_of(many);
  std::printf("%d messages, %d agents; the columns are for %d and %d tasks\n", kMessages, kAgents,
              few, many);
  std::printf("%-36s %19s %15s %21s\n", "", "keys read", "keys written", "median us");
  bool all_flat = true;
  for (std::size_t i = 0; i < small.size(); ++i) {
    print(small[i], large[i]);
    all_flat = all_flat && !grew(small[i], large[i]);
  }
  if (!all_flat) std::printf("some tools read more keys than they return\n");
  return all_flat ? 0 : 1;
}
