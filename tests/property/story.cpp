#include "property/story.hpp"

#include <algorithm>

#include "tools/tool.hpp"

namespace property {
namespace {

constexpr std::size_t kRemembered = 60;

void remember(std::vector<std::string>& list, const json::object& reply, std::string_view member) {
  const json::value* id = reply.if_contains(member);
  if (id == nullptr || !id->is_string()) return;
  list.emplace_back(id->get_string());
  if (list.size() > kRemembered) list.erase(list.begin());
}

// The ids that a list of objects has.
void remember_all(std::vector<std::string>& list, const json::object& reply,
                  std::string_view member) {
  const json::value* items = reply.if_contains(member);
  if (items == nullptr || !items->is_array()) return;
  for (const json::value& item : items->get_array()) remember(list, item.as_object(), "id");
}

bool requires_it(const Step& step, const std::string& capability) {
  const json::value* list = step.args.if_contains("requires");
  if (list == nullptr || !list->is_array()) return false;
  return std::any_of(list->get_array().begin(), list->get_array().end(),
                     [&](const json::value& name) { return name == json::value(capability); });
}

bool requires_risky(const Step& step) { return requires_it(step, "cap.h0"); }

}  // namespace

Step tool(std::string name, json::object args) {
  return {.name = "ansible_" + std::move(name), .args = std::move(args)};
}

const Story::Chapter Story::kChapters[] = {
    {14, &Story::delegate},
    {6, &Story::delegate_by_capability},
    {14, &Story::claim},
    {9, &Story::update},
    {5, &Story::fail},
    {8, &Story::complete},
    {4, &Story::release_or_cancel},
    {5, &Story::approve},
    {8, &Story::risky_work},
    {3, &Story::register_agent},
    {3, &Story::switch_agent},
    {7, &Story::send},
    {5, &Story::read_or_mark},
    {6, &Story::sla_sweep},
    {2, &Story::set_policy},
    {6, &Story::publish},
    {2, &Story::withdraw},
    {1, &Story::rest_owner},
    {3, &Story::distribution},
    {4, &Story::coordinate},
    {2, &Story::import_task},
    {4, &Story::invite_people},
    {4, &Story::use_token},
    {2, &Story::move_people},
    {2, &Story::welcome_visitor},
    {5, &Story::admit_nodes},
    {3, &Story::set_sink},
    {12, &Story::drain_outbox},
    {4, &Story::fetch},
    {3, &Story::dead_letters},
    {3, &Story::look},
    {10, &Story::sweep},
    {7, &Story::repeat},
    {2, &Story::contradict},
    {4, &Story::nonsense},
};

// What the reply makes possible for a short time only.
void Story::follow_up(const Step& step, const Answer& answer) {
  const bool visitor =
      step.name == "ansible_register_agent" && step.args.at("agent_id") == "visitor";
  if (visitor && soon_.empty()) {
    soon_ = {&Story::work_of_visitor, &Story::work_of_visitor, &Story::purge_visitor};
  }
  if (step.name == "ansible_invite_agent") soon_ = {&Story::accept_invite};
  if (step.name == "ansible_invite_node") {
    soon_ = {&Story::exchange_invite, &Story::come_with_ticket};
  }
  if (requires_risky(step)) {
    soon_ = {&Story::approve, &Story::risky_work, &Story::risky_work, &Story::risky_work};
  }
  const json::value* canary = answer.reply.if_contains("canary");
  if (step.name != "ansible_capability_publish" || canary == nullptr) return;
  canary_ = answer.reply.at("capability").at("capabilityId").as_string();
  canary_tasks_.clear();
  soon_.assign(7, &Story::canary_work);
  soon_.push_back(&Story::judge_canary);
}

Step Story::next() {
  if (!soon_.empty() && chance(60)) {
    const Maker make = soon_.front();
    soon_.erase(soon_.begin());
    return (this->*make)();
  }
  unsigned total = 0;
  for (const Chapter& chapter : kChapters) total += chapter.weight;
  auto left = static_cast<unsigned>(number(total));
  const auto* chosen = std::begin(kChapters);
  while (left >= chosen->weight) left -= chosen++->weight;
  Step step = (this->*chosen->make)();
  // Mostly seconds, now and then most of an hour, rarely days: windows pass, retries come due, closed tasks grow old.
  step.after_ms = static_cast<std::int64_t>(chance(10) ? number(3'600'000) : number(20'000));
  if (chance(1)) step.after_ms = static_cast<std::int64_t>(number(4 * 86'400'000));
  return step;
}

void Story::learn(const Step& step, const Answer& answer) {
  if (answer.refused()) return;
  remember(tasks_, answer.reply, "taskId");
  remember(messages_, answer.reply, "messageId");
  if (requires_risky(step)) remember(risky_, answer.reply, "taskId");
  if (!canary_.empty() && requires_it(step, canary_)) {
    remember(canary_tasks_, answer.reply, "taskId");
  }
  remember(step.name == "ansible_invite_node" ? node_invites_ : invites_, answer.reply,
           "invite_token");
  remember(tokens_, answer.reply, "agent_token");
  remember(tickets_, answer.reply, "ticket");
  remember_all(deliveries_, answer.reply, "deliveries");
  remember_all(events_, answer.reply, "events");
  remember_all(letters_, answer.reply, "deadLetters");
  follow_up(step, answer);
  if (step.args.contains("idempotency_key") && !answer.reply.contains("idempotent")) {
    keyed_.push_back(step);
    if (keyed_.size() > kRemembered) keyed_.erase(keyed_.begin());
  }
}

std::string Story::agent() {
  static const std::vector<std::string> kAgents = {"architect", "node-a", "ann",   "bob",
                                                   "cleo",      "dora",   "ext-1", "ext-2"};
  return one_of(kAgents);
}

std::string Story::task() {
  if (tasks_.empty()) return "00000000";
  const std::string& id = one_of(tasks_);
  return chance(20) ? id.substr(0, 8) : id;
}

void Story::maybe_key(json::object& args) {
  if (chance(60)) args["idempotency_key"] = "key-" + std::to_string(++keys_);
}

Step Story::delegate() {
  json::object args{{"title", "task " + std::to_string(number(1000))},
                    {"description", "what a task says"},
                    {"assignedTo", agent()}};
  if (chance(30)) args["to_agents"] = json::array{agent(), agent()};
  if (chance(50)) args["from_agent"] = agent();
  if (chance(40)) {
    args["sla"] = {{"acceptSlaSeconds", 1 + number(600)}, {"progressSlaSeconds", 1 + number(900)}};
  }
  if (chance(20)) args["priority"] = chance(50) ? "high" : "low";
  if (chance(20)) args["claimLeaseSeconds"] = 10 + number(600);
  if (chance(10)) args["requires"] = json::array{capability()};
  maybe_key(args);
  return tool("delegate_task", std::move(args));
}

Step Story::delegate_by_capability() {
  json::object args{{"title", "routed " + std::to_string(number(1000))},
                    {"description", "whoever can"},
                    {"requires", json::array{capability()}}};
  if (chance(20)) args["requires"].as_array().emplace_back(capability());
  if (chance(50)) args["from_agent"] = agent();
  maybe_key(args);
  return tool("delegate_task", std::move(args));
}

Step Story::claim() {
  json::object args{{"taskId", task()}, {"etaSeconds", 60 + number(1000)}};
  if (chance(80)) args["agentId"] = agent();
  if (chance(10)) args["requested_version"] = version();
  maybe_key(args);
  return tool("claim_task", std::move(args));
}

Step Story::update() {
  json::object args{{"taskId", task()}, {"status", "in_progress"}, {"notify", chance(30)}};
  if (chance(80)) args["agentId"] = agent();
  if (chance(50)) args["note"] = "going on";
  maybe_key(args);
  return tool("update_task", std::move(args));
}

Step Story::fail() {
  json::object args{{"taskId", task()}, {"status", "failed"}, {"note", "it broke"}};
  if (chance(80)) args["agentId"] = agent();
  if (chance(60)) args["retryable"] = true;
  maybe_key(args);
  return tool("update_task", std::move(args));
}

Step Story::complete() {
  json::object args{{"taskId", task()}, {"result", "done"}};
  if (chance(80)) args["agentId"] = agent();
  maybe_key(args);
  return tool("complete_task", std::move(args));
}

Step Story::release_or_cancel() {
  json::object args{{"taskId", task()}};
  if (chance(60)) args["agentId"] = agent();
  maybe_key(args);
  if (chance(60)) return tool("release_task", std::move(args));
  args["reason"] = "no longer wanted";
  return tool("cancel_task", std::move(args));
}

Step Story::register_agent() {
  const std::string id = agent();
  return tool("register_agent",
              {{"agent_id", id}, {"type", id.starts_with("ext") ? "external" : "internal"}});
}

Step Story::switch_agent() {
  if (chance(70)) return tool("enable_agent", {{"agent_id", agent()}});
  return tool("disable_agent", {{"agent_id", agent()}, {"reason", "resting"}});
}

Step Story::send() {
  json::object args{{"content", "hello " + std::to_string(number(1000))}};
  if (chance(80)) args["to"] = chance(50) ? agent() : agent() + "," + agent();
  if (chance(60)) args["from_agent"] = agent();
  return tool("send_message", std::move(args));
}

Step Story::read_or_mark() {
  json::object args{{"agent", agent()}};
  if (chance(40)) return tool("read_messages", std::move(args));
  if (chance(50) && !messages_.empty()) args["messageIds"] = json::array{one_of(messages_)};
  return tool("mark_read", std::move(args));
}

Step Story::sla_sweep() {
  json::object args{{"max_messages", number(6)}, {"record_only", chance(30)}};
  if (chance(20)) args["dry_run"] = true;
  if (chance(30)) args["limit"] = 1 + number(5);
  return tool("sla_sweep", std::move(args));
}

Step Story::set_policy() {
  if (chance(50)) {
    return tool("set_backpressure_policy",
                {{"max_concurrent", 1 + number(8)}, {"max_queue_depth", 3 + number(20)}});
  }
  return tool("set_sla_policy", {{"record_only", chance(50)}, {"max_messages", number(5)}});
}

Step Story::coordinate() {
  switch (number(6)) {
    case 0:
      return tool("set_retention", {{"closedTaskRetentionDays", 1 + number(3)},
                                    {"pruneEveryHours", 1 + number(30)}});
    case 1:
      return tool("advertise_skills", {{"skills", {"do", "skill-" + std::to_string(number(4))}},
                                       {"from_agent", agent()}});
    case 2:
      return tool("update_context", {{"currentFocus", chance(70) ? "something" : ""},
                                     {"addThread", {{"summary", "a thread"}}},
                                     {"from_agent", agent()}});
    case 3:
      return tool("set_delegation_policy", {{"version", std::to_string(number(5))},
                                            {"policyMarkdown", std::to_string(number(5))}});
    case 4:
      return tool("ack_delegation_policy", {{"from_agent", agent()}});
    default: {
      json::object args{{"skillName", "cook"}, {"assignedTo", agent()}, {"spec", "how"}};
      maybe_key(args);
      return tool("create_skill_task", std::move(args));
    }
  }
}

Step Story::import_task() {
  static const std::vector<std::string> kStatuses = {"pending",   "claimed", "in_progress",
                                                     "completed", "failed",  "resting"};
  const std::string& status = one_of(kStatuses);
  json::object task{{"title", "from before"},
                    {"description", "what it said"},
                    {"status", status},
                    {"createdBy_agent", agent()},
                    {"createdAt", 1'700'000'000'000 + number(100'000)},
                    {"assignedTo_agent", agent()}};
  if (status != "pending") task["claimedBy_agent"] = json::value(task.at("assignedTo_agent"));
  if (chance(40)) {
    const json::object sla{{"acceptByAt", 1'700'000'200'000}, {"progressByAt", 1'700'000'300'000}};
    task["metadata"] = json::object{{"ansible", {{"sla", sla}}}};
  }
  const std::string id = "old-" + std::to_string(number(200));
  json::object args{{"section", "tasks"}, {"items", {{{"key", id}, {"value", std::move(task)}}}}};
  if (chance(20)) args["dry_run"] = true;
  tasks_.push_back(id);
  return tool("import", std::move(args));
}

Step Story::sweep() {
  const auto sweeps = ansible::all_sweeps();
  return {.kind = gateway::Request::Kind::kSweep,
          .name = std::string(sweeps[number(sweeps.size())].name),
          .caller = GW_CALLER_HOST};
}

Step Story::repeat() { return keyed_.empty() ? delegate() : one_of(keyed_); }

Step Story::contradict() {
  if (keyed_.empty()) return delegate();
  Step step = one_of(keyed_);
  step.args["note"] = "other words";
  step.args["description"] = "other words";
  step.args["result"] = "other words";
  return step;
}

// Any tool with arguments that fit nothing.
Step Story::nonsense() {
  const auto tools = ansible::all_tools();
  const ansible::Tool& any = tools[number(tools.size())];
  json::object args;
  for (const ansible::Param& param : any.params) {
    switch (number(5)) {
      case 0:
        args[param.name] = -1;
        break;
      case 1:
        args[param.name] = "../" + std::string(number(40), 'x');
        break;
      case 2:
        args[param.name] = nullptr;
        break;
      case 3:
        args[param.name] = json::array{1, "two", json::object{}};
        break;
      default:
        break;
    }
  }
  return {.name = std::string(any.name), .args = std::move(args)};
}

}  // namespace property
