// Tasks, their indexes and counters; SLA records and the due index.
#include <map>
#include <set>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "property/invariants.hpp"
#include "records/sla.hpp"
#include "records/task.hpp"
#include "sla/sla_book.hpp"

namespace property {
namespace {

using ansible::int_field;
using ansible::object_field;
namespace key = ansible::key;

std::vector<ansible::Task> all_tasks(const Mirror& mirror) {
  std::vector<ansible::Task> tasks;
  mirror.each("task/", [&](const std::string&, const Row& row) {
    tasks.push_back(ansible::task_from_json(row.document.as_object()));
  });
  return tasks;
}

// The keys under `prefix` must be exactly `wanted`.
void same_keys(const Mirror& mirror, std::string_view prefix, std::set<std::string> wanted,
               Problems& problems) {
  mirror.each(prefix, [&](const std::string& at, const Row&) {
    if (wanted.erase(at) == 0) problems.push_back("stray index entry " + at);
  });
  for (const std::string& missing : wanted) problems.push_back("missing index entry " + missing);
}

void check_counts(const Mirror& mirror, const std::vector<ansible::Task>& tasks,
                  Problems& problems) {
  std::map<std::string, std::int64_t> by_status;
  for (const ansible::Task& task : tasks) ++by_status[std::string(to_text(task.status))];
  const Row* row = mirror.find("task-count");
  const json::object counts = row == nullptr ? json::object{} : row->document.as_object();
  if (int_field(counts, "total").value_or(0) != static_cast<std::int64_t>(tasks.size())) {
    problems.push_back("task-count says " + json::canonical(counts) + " for " +
                       std::to_string(tasks.size()) + " tasks");
  }
  const json::object shown = object_field(counts, "byStatus");
  for (const std::string_view status :
       {"pending", "claimed", "in_progress", "completed", "failed"}) {
    if (int_field(shown, status).value_or(0) != by_status[std::string(status)]) {
      problems.push_back("task-count of " + std::string(status) + " is not " +
                         std::to_string(by_status[std::string(status)]));
    }
  }
}

// Distribution tasks stay outside the queue depth (CAP-14).
bool queued(const ansible::Task& task) { return task.intent != "skill_distribution"; }

struct Load {
  std::int64_t pending = 0;
  std::int64_t held = 0;
  std::map<std::string, std::int64_t> assigned;
};

json::object to_json(const Load& load) {
  json::object assigned;
  for (const auto& [status, count] : load.assigned) assigned[status] = count;
  return {{"pending", load.pending}, {"held", load.held}, {"assigned", std::move(assigned)}};
}

void check_loads(const Mirror& mirror, const std::vector<ansible::Task>& tasks,
                 Problems& problems) {
  std::map<std::string, Load> loads;
  for (const ansible::Task& task : tasks) {
    for (const std::string& agent : task.assignees) {
      Load& load = loads[key::agent_load(agent)];
      ++load.assigned[std::string(to_text(task.status))];
      if (task.status == ansible::TaskStatus::kPending && queued(task)) ++load.pending;
    }
    if (held(task.status) && task.claimed_by_agent) {
      ++loads[key::agent_load(*task.claimed_by_agent)].held;
    }
  }
  mirror.each("agent-load/", [&](const std::string& at, const Row& row) {
    const std::string recount = json::canonical(to_json(loads[at]));
    if (row.text != recount) {
      problems.push_back(at + " is " + row.text + ", a recount gives " + recount);
    }
    loads.erase(at);
  });
  for (const auto& [at, load] : loads) problems.push_back("missing " + at);
}

void check_indexes(const Mirror& mirror, const std::vector<ansible::Task>& tasks,
                   Problems& problems) {
  std::set<std::string> by_time;
  std::set<std::string> by_status;
  std::set<std::string> by_assignee;
  std::set<std::string> by_creator;
  std::set<std::string> by_claimer;
  std::set<std::string> leases;
  std::set<std::string> retries;
  std::set<std::string> holders;
  for (const ansible::Task& task : tasks) {
    const std::string_view status = to_text(task.status);
    const int rank = task.list_rank();
    by_time.insert(key::task_time(task.created_at, task.id));
    by_status.insert(key::by_status(status, rank, task.updated_at, task.id));
    for (const std::string& agent : task.assignees) {
      by_assignee.insert(key::by_assignee(agent, status, rank, task.updated_at, task.id));
    }
    const std::string& creator = task.created_by_agent;
    if (!creator.empty()) {
      by_creator.insert(key::by_creator(creator, !terminal(task.status), task.id));
    }
    const std::string claimer = task.claimed_by_agent.value_or("");
    if (terminal(task.status) && task.claimed_by_agent && !task.assigned_to(claimer)) {
      by_claimer.insert(key::by_claimer(claimer, task.id));
    }
    if (held(task.status) && task.claimed_by_agent) {
      holders.insert(key::held(*task.claimed_by_agent, task.id));
    }
    if (task.lease_expires_at) leases.insert(key::lease(*task.lease_expires_at, task.id));
    const auto not_before = int_field(task.retry, "notBeforeAt");
    if (task.status == ansible::TaskStatus::kPending && not_before) {
      retries.insert(key::retry(*not_before, task.id));
    }
  }
  same_keys(mirror, "task-time/", std::move(by_time), problems);
  same_keys(mirror, "by-status/", std::move(by_status), problems);
  same_keys(mirror, "by-assignee/", std::move(by_assignee), problems);
  same_keys(mirror, "by-creator/", std::move(by_creator), problems);
  same_keys(mirror, "by-claimer/", std::move(by_claimer), problems);
  same_keys(mirror, "held/", std::move(holders), problems);
  same_keys(mirror, "lease/", std::move(leases), problems);
  same_keys(mirror, "retry/", std::move(retries), problems);
}

// A held task has a holder, a pending one none.
void check_holders(const std::vector<ansible::Task>& tasks, Problems& problems) {
  for (const ansible::Task& task : tasks) {
    if (held(task.status) != task.claimed_by_agent.has_value() && !terminal(task.status)) {
      problems.push_back("task " + task.id + " is " + std::string(to_text(task.status)) +
                         " and its claimer is " + task.claimed_by_agent.value_or("nobody"));
    }
  }
}

// T-12, T-13: high-risk work is done after somebody else has approved it, and not after it was rejected.
void check_approvals(const std::vector<ansible::Task>& tasks, Problems& problems) {
  for (const ansible::Task& task : tasks) {
    if (task.approval.empty()) continue;
    const std::string state = ansible::text_field(task.approval, "state").value_or("");
    const std::string by = ansible::text_field(task.approval, "approvedByAgentId").value_or("");
    const bool done = held(task.status) || task.status == ansible::TaskStatus::kCompleted;
    const std::string worker = task.claimed_by_agent.value_or("");
    if (done && (state != "approved" || by == worker || by == "operator:" + worker)) {
      problems.push_back("task " + task.id + " is " + std::string(to_text(task.status)) + " by " +
                         worker + ", " + state + " by " + by);
    }
    if (state == "rejected" && task.status != ansible::TaskStatus::kFailed) {
      problems.push_back("task " + task.id + " was rejected and is " +
                         std::string(to_text(task.status)));
    }
  }
}

}  // namespace

void check_tasks(const Mirror& mirror, Problems& problems) {
  const std::vector<ansible::Task> tasks = all_tasks(mirror);
  check_counts(mirror, tasks, problems);
  check_loads(mirror, tasks, problems);
  check_indexes(mirror, tasks, problems);
  check_holders(tasks, problems);
  check_approvals(tasks, problems);
}

void check_sla(const Mirror& mirror, Problems& problems) {
  std::set<std::string> due;
  std::set<std::string> waiting;
  mirror.each("task-sla/", [&](const std::string& at, const Row& row) {
    const std::string id = key::last_part(at);
    const Row* task_row = mirror.find(key::task(id));
    if (task_row == nullptr) {
      problems.push_back(at + " without its task");
      return;
    }
    const auto task = ansible::task_from_json(task_row->document.as_object());
    const auto record = ansible::sla_from_json(row.document.as_object());
    for (const ansible::Window window : ansible::kWindows) {
      const ansible::WindowState& state = record[window];
      if (state.due_at && !state.escalated_at && window_applies(window, task.status)) {
        due.insert(key::due(*state.due_at, id, to_text(window)));
      }
      if (state.outcome && state.outcome->waiting()) {
        waiting.insert(key::sla_held(state.due_at.value_or(0), id, to_text(window)));
      }
    }
  });
  const Row* counts = mirror.find("sla-count");
  const std::int64_t counted =
      counts == nullptr ? 0 : int_field(counts->document.as_object(), "waiting").value_or(0);
  if (counted != static_cast<std::int64_t>(waiting.size())) {
    problems.push_back("sla-count says " + std::to_string(counted) + " waiting, there are " +
                       std::to_string(waiting.size()));
  }
  same_keys(mirror, "due/", std::move(due), problems);
  same_keys(mirror, "sla-held/", std::move(waiting), problems);
}

}  // namespace property
