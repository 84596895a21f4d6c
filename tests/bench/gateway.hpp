// The inside of a gateway with the plugin linked in: the real boundary and executor on the memory store.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "gateway/executor.hpp"
#include "gateway/memory_engine.hpp"

namespace bench {

namespace json = base::json;

// Ends the program: "<program>: <why>".
[[noreturn]] void give_up(const std::string& why);

double elapsed_us(const std::function<void()>& run);

// What one call did, over all its steps.
struct Spent {
  double us = 0;
  std::uint64_t keys_read = 0;
  std::uint64_t keys_written = 0;
};

// Thread rule: one thread. The plugin's clock advances by a millisecond per call.
class Gateway {
 public:
  // Runs the plugin's start hook. `config_json` is the plugin's; the node id is "bench".
  explicit Gateway(const std::string& config_json);

  // As the operator; ends the program when the tool refuses.
  json::object tool(std::string_view name, const json::object& args);

  // Any request, measured; `reply` may be a refusal. Ends the program when there is none.
  Spent measure(const gateway::Request& request, json::object& reply);

  static gateway::Request sweep_request(std::string_view name);
  static gateway::Request tool_request(std::string_view name, const json::object& args);

 private:
  gateway::MemoryEngine engine_;
  gateway::Slot slot_;
  gateway::ManualClock clock_{1'800'000'000'000};
  gateway::NodeState node_{{.node_id = "bench"}};
  std::mutex mutex_;  // read-only calls run on threads of their own
  gateway::CallTrace trace_;
  gateway::Executor executor_;
};

}  // namespace bench
