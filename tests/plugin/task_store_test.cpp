#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "plugin/support/tasks.hpp"
#include "records/task.hpp"
#include "tasks/task_store.hpp"

using namespace ansible_test;
namespace key = ansible::key;

namespace {

using Keys = std::set<std::string>;

Keys keys_with(const Store& store, std::string_view prefix) {
  Keys out;
  for (const auto& [key, value] : store) {
    if (key.starts_with(prefix)) out.insert(key);
  }
  return out;
}

std::vector<ansible::Task> all_tasks(const Store& store) {
  std::vector<ansible::Task> out;
  for (const std::string& key : keys_with(store, "task/")) {
    out.push_back(ansible::task_from_json(ansible::parse_document(key, store.at(key))));
  }
  return out;
}

// Everything that can be computed from the documents, computed from them and compared.
void check_consistency(const Store& store) {
  Keys time_index;
  Keys status_index;
  Keys assignee_index;
  Keys creator_index;
  Keys leases;
  std::map<std::string, std::int64_t> counts;
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> loads;
  std::map<std::string, std::map<std::string, std::int64_t>> assigned;
  const auto tasks = all_tasks(store);
  for (const ansible::Task& task : tasks) {
    const std::string status(to_text(task.status));
    ++counts[status];
    time_index.insert(key::task_time(task.created_at, task.id));
    status_index.insert(key::by_status(status, task.list_rank(), task.updated_at, task.id));
    for (const std::string& agent : task.assignees) {
      assignee_index.insert(
          key::by_assignee(agent, status, task.list_rank(), task.updated_at, task.id));
      if (status == "pending") ++loads[agent].first;
      ++assigned[agent][status];
    }
    REQUIRE_FALSE(task.created_by_agent.empty());
    creator_index.insert(key::by_creator(task.created_by_agent, !terminal(task.status), task.id));
    if (held(task.status)) ++loads[task.claimed_by_agent.value()].second;
    CHECK(held(task.status) == (task.claimed_by_agent && !terminal(task.status)));
    if (task.lease_expires_at) leases.insert(key::lease(*task.lease_expires_at, task.id));
    CHECK(keys_with(store, "audit/" + task.id + "/").size() == task.audit_seq);
    CHECK(task.updates.size() == std::min<std::size_t>(50, task.audit_seq - 1));
  }
  CHECK(keys_with(store, "task-time/") == time_index);
  CHECK(keys_with(store, "by-status/") == status_index);
  CHECK(keys_with(store, "by-assignee/") == assignee_index);
  CHECK(keys_with(store, "by-creator/") == creator_index);
  CHECK(keys_with(store, "by-claimer/").empty());  // nobody takes what is others' to do
  CHECK(keys_with(store, "lease/") == leases);
  CHECK(keys_with(store, "audit/").size() == keys_with(store, "audit-time/").size());

  Store copy = store;
  MapTransaction txn(copy, 1, 0);
  const ansible::TaskCounts stored = ansible::task_counts(txn);
  CHECK(stored.total == static_cast<std::int64_t>(tasks.size()));
  CHECK(stored.by_status == counts);
  Keys load_keys;
  for (const auto& [agent, counted] : assigned) {
    CHECK(ansible::agent_load(txn, agent).assigned == counted);
    load_keys.insert(key::agent_load(agent));
  }
  for (const auto& [agent, load] : loads) {
    const ansible::AgentLoad found = ansible::agent_load(txn, agent);
    CHECK(found.pending == load.first);
    CHECK(found.held == load.second);
    if (load.first != 0 || load.second != 0) load_keys.insert(key::agent_load(agent));
  }
  CHECK(keys_with(store, "agent-load/") == load_keys);
}

// Calls anything, as anybody, on any task.
class Monkey {
 public:
  Monkey(World& world, std::uint64_t seed, std::map<std::string, int>& codes)
      : codes_(codes), world_(world), random_(seed) {}

  void act() {
    world_.advance_ms(pick(4) * 700);
    if (tasks_.size() < 5 || pick(8) == 0) return create();
    if (pick(25) == 0) return static_cast<void>(world_.sweep("leases"));
    const std::string& task = tasks_[pick(tasks_.size())];
    const std::string agent = kAgents[pick(kAgents.size())];
    json::object args{{"taskId", task}};
    if (pick(10) != 0) args["agentId"] = agent;
    if (pick(3) == 0) args["idempotency_key"] = "k" + std::to_string(pick(3));
    static constexpr std::array<std::string_view, 5> kTools = {
        "ansible_claim_task", "ansible_update_task", "ansible_complete_task",
        "ansible_release_task", "ansible_cancel_task"};
    const std::size_t tool = std::min<std::size_t>(pick(9) / 2, 4);
    fill(tool, args);
    const json::object reply = world_.call(kTools[tool], args);
    ++codes_[std::string(kTools[tool]) + ' ' + code_of(reply)];
  }

 private:
  static constexpr std::array<const char*, 4> kAgents = {"bob", "carol", "dave", "admin"};

  std::size_t pick(std::size_t n) { return random_() % n; }

  void create() {
    json::object args{{"title", "t"}, {"description", "d"}, {"assignedTo", kAgents[pick(3)]}};
    if (pick(3) == 0) args["to_agents"] = {kAgents[pick(3)], kAgents[pick(3)]};
    if (pick(3) == 0) args["claimLeaseSeconds"] = 2;
    if (pick(4) == 0) args["idempotency_key"] = "d" + std::to_string(pick(5));
    const json::object reply = world_.call("ansible_delegate_task", args);
    if (code_of(reply) == "ok") tasks_.push_back(text_of(reply, "taskId"));
  }

