#include "records/agent_context.hpp"

#include "core/fields.hpp"

namespace ansible {
namespace {

// The objects of a list member; anything else in it is passed over.
std::vector<json::object> objects_field(const json::object& from, std::string_view name) {
  std::vector<json::object> out;
  const json::value* list = from.if_contains(name);
  if (list == nullptr || !list->is_array()) return out;
  for (const json::value& item : list->get_array()) {
    if (item.is_object() && out.size() < AgentContext::kMostEntries) {
      out.push_back(item.get_object());
    }
  }
  return out;
}

}  // namespace

json::object to_json(const AgentContext& context) {
  json::array threads;
  for (const ContextThread& t : context.threads) {
    threads.push_back({{"id", t.id}, {"summary", t.summary}, {"lastActivity", t.last_activity}});
  }
  json::array decisions;
  for (const ContextDecision& d : context.decisions) {
    decisions.push_back(
        {{"decision", d.decision}, {"reasoning", d.reasoning}, {"madeAt", d.made_at}});
  }
  return {{"currentFocus", context.current_focus},
          {"activeThreads", std::move(threads)},
          {"recentDecisions", std::move(decisions)},
          {"updatedAt", context.updated_at}};
}

AgentContext agent_context_from_json(const json::object& from) {
  AgentContext context;
  context.current_focus = text_field(from, "currentFocus").value_or("");
  for (const json::object& t : objects_field(from, "activeThreads")) {
    context.threads.push_back({text_field(t, "id").value_or(""),
                               text_field(t, "summary").value_or(""),
                               int_field(t, "lastActivity").value_or(0)});
  }
  for (const json::object& d : objects_field(from, "recentDecisions")) {
    context.decisions.push_back({text_field(d, "decision").value_or(""),
                                 text_field(d, "reasoning").value_or(""),
                                 int_field(d, "madeAt").value_or(0)});
  }
  context.updated_at = int_field(from, "updatedAt").value_or(0);
  return context;
}

}  // namespace ansible
