#include "tasks/task_store.hpp"

#include <algorithm>
#include <array>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "tools/args.hpp"

namespace ansible {
namespace {

constexpr std::size_t kShownMatches = 8;

void write_document(Transaction& txn, const Task& task) {
  txn.put(key::task(task.id), json::canonical(to_json(task)));
}

// Every index entry that a task in this state has.
std::vector<std::string> index_keys(const Task& task) {
  const std::string_view status = to_text(task.status);
  const int rank = task.list_rank();
  std::vector<std::string> keys{key::task_time(task.created_at, task.id),
                                key::by_status(status, rank, task.updated_at, task.id)};
  for (const std::string& agent : task.assignees) {
    keys.push_back(key::by_assignee(agent, status, rank, task.updated_at, task.id));
  }
  const bool open = !terminal(task.status);
  if (const std::string& creator = task.created_by_agent; !creator.empty()) {  // dumps may lack it
    keys.push_back(key::by_creator(creator, open, task.id));
  }
  if (!open && task.claimed_by_agent && !task.assigned_to(*task.claimed_by_agent)) {
    keys.push_back(key::by_claimer(*task.claimed_by_agent, task.id));
  }
  if (task.distribution && open) {
    const Distributed& of = *task.distribution;
    keys.push_back(key::distribution_open(of.capability_id, of.version, task.id));
  }
  if (held(task.status) && task.claimed_by_agent) {
    keys.push_back(key::held(*task.claimed_by_agent, task.id));
  }
  if (task.lease_expires_at) keys.push_back(key::lease(*task.lease_expires_at, task.id));
  if (const auto until = task.rests_until()) keys.push_back(key::retry(*until, task.id));
  return keys;
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

void move_index(Transaction& txn, const std::vector<std::string>& before,
                const std::vector<std::string>& after) {
  for (const std::string& old : before) {
    if (!contains(after, old)) txn.erase(old);
  }
  for (const std::string& now : after) {
    if (!contains(before, now)) txn.put(now, "");
  }
}

using LoadChanges = std::map<std::string, AgentLoad>;

// Adds what `task` contributes to its agents' loads, `sign` times. Distribution tasks wait outside the queue (CAP-14).
void add_load(LoadChanges& changes, const Task& task, std::int64_t sign) {
  const bool queued = task.status == TaskStatus::kPending && !task.distribution;
  for (const std::string& agent : task.assignees) {
    AgentLoad& load = changes[agent];
    load.assigned[std::string(to_text(task.status))] += sign;
    if (queued) load.pending += sign;
  }
  if (held(task.status) && task.claimed_by_agent) changes[*task.claimed_by_agent].held += sign;
}

json::object nonzero(const std::map<std::string, std::int64_t>& counts) {
  json::object out;
  for (const auto& [name, count] : counts) {
    if (count != 0) out[name] = count;
  }
  return out;
}

void apply_load(Transaction& txn, const LoadChanges& changes) {
  for (const auto& [agent, change] : changes) {
    if (change.pending == 0 && change.held == 0 && nonzero(change.assigned).empty()) continue;
    AgentLoad load = agent_load(txn, agent);
    load.pending += change.pending;
    load.held += change.held;
    for (const auto& [status, count] : change.assigned) load.assigned[status] += count;
    json::object assigned = nonzero(load.assigned);
    if (load.pending == 0 && load.held == 0 && assigned.empty()) {
      txn.erase(key::agent_load(agent));
    } else {
      txn.put(
          key::agent_load(agent),
          json::canonical(json::object{
              {"pending", load.pending}, {"held", load.held}, {"assigned", std::move(assigned)}}));
    }
  }
}

std::map<std::string, std::int64_t> read_counts(const json::object& from) {
  std::map<std::string, std::int64_t> counts;
  for (const auto& member : from) {
    if (member.value().is_int64()) counts[std::string(member.key())] = member.value().get_int64();
  }
  return counts;
}

void save_counts(Transaction& txn, const TaskCounts& counts) {
  txn.put(key::kTaskCount, json::canonical(json::object{{"total", counts.total},
                                                        {"byStatus", nonzero(counts.by_status)}}));
}

}  // namespace

std::optional<Task> load_task_at(Transaction& txn, std::string_view task_key) {
  const auto stored = txn.get(task_key);
  if (!stored) return std::nullopt;
  return task_from_json(parse_document(task_key, *stored));
}

std::optional<Task> load_task(Transaction& txn, std::string_view id) {
  return load_task_at(txn, key::task(id));
}

Result<Task> find_task_by_id(Transaction& txn, std::string_view id_or_prefix) {
  const std::string wanted = trimmed(id_or_prefix);
  if (wanted.empty()) {
    return Error{code::kInvalidArgument,
                 "taskId: expected a task id or the beginning of one, got nothing",
                 {{"pointer", "/taskId"}, {"expected", "task id"}, {"got", "\"\""}}};
  }
  if (auto exact = load_task(txn, wanted)) return std::move(*exact);
  const std::string first = key::task(wanted);
  std::vector<std::string> keys;
  txn.scan(first, prefix_end(first), {.limit = kShownMatches + 1},
           [&](std::string_view found, std::string_view) {
             keys.emplace_back(found);
             return true;
           });
  if (keys.size() == 1) return *load_task_at(txn, keys.front());
  if (keys.empty()) {
    return Error{code::kNotFound,
                 "no task has the id " + brief(json::value(wanted)) +
                     " or one beginning with it; ansible_find_task lists tasks",
                 {{"taskId", wanted}}};
  }
  std::vector<std::string> matches;
  for (const std::string& found : keys) matches.push_back(key::last_part(found));
  const bool more = matches.size() > kShownMatches;
  if (more) matches.resize(kShownMatches);
  return Error{code::kAmbiguousId,
               "several tasks begin with " + brief(json::value(wanted)) + ": " + listed(matches) +
                   (more ? ", ..." : "") + "; give more characters of the id",
               {{"matches", to_array(matches)}, {"more", more}}};
}

void insert_task(Transaction& txn, const Task& task) {
  write_document(txn, task);
  move_index(txn, {}, index_keys(task));
  LoadChanges load;
  add_load(load, task, 1);
  apply_load(txn, load);
  TaskCounts counts = task_counts(txn);
  ++counts.total;
  ++counts.by_status[std::string(to_text(task.status))];
  save_counts(txn, counts);
}

void update_task(Transaction& txn, const Task& before, const Task& after) {
  write_document(txn, after);
  move_index(txn, index_keys(before), index_keys(after));
  LoadChanges load;
  add_load(load, before, -1);
  add_load(load, after, 1);
  apply_load(txn, load);
  if (before.status == after.status) return;
  TaskCounts counts = task_counts(txn);
  --counts.by_status[std::string(to_text(before.status))];
  ++counts.by_status[std::string(to_text(after.status))];
  save_counts(txn, counts);
}

void remove_task(Transaction& txn, const Task& task) {
  txn.erase(key::task(task.id));
  txn.erase(key::task_sla(task.id));
  move_index(txn, index_keys(task), {});
  LoadChanges load;
  add_load(load, task, -1);
  apply_load(txn, load);
  TaskCounts counts = task_counts(txn);
  --counts.total;
  --counts.by_status[std::string(to_text(task.status))];
  save_counts(txn, counts);
}

TaskCounts task_counts(Transaction& txn) {
  TaskCounts counts;
  const auto stored = txn.get(key::kTaskCount);
  if (!stored) return counts;
  const json::object document = parse_document(key::kTaskCount, *stored);
  counts.total = int_field(document, "total").value_or(0);
  counts.by_status = read_counts(object_field(document, "byStatus"));
  return counts;
}

AgentLoad agent_load(Transaction& txn, std::string_view agent) {
  const std::string at = key::agent_load(agent);
  const auto stored = txn.get(at);
  if (!stored) return {};
  const json::object document = parse_document(at, *stored);
  return {.pending = int_field(document, "pending").value_or(0),
          .held = int_field(document, "held").value_or(0),
          .assigned = read_counts(object_field(document, "assigned"))};
}

}  // namespace ansible