  void fill(std::size_t tool, json::object& args) {
    if (tool == 0) args["etaSeconds"] = 60 + pick(2);
    if (tool == 1) args["status"] = pick(3) == 0 ? "failed" : "in_progress";
    if (tool == 1) args["note"] = "n" + std::to_string(pick(3));
    if (tool == 1 && args.at("status").as_string() == "failed") args["retryable"] = pick(2) == 0;
    if (tool == 2) args["result"] = "r" + std::to_string(pick(2));
    if (tool == 4) args["reason"] = "why";
  }

  std::map<std::string, int>& codes_;  // how often each tool ended how
  World& world_;
  std::mt19937_64 random_;
  std::vector<std::string> tasks_;
};

// Stores a bare task under an id of the test's choice.
void put_task(World& world, std::string_view id) {
  MapTransaction txn(world.store, 1, 0);
  ansible::Task task;
  task.id = std::string(id);
  task.title = "T " + task.id;
  ansible::insert_task(txn, task);
  txn.commit();
}

}  // namespace

TEST_CASE("counters equal recounts and indexes equal full scans after thousands of random calls") {
  std::map<std::string, int> codes;
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    CAPTURE(seed);
    World world;
    for (const char* agent : {"bob", "carol", "dave"}) world.agent(agent);
    Monkey monkey(world, seed, codes);
    for (int round = 0; round < 10; ++round) {
      for (int i = 0; i < 150; ++i) monkey.act();
      check_consistency(world.store);
    }
  }
  for (const std::string seen :
       {"ansible_claim_task ok", "ansible_claim_task not_assignee",
        "ansible_claim_task invalid_transition", "ansible_claim_task idempotency_conflict",
        "ansible_claim_task overloaded", "ansible_update_task ok",
        "ansible_update_task not_claimer", "ansible_update_task invalid_transition",
        "ansible_complete_task ok", "ansible_release_task ok", "ansible_cancel_task ok",
        "ansible_cancel_task not_authorized"}) {
    CAPTURE(seen);
    CHECK(codes[seen] > 0);
  }
}

TEST_CASE("ARG-4: an unambiguous beginning of an id finds the task") {
  World world;
  for (const char* id : {"abcd1111", "abcd2222", "ef", "efgh"}) put_task(world, id);
  const auto find = [&](std::string_view text) {
    return world.call("ansible_task_timeline", {{"taskId", text}});
  };
  const auto id_of = [](const json::object& reply) {
    return text_of(reply.at("task").as_object(), "id");
  };
  CHECK(id_of(find("abcd1")) == "abcd1111");
  CHECK(id_of(find(" abcd1111 ")) == "abcd1111");
  CHECK(id_of(find("ef")) == "ef");  // the exact id wins
  CHECK(id_of(find("efg")) == "efgh");
  CHECK(code_of(find("zz")) == "not_found");
  CHECK(code_of(find("abcd11112")) == "not_found");
  CHECK(code_of(find("")) == "invalid_argument");
  CHECK(code_of(find("  ")) == "invalid_argument");
  CHECK(code_of(find("a/../b")) == "not_found");
  const json::object several = find("abcd");
  CHECK(code_of(several) == "ambiguous_id");
  CHECK(json::canonical(several.at("matches")) == R"(["abcd1111","abcd2222"])");
  CHECK_FALSE(several.at("more").as_bool());
}

TEST_CASE("reference 2.1: an ambiguous id lists at most eight tasks and says that there are more") {
  World world;
  for (int i = 0; i < 9; ++i) put_task(world, "abc" + std::to_string(i));
  const json::object reply = world.call("ansible_task_timeline", {{"taskId", "abc"}});
  CHECK(reply.at("matches").as_array().size() == 8);
  CHECK(reply.at("more").as_bool());
  CHECK(text_of(reply, "error").find("abc7, ...") != std::string::npos);
}

TEST_CASE("imported tasks with odd or long ids are stored, found and listed") {
  World world;
  const std::string odd = "a b/c%ü";
  const std::string longest(150, 'x');
  put_task(world, odd);
  put_task(world, longest);
  CHECK(code_of(world.call("ansible_task_timeline", {{"taskId", odd}})) == "ok");
  CHECK(code_of(world.call("ansible_task_timeline", {{"taskId", longest}})) == "ok");
  CHECK(world.ok("ansible_find_task", {}).at("matches").as_array().size() == 2);
  check_consistency([&] {
    Store store = world.store;
    std::erase_if(store, [](const auto& entry) { return !entry.first.starts_with("x"); });
    return store;
  }());
}

TEST_CASE("the cost of a verb does not grow with the number of tasks") {
  const auto costs = [](int others) {
    World world;
    world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
    world.agent("bob");
    for (int a = 0; a < 10; ++a) world.agent("other" + std::to_string(a));
    for (int i = 0; i < others; ++i) delegate(world, "other" + std::to_string(i % 10));
    std::vector<std::size_t> reads;
    const auto note = [&](const json::object& reply) {
      REQUIRE(code_of(reply) == "ok");
      reads.push_back(world.keys_read);
    };
    const std::string task = delegate(world, "bob");
    reads.push_back(world.keys_read);
    note(claim(world, task, "bob"));
    note(update(world, task, "bob"));
    note(on_task(world, "ansible_release_task", task, "bob"));
    note(claim(world, task.substr(0, 12), "bob", {{"etaSeconds", 5}}));
    note(complete(world, task, "bob"));
    note(world.call("ansible_cancel_task", {{"taskId", delegate(world, "bob")}, {"reason", "x"}}));
    note(world.call("ansible_task_timeline", {{"taskId", task}}));
    return reads;
  };
  const auto few = costs(10);
  CHECK(few == costs(2'000));
  for (const std::size_t reads : few) CHECK(reads < 40);
}
