#include "dispatch/inbox_stream.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "dispatch/conversation.hpp"
#include "dispatch/dead_letters.hpp"
#include "dispatch/exhausted_task.hpp"
#include "dispatch/sink_store.hpp"
#include "messages/message_store.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::int64_t kMostAttempts = 15;  // MSG-4
constexpr std::size_t kBacklog = 1'000;
constexpr std::string_view kMessages = "message/";

bool is_message(const Waiting& waiting) { return waiting.what.record.starts_with(kMessages); }

void queue_message(Context& context, const AgentSink& sink, const Message& message) {
  queue_record(context, sink, key::message(message.id), 1);
  note_told(context, message, sink.agent);
}

// Reference 5.2; while it rests nobody could claim it, and the sweep that ends its rest offers it (T-15).
bool dispatched_to(const Task& task, std::string_view agent) {
  if (task.rests_until()) return false;
  return task.status == TaskStatus::kPending && task.assigned_to(agent) &&
         task.created_by_agent != agent && task.intent != "skill_distribution";
}

void queue_task(Context& context, const AgentSink& sink, const Task& task) {
  if (!dispatched_to(task, sink.agent)) return;
  queue_record(context, sink, key::task(task.id), static_cast<std::uint8_t>(task.urgency()));
}

std::optional<Message> unread_message(Context& context, const Waiting& waiting) {
  auto message = load_message(context.txn, key::last_part(waiting.what.record));
  if (!message || !unread_by(context.txn, waiting.what.target, *message)) return std::nullopt;
  return message;
}

Recheck recheck(Context& context, const Waiting& waiting) {
  using enum Recheck::Kind;
  const auto sink = load_sink(context.txn, waiting.what.target);
  const auto agent = load_agent(context.txn, waiting.what.target);
  if (!sink || !agent) return {kDrop};
  if (!context.config.dispatch_incoming || !agent->enabled() || !sink->pushed()) return {kHold};
  auto event = event_of(context, waiting);
  if (!event) return {kDrop};
  return {kSend, json::object{{"url", *sink->url},
                              {"secret", sink_secret(context.txn, sink->agent)},
                              {"body", std::move(*event)}}};
}

// A message that reached its agent is read (reference 5.2).
void delivered(Context& context, const Waiting& waiting) {
  if (!is_message(waiting)) return;
  const std::string id = key::last_part(waiting.what.record);
  const auto message = load_message(context.txn, id);
  if (!message) return;
  mark_read(context, waiting.what.target, {id});
  note_told(context, *message, waiting.what.target);
}

void given_up(Context& context, const Waiting& waiting, const DeliveryRecord& record) {
  const bool message = is_message(waiting);
  add_dead_letter(context,
                  {.kind = message ? "message" : "task",
                   .subject = key::last_part(waiting.what.record),
                   .agents = {waiting.what.target},
                   .reason = record.attempts >= kMostAttempts ? "delivery_attempts_exceeded"
                                                              : "refused_by_target",
                   .attempts = record.attempts,
                   .last_error = record.last_error});
  if (!message) fail_if_exhausted(context, key::last_part(waiting.what.record), record);
}

constexpr Stream kStream = {.name = kInboxStream,
                            .most_attempts = kMostAttempts,
                            .keeps_records = true,
                            .recheck = recheck,
                            .delivered = delivered,
                            .given_up = given_up};

}  // namespace

const Stream& inbox_stream() { return kStream; }

void queue_record(Context& context, const AgentSink& sink, const std::string& record,
                  std::uint8_t urgency) {
  enqueue(context, {.stream = std::string(kInboxStream),
                    .target = sink.agent,
                    .record = record,
                    .urgency = urgency,
                    .node = sink.node,
                    .pushed = sink.pushed()});
}

void offer_message(Context& context, const Message& message) {
  if (!counts_as_unread(message)) return;
  if (message.to_agents.empty()) {
    for (const AgentSink& sink : all_sinks(context.txn)) {
      if (sink.agent != message.from_agent) queue_message(context, sink, message);
    }
    return;
  }
  for (const std::string& agent : message.to_agents) {
    if (agent == message.from_agent) continue;
    if (const auto sink = load_sink(context.txn, agent)) {
      queue_message(context, *sink, message);
    }
  }
}

void offer_task(Context& context, const Task& task) {
  for (const std::string& agent : task.assignees) {
    if (const auto sink = load_sink(context.txn, agent)) queue_task(context, *sink, task);
  }
}

std::size_t offer_backlog(Context& context, const AgentSink& sink) {
  std::vector<InboxItem> unread = read_inbox(context.txn, sink.agent, {.limit = kBacklog});
  std::reverse(unread.begin(), unread.end());
  for (const InboxItem& item : unread) {
    if (item.message.from_agent != sink.agent) queue_message(context, sink, item.message);
  }
  const std::string prefix = "by-assignee/" + key::part(sink.agent) + "/pending/";
  for (const auto& [at, value] :
       collect(context.txn, prefix, prefix_end(prefix), {.limit = kBacklog})) {
    const auto task = load_task_at(context.txn, "task" + at.substr(at.rfind('/')));
    if (task) queue_task(context, sink, *task);
  }
  return waiting_count(context.txn, kInboxStream, sink.agent);
}

std::optional<json::object> event_of(Context& context, const Waiting& waiting) {
  json::object event{{"id", waiting.id}, {"agent", waiting.what.target}};
  if (is_message(waiting)) {
    const auto message = unread_message(context, waiting);
    if (!message) return std::nullopt;
    event["type"] = "message";
    event["conversationId"] = conversation_of(*message);
    event["message"] = to_json(*message);
    return event;
  }
  const auto task = load_task(context.txn, key::last_part(waiting.what.record));
  if (!task || !dispatched_to(*task, waiting.what.target)) return std::nullopt;
  event["type"] = "task";
  event["conversationId"] = task->id;
  event["task"] = shown_task(context.txn, *task);
  return event;
}

}  // namespace ansible
