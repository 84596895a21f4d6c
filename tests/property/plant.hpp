// The inside of a gateway, repeatable: the same steps give the same bytes, on any engine.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "gateway/executor.hpp"

namespace property {

namespace json = base::json;

// One call of a tool, run of a sweep, or call of the outbox; and how far the clock moves before it.
struct Step {
  gateway::Request::Kind kind = gateway::Request::Kind::kTool;
  std::string name;
  json::object args{};
  std::int64_t after_ms = 0;
  std::uint32_t caller = GW_CALLER_OPERATOR;
  std::uint32_t outcome = GW_DELIVERED;  // of a delivery that the host settles
  std::string detail{};
};

// "ansible_claim_task {...}"
std::string described(const Step& step);

struct Answer {
  gateway::Outcome outcome;
  json::object reply;  // parsed

  bool refused() const { return reply.contains("error"); }
  std::string code() const;
};

// Thread rule: one thread.
class Plant {
 public:
  explicit Plant(std::unique_ptr<gateway::Engine> engine);

  // The plugin's reply; anything else but a reply fails the test, because nothing here may break.
  Answer play(const Step& step);

  gateway::Engine& engine() { return *engine_; }
  std::int64_t now_ms() { return clock_.now_ms(); }

  // Every key of the plugin with its value: "key=value\n" in order.
  std::string dump();

 private:
  std::unique_ptr<gateway::Engine> engine_;
  gateway::Slot slot_;
  gateway::ManualClock clock_{1'800'000'000'000};
  gateway::NodeState node_{{.node_id = "node-a"}};
  std::unique_ptr<gateway::Executor> executor_;
  std::uint64_t played_ = 0;
};

}  // namespace property
