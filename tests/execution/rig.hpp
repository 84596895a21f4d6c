// An executor with everything around it, for tests.
#pragma once

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "execution/faulty_engine.hpp"
#include "gateway/executor.hpp"
#include "gateway/memory_engine.hpp"
#include "support/test_plugin.hpp"

namespace test_support {

inline gateway::Request call(std::string tool, std::string args = "{}", std::string client = "c") {
  gateway::Request request;
  request.name = std::move(tool);
  request.args_json = std::move(args);
  request.client = std::move(client);
  return request;
}

// {"key":"k","value":"v"}
inline std::string kv(const std::string& key, const std::string& value) {
  return R"({"key":")" + key + R"(","value":")" + value + "\"}";
}

// Log lines of all components. Thread rule: any.
class LogLines {
 public:
  gateway::LogSink sink() {
    return [this](std::uint32_t, std::string_view component, std::string_view text) {
      const std::lock_guard lock(mutex_);
      lines_.push_back(std::string(component) + ": " + std::string(text));
    };
  }
  bool contains(std::string_view part) const {
    const std::lock_guard lock(mutex_);
    for (const std::string& line : lines_) {
      if (line.find(part) != std::string::npos) return true;
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// The order of members is the order of construction: the executor last.
struct Rig {
  gateway::MemoryEngine memory;
  FaultyEngine engine{memory};
  gateway::Slot slot;
  gateway::ManualClock clock{1'000'000};
  gateway::NodeState node;
  LogLines log;
  std::unique_ptr<gateway::Executor> executor;

  explicit Rig(gateway::ExecutorOptions options = {}, gateway::NodeIdentity identity = {"n1", true})
      : node(std::move(identity)) {
    gate().open();
    slot.activate(test_instance());
    executor = std::make_unique<gateway::Executor>(options, engine, slot, clock, node, log.sink());
  }
  ~Rig() { gate().open(); }

  gateway::Outcome run(gateway::Request request) { return executor->run(std::move(request)); }
  gateway::Outcome run(std::string tool, std::string args = "{}") {
    return run(call(std::move(tool), std::move(args)));
  }

  std::future<gateway::Outcome> start(gateway::Request request) {
    auto promise = std::make_shared<std::promise<gateway::Outcome>>();
    auto future = promise->get_future();
    executor->submit(std::move(request), [promise](gateway::Outcome outcome) {
      promise->set_value(std::move(outcome));
    });
    return future;
  }

  // The worker sits inside a hook until release_worker(), so that calls pile up in the queue.
  std::future<gateway::Outcome> hold_worker() {
    gate().close();
    auto held = start(call("wait", "{}", "holder"));
    gate().wait_for_visitors(1);
    return held;
  }
  void release_worker() { gate().open(); }

  // The committed value of a key, "-" when absent.
  std::string stored(std::string_view key) {
    auto snapshot = memory.snapshot();
    auto rows = (*snapshot)->get({&key, 1});
    return rows->front().value.value_or("-");
  }
  std::size_t rows() {
    auto snapshot = memory.snapshot();
    std::size_t n = 0;
    REQUIRE((*snapshot)
                ->scan({"", "", false},
                       [&](auto, auto, auto) {
                         ++n;
                         return true;
                       })
                .ok());
    return n;
  }
};

inline bool ready(const std::future<gateway::Outcome>& outcome) {
  return outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace test_support
