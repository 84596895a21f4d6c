#include "sla/sweep_contract.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "core/fields.hpp"
#include "sla/breach.hpp"
#include "sla/sla_book.hpp"
#include "sla/sweep_run.hpp"

namespace ansible {
namespace {

constexpr std::size_t kMostListed = 1'000;  // SLA-11

struct Envelope {
  std::string case_id;
  std::string node_id;
  std::int64_t now = 0;
  SweepOptions options;
};

// A task that has breached windows, in the order in which they are handled.
struct Overdue {
  json::object* task = nullptr;
  std::string id;
  SlaRecord record;
  std::vector<Window> windows{};
  std::int64_t earliest = 0;
};

// A time in a raw record: any number; 0 counts as absent (reference 3.2).
std::optional<std::int64_t> number(const json::object& from, const std::string& name) {
  const json::value* v = from.if_contains(name);
  if (v == nullptr || !v->is_number()) return std::nullopt;
  if (v->is_int64()) return v->get_int64();
  const double d = v->to_number<double>();
  if (std::abs(d) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(std::floor(d));
}

json::object sla_of(const json::object& task) {
  return object_field(object_field(object_field(task, "metadata"), "ansible"), "sla");
}

SlaRecord raw_record(const json::object& sla) {
  SlaRecord record;
  const json::object escalations = object_field(sla, "escalations");
  for (const Window window : kWindows) {
    const std::string name(to_text(window));
    record[window].due_at = number(sla, name + "ByAt");
    if (record[window].due_at == 0) record[window].due_at.reset();
    record[window].escalated_at = number(escalations, name + "At");
  }
  return record;
}

// The member, made an object when it is none.
json::object& object_at(json::object& in, std::string_view name) {
  json::value& v = in[name];
  if (!v.is_object()) v = json::object{};
  return v.get_object();
}

void record_outcome(json::object& task, Window window, std::int64_t now,
                    const BreachOutcome& outcome) {
  json::object& sla = object_at(object_at(object_at(task, "metadata"), "ansible"), "sla");
  const std::string name(to_text(window));
  object_at(sla, "escalations")[name + "At"] = now;
  object_at(sla, "escalationOutcomes")[name] = to_json(outcome);
  task["updatedAt"] = now;
}

// As reference 1.6 shows a message.
json::object shown(Transaction& txn, const Envelope& envelope, Message message,
                   const Breach& breach) {
  message.id = derived_id(
      txn, envelope.case_id + '/' + envelope.node_id + '/' + std::to_string(envelope.now),
      breach.task_id + '/' + std::string(to_text(breach.window)) + '/' + message.to_agents.front());
  message.timestamp = envelope.now;
  json::object out = to_json(message);
  out["readBy_agents"] = json::array{envelope.node_id};
  return out;
}

std::vector<Overdue> overdue_tasks(std::vector<json::object>& tasks, const Envelope& envelope) {
  std::vector<Overdue> out;
  for (json::object& task : tasks) {
    const auto status = task_status(text_field(task, "status").value_or(""));
    if (!status) continue;
    Overdue item{.task = &task, .id = *text_field(task, "id"), .record = raw_record(sla_of(task))};
    item.windows = breached_windows(item.record, *status, envelope.now);
    if (item.windows.empty()) continue;
    item.earliest = *item.record[item.windows.front()].due_at;
    out.push_back(std::move(item));
  }
  std::sort(out.begin(), out.end(), [](const Overdue& a, const Overdue& b) {
    return std::tie(a.earliest, a.id) < std::tie(b.earliest, b.id);
  });
  const auto limit = static_cast<std::size_t>(envelope.options.limit.value_or(INT64_MAX));
  if (out.size() > limit) out.resize(limit);
  return out;
}

// One run over the envelope's tasks, changing them in place unless it is a dry run.
struct Outcome {
  std::vector<Breach> breaches;
  std::int64_t messages_written = 0;
  std::map<std::string, json::object> messages;  // by id
};

Outcome sweep(Transaction& txn, const Envelope& envelope, std::vector<json::object>& tasks) {
  Outcome outcome;
  std::int64_t budget = envelope.options.record_only ? 0 : envelope.options.max_messages;
  for (const Overdue& item : overdue_tasks(tasks, envelope)) {
    std::vector<std::string> targets = principals(text_field(*item.task, "createdBy_agent"),
                                                  text_field(*item.task, "claimedBy_agent"));
    if (targets.empty()) targets = envelope.options.fyi_agents;
    for (const Window window : item.windows) {
      const Breach breach{.task_id = item.id,
                          .title = text_field(*item.task, "title"),
                          .window = window,
                          .due_at = *item.record[window].due_at,
                          .status = text_field(*item.task, "status").value_or("")};
      outcome.breaches.push_back(breach);
      const Decision decision = decide(targets, envelope.options.record_only, budget);
      if (decision.notify) outcome.messages_written += static_cast<std::int64_t>(targets.size());
      if (envelope.options.dry_run) continue;
      BreachOutcome done{.at = envelope.now, .reason = std::string(decision.reason)};
      if (decision.notify) done.notified_agents = targets;
      record_outcome(*item.task, window, envelope.now, done);
      if (!decision.notify) continue;
      for (const std::string& target : targets) {
        json::object message =
            shown(txn, envelope, breach_notice(breach, envelope.node_id, target), breach);
        outcome.messages[std::string(message.at("id").as_string())] = std::move(message);
      }
    }
  }
  std::sort(outcome.breaches.begin(), outcome.breaches.end());
  return outcome;
}

json::object result_of(const Envelope& envelope, std::size_t tasks, const Outcome& outcome) {
  json::array breaches;
  for (const Breach& breach : outcome.breaches) {
    if (breaches.size() < kMostListed) breaches.push_back(to_json(breach));
  }
  const auto all = static_cast<std::int64_t>(tasks);
  json::object result{{"success", true},
                      {"dryRun", envelope.options.dry_run},
                      {"scanned", std::min(all, envelope.options.limit.value_or(all))},
                      {"breaches", std::move(breaches)},
                      {"breachCount", outcome.breaches.size()},
                      {"escalationsWritten", outcome.messages_written}};
  if (outcome.breaches.size() > kMostListed) result["breachesTruncated"] = true;
  return result;
}

Error invalid(const std::string& pointer, const std::string& expected, const std::string& got) {
  return {code::kInvalidArgument,
          pointer.substr(1) + ": expected " + expected + ", got " + got,
          {{"pointer", pointer}, {"expected", expected}, {"got", got}}};
}

Result<Envelope> read_envelope(const Args& args) {
  const json::object options = args.object("options");
  Envelope envelope{.case_id = *args.text("caseId"),
                    .node_id = *args.text("nodeId"),
                    .now = *args.integer("nowMs"),
                    .options = {.dry_run = *bool_field(options, "dryRun"),
                                .record_only = *bool_field(options, "recordOnly"),
                                .max_messages = *int_field(options, "maxMessages"),
                                .fyi_agents = {},
                                .limit = int_field(options, "limit")}};
  if (envelope.node_id.empty()) return invalid("/nodeId", "a node id", "nothing");
  std::vector<std::string>& fyi = envelope.options.fyi_agents;
  for (const std::string& agent : texts_field(options, "fyiAgents")) {
    if (agent.empty()) return invalid("/options/fyiAgents", "names that are not empty", "\"\"");
    if (std::find(fyi.begin(), fyi.end(), agent) == fyi.end()) fyi.push_back(agent);
  }
  return envelope;
}

// The envelope's tasks, sorted by id.
Result<std::vector<json::object>> read_tasks(const Args& args) {
  std::map<std::string, json::object> by_id;
  std::size_t index = 0;
  for (json::object& task : args.objects("tasks")) {
    const std::string pointer = "/tasks/" + std::to_string(index++) + "/id";
    const auto id = text_field(task, "id");
    if (!id || id->empty()) return invalid(pointer, "the task's id", "nothing");
    if (!by_id.emplace(*id, std::move(task)).second) {
      return invalid(pointer, "ids that differ", brief(json::value(*id)) + " twice");
    }
  }
  std::vector<json::object> tasks;
  for (auto& [id, task] : by_id) tasks.push_back(std::move(task));
  return tasks;
}

}  // namespace

ToolResult sla_sweep_contract(Context& context, const Args& args) {
  const auto envelope = read_envelope(args);
  if (!envelope.ok()) return envelope.error();
  auto tasks = read_tasks(args);
  if (!tasks.ok()) return tasks.error();
  const Outcome outcome = sweep(context.txn, *envelope, *tasks);
  json::array tasks_after;
  for (const json::object& task : *tasks) tasks_after.push_back(task);
  json::array messages_after;
  for (const auto& [id, message] : outcome.messages) messages_after.push_back(message);
  return json::object{{"contractSchemaRef", *args.text("contractSchemaRef")},
                      {"caseId", envelope->case_id},
                      {"result", result_of(*envelope, tasks->size(), outcome)},
                      {"tasksAfter", std::move(tasks_after)},
                      {"messagesAfter", std::move(messages_after)}};
}

}  // namespace ansible
