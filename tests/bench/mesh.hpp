// A populated gateway: so many tasks, 10,000 messages, 1,000 agents; and what calls need to be made of.
#pragma once

#include <string>
#include <string_view>

#include "bench/gateway.hpp"

namespace bench {

// How many there are at either size, but for the tasks.
inline constexpr int kAgents = 1'000;
inline constexpr int kMessages = 10'000;

// Whoever acts for itself in the calls. It has more than any page shows: 120 pending tasks, 25 claimed and 25 in progress
// beside its share of all.
inline constexpr std::string_view kWorker = "agent-7";
// Opened its inbox for fetching; has its share of the tasks.
inline constexpr std::string_view kFetcher = "agent-8";

// Tasks are spread over the agents; of ten, one is claimed, one in progress, one completed and one failed.
class Mesh {
 public:
  explicit Mesh(int tasks);

  Gateway& gateway() { return gateway_; }
  int tasks() const { return tasks_; }

  // The parts of calls; nothing of it is measured. A text that no other call gets:
  std::string fresh(std::string_view what);
  std::string pending_task();  // of the worker
  std::string claimed_task();  // by the worker
  std::string task_to_approve();
  std::string agent();        // registered, without tasks
  std::string node();         // joined
  std::string node_invite();  // its token
  std::string ticket(const std::string& node);
  std::string message();  // unread by the worker
  std::string sink();     // an agent with a webhook, nothing waiting
  std::string dead_letter();
  std::string capability();  // published
  std::string admin_token() const { return admin_token_; }

 private:
  json::object sweep(std::string_view name);
  std::string delegate(std::string_view agent);
  void populate_agents();
  void populate_capabilities();
  void populate_tasks();
  void populate_messages();
  void forget_old_messages();

  int tasks_;
  int fresh_ = 0;
  Gateway gateway_;
  std::string admin_token_;
};

// A manifest of a high-risk capability, unsigned.
json::object high_risk_manifest(std::string_view capability);

std::string text_at(const json::object& object, std::string_view name);

}  // namespace bench
