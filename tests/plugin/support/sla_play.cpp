#include "plugin/support/sla_play.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/fields.hpp"
#include "sla/sla_book.hpp"
#include "tasks/task_store.hpp"

namespace ansible_test {
namespace {

constexpr Pace kPaces[] = {
    {"all in one step", 0, 0, false},
    {"one act per step", 1, 0, false},
    {"two acts per step", 2, 0, false},
    {"64 acts per step", 64, 0, false},
    {"one act per step, killed between all steps", 1, 1, true},
    {"two acts per step, killed between all steps", 2, 1, true},
    {"64 acts per step, killed between all steps", 64, 1, true},
    {"one act per step, killed after 2", 1, 2, false},
    {"one act per step, killed after 3", 1, 3, false},
    {"one act per step, killed after 5", 1, 5, false},
    {"one act per step, killed after 8", 1, 8, false},
    {"one act per step, killed after 13", 1, 13, false},
    {"two acts per step, killed after 3", 2, 3, false},
};

bool dry(const json::object& args) { return ansible::bool_field(args, "dry_run").value_or(false); }

std::string told(const json::object& metadata) {
  const auto title_of = [](const json::value& breach) {
    return ansible::text_field(breach.as_object(), "title").value_or("?");
  };
  if (text(metadata, "kind") != "sla_digest") {
    return text(metadata, "breachType") + ':' + text(metadata, "status");
  }
  std::string out = "digest(" + std::to_string(number(metadata, "total")) + "):";
  for (const json::value& breach : metadata.at("breaches").as_array()) {
    if (out.back() != ':') out += ',';
    out += title_of(breach);
  }
  return out;
}

std::string dump(const Store& store) {
  std::string out;
  for (const auto& [key, value] : store) out += key + " = " + value + '\n';
  return out;
}

}  // namespace

json::object Play::run(std::string_view tool, const json::object& args, bool automatic) {
  const std::int64_t before = world.now_ms;
  world.reseed(++sweeps_ * 10'000);
  world.yield_every = pace_.acts_per_step;
  const auto killed = [&] {
    const bool ended = automatic ? world.sweep_and_kill(tool, pace_.kill_after)
                                 : world.call_and_kill(tool, args, pace_.kill_after);
    if (!ended) ++kills;
    world.advance_ms(1'000);  // a resumed run keeps its own now
    return !ended;
  };
  bool ended = false;
  if (pace_.kill_after != 0) {
    // A dry run leaves no trace to resume from: one kill is all it can take.
    do {
      ended = !killed();
    } while (!ended && pace_.kill_again && !dry(args));
  }
  if (!ended) {
    if (dry(args)) world.now_ms = before;
    automatic ? world.sweep(tool) : world.call(tool, args);
  }
  world.now_ms = before;
  world.yield_every = 0;
  world.reseed(sweeps_ * 10'000 + 5'000);
  transcript.push_back(json::canonical(world.last_reply));
  return world.last_reply;
}

json::object Play::sweep(const json::object& args) {
  json::object reply = run("ansible_sla_sweep", args, false);
  INFO(json::canonical(reply));
  REQUIRE_FALSE(reply.contains("error"));
  return reply;
}

json::object Play::tick() { return run("sla", {}, true); }

std::string Play::task(std::string_view creator, std::string_view assignee, const json::object& sla,
                       const json::object& more) {
  json::object args{{"title", "job"}, {"description", "d"}, {"assignedTo", assignee}, {"sla", sla}};
  if (!creator.empty()) args["from_agent"] = creator;
  for (const auto& member : more) args[member.key()] = member.value();
  return text(world.ok("ansible_delegate_task", args), "taskId");
}

void Play::many_tasks(int count, std::string_view creator, const std::function<int(int)>& seconds) {
  MapTransaction txn(world.store, 1, 0);
  ansible::Context context{.txn = txn, .config = world.config, .now_ms = world.now_ms};
  context.node.id = world.node_id;
  for (int i = 0; i < count; ++i) {
    ansible::Task task;
    task.id = "task-" + std::to_string(100'000 + i);
    task.title = std::to_string(i);
    task.created_by_agent = creator;
    task.created_at = task.updated_at = world.now_ms;
    task.sla_seconds.accept = seconds(i);
    ansible::insert_task(txn, task);
    ansible::sla_opened(context, task);
  }
  txn.commit();
}

void Play::claim(const std::string& task, std::string_view agent) {
  world.ok("ansible_claim_task", {{"taskId", task}, {"agentId", agent}, {"etaSeconds", 900}});
}
void Play::progress(const std::string& task, std::string_view agent) {
  world.ok("ansible_update_task",
           {{"taskId", task}, {"agentId", agent}, {"status", "in_progress"}});
}
void Play::complete(const std::string& task, std::string_view agent) {
  world.ok("ansible_complete_task", {{"taskId", task}, {"agentId", agent}, {"result", "done"}});
}
void Play::release(const std::string& task, std::string_view agent) {
  world.ok("ansible_release_task", {{"taskId", task}, {"agentId", agent}});
}
void Play::disable(std::string_view agent) {
  world.ok("ansible_disable_agent", {{"agent_id", agent}, {"reason", "test"}});
}

ansible::SlaRecord Play::sla(const std::string& task) {
  MapTransaction txn(world.store, 1, 0);
  return ansible::load_sla(txn, task).value_or(ansible::SlaRecord{});
}

std::string Play::outcome(const std::string& task, ansible::Window window) {
  const ansible::SlaRecord record = sla(task);
  if (!record[window].outcome) return "";
  const ansible::BreachOutcome& outcome = *record[window].outcome;
  std::string out = outcome.reason;
  for (const std::string& agent : outcome.notified_agents) {
    out += (&agent == &outcome.notified_agents.front() ? ':' : ',') + agent;
  }
  return out + (outcome.resolved_before_notice ? " resolved" : "");
}

std::vector<std::string> Play::notices(std::string_view agent) const {
  std::vector<std::pair<std::int64_t, std::string>> found;
  for (auto it = world.store.lower_bound("message/"); it != world.store.lower_bound("message0");
       ++it) {
    const json::object message = ansible::parse_document(it->first, it->second);
    if (ansible::text_field(message, "intent") != "task_sla_breached") continue;
    const auto to = ansible::texts_field(message, "to_agents");
    REQUIRE(to.size() == 1);
    CHECK(text(message, "from_agent") == world.node_id);
    if (!agent.empty() && to.front() != agent) continue;
    found.emplace_back(number(message, "timestamp"), told(message.at("metadata").as_object()));
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [at, what] : found) out.push_back(std::move(what));
  return out;
}

std::size_t Play::notice_count() const { return notices("").size(); }

std::size_t Play::held_rows() const {
  return static_cast<std::size_t>(
      std::distance(world.store.lower_bound("sla-held/"), world.store.lower_bound("sla-held0")));
}

void at_every_pace(const std::function<void(Play&)>& story, std::string_view config) {
  std::vector<std::string> transcript;
  std::string store;
  std::size_t kills = 0;
  for (const Pace& pace : kPaces) {
    CAPTURE(pace.name);
    Play play(pace, config);
    story(play);
    kills += play.kills;
    for (const auto& [key, value] : play.world.store) {
      CHECK_FALSE(key.starts_with("sla-run/"));
      CHECK_FALSE(key.starts_with("sla-part/"));
    }
    if (&pace == &kPaces[0]) {
      REQUIRE_FALSE(play.transcript.empty());
      transcript = play.transcript;
      store = dump(play.world.store);
      continue;
    }
    CHECK(play.transcript == transcript);
    CHECK(dump(play.world.store) == store);
  }
  CHECK(kills > 0);
}

std::int64_t number(const json::object& from, std::string_view name) {
  return ansible::int_field(from, name).value_or(-1);
}

std::string text(const json::object& from, std::string_view name) {
  return ansible::text_field(from, name).value_or("");
}

std::vector<std::string> breaches(const json::object& reply) {
  std::vector<std::string> out;
  for (const json::value& item : reply.at("breaches").as_array()) {
    out.push_back(text(item.as_object(), "breachType") + ' ' + text(item.as_object(), "title"));
  }
  return out;
}

}  // namespace ansible_test
