// What an agent is busy with, as it says itself (reference 1.7).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace ansible {

namespace json = base::json;

struct ContextThread {
  std::string id;
  std::string summary;
  std::int64_t last_activity = 0;
};

struct ContextDecision {
  std::string decision;
  std::string reasoning;  // may be empty
  std::int64_t made_at = 0;
};

// The document `context/<agent>`. Threads and decisions are newest first, at most kMostEntries each.
struct AgentContext {
  static constexpr std::size_t kMostEntries = 10;

  std::string current_focus;  // empty: none
  std::vector<ContextThread> threads;
  std::vector<ContextDecision> decisions;
  std::int64_t updated_at = 0;
};

// {currentFocus, activeThreads[], recentDecisions[], updatedAt}
json::object to_json(const AgentContext& context);
AgentContext agent_context_from_json(const json::object& from);

}  // namespace ansible
