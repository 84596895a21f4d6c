#include "tasks/notices.hpp"

#include <utility>

#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "messages/message_store.hpp"
#include "tasks/task_call.hpp"

namespace ansible {
namespace {

void add_line(std::string& content, std::string_view label,
              const std::optional<std::string>& value) {
  if (!value || value->empty()) return;
  content += '\n';
  content += label;
  content += *value;
}

std::string content_of(const Context& context, const Task& task, const Notice& notice) {
  std::string content = "Task " + named_task(task);
  add_line(content, "Status: ", std::string(to_text(task.status)));
  add_line(content, "Note: ", notice.note);
  add_line(content, "ETA: ", notice.eta_at);
  add_line(content, "Plan: ", notice.plan);
  add_line(content, "Result: ", notice.result);
  add_line(content, "From: ", notice.from_agent + " on " + context.node_id());
  return content;
}

}  // namespace

std::optional<std::string> notify_creator(Context& context, const Task& task,
                                          const Notice& notice) {
  if (!can_receive(context.txn, task.created_by_agent)) return std::nullopt;
  Message message;
  message.from_agent = notice.from_agent;
  message.from_node = context.node_id();
  message.intent = std::string(notice.intent);
  message.to_agents = {task.created_by_agent};
  message.content = content_of(context, task, notice);
  message.metadata = {{"kind", notice.intent},
                      {"taskId", task.id},
                      {"taskStatus", to_text(task.status)},
                      {"corr", task.id}};
  set_field(message.metadata, "etaAt", notice.eta_at);
  return send_message(context, std::move(message), "notice");
}

json::value id_or_null(const std::optional<std::string>& id) {
  return id ? json::value(*id) : json::value(nullptr);
}

}  // namespace ansible
