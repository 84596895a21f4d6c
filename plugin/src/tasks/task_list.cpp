#include "tasks/task_list.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "tasks/task_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kLookAt = 1'000;
constexpr std::array<TaskStatus, 5> kStatuses = {TaskStatus::kPending, TaskStatus::kClaimed,
                                                 TaskStatus::kInProgress, TaskStatus::kCompleted,
                                                 TaskStatus::kFailed};

// What an index entry tells about a task.
struct Candidate {
  int rank;                // 0 first
  std::string updated;     // as in the key: byte order is time order
  std::string escaped_id;  // as in the key
};

int rank_of(std::string_view priority, TaskStatus status) {
  if (terminal(status)) return 1;
  if (priority == "high") return 0;
  return priority == "low" ? 2 : 1;
}

bool before(const Candidate& a, const Candidate& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  if (a.updated != b.updated) return a.updated > b.updated;
  return a.escaped_id < b.escaped_id;
}

// ".../<updated>/<task>"
Candidate from_index(std::string_view key, std::string_view priority, TaskStatus status) {
  const std::size_t id = key.rfind('/') + 1;
  const std::size_t updated = key.rfind('/', id - 2) + 1;
  return {rank_of(priority, status), std::string(key.substr(updated, id - 1 - updated)),
          std::string(key.substr(id))};
}

std::string index_prefix(const TaskFilter& filter, TaskStatus status) {
  const std::string sample = filter.assigned_to
                                 ? key::by_assignee(*filter.assigned_to, to_text(status), 0, "x")
                                 : key::by_status(to_text(status), 0, "x");
  return sample.substr(0, sample.size() - key::ms(0).size() - 2);  // up to the status's '/'
}

std::vector<Candidate> candidates(Transaction& txn, const TaskFilter& filter, bool& truncated) {
  std::vector<Candidate> found;
  for (const TaskStatus status : kStatuses) {
    if (filter.status && *filter.status != status) continue;
    const std::string prefix = index_prefix(filter, status);
    std::size_t seen = 0;
    txn.scan(prefix, prefix_end(prefix), {.reverse = true, .limit = kLookAt + 1},
             [&](std::string_view at, std::string_view priority) {
               if (++seen > kLookAt) {
                 truncated = true;
                 return false;
               }
               found.push_back(from_index(at, priority, status));
               return true;
             });
  }
  std::sort(found.begin(), found.end(), before);
  return found;
}

bool title_matches(const TaskFilter& filter, const Task& task) {
  return !filter.title_contains ||
         lower_ascii(task.title).find(lower_ascii(*filter.title_contains)) != std::string::npos;
}

bool matches(const TaskFilter& filter, const Task& task) {
  if (filter.status && task.status != *filter.status) return false;
  if (filter.assigned_to && !task.assigned_to(*filter.assigned_to)) return false;
  return title_matches(filter, task);
}

TaskList by_prefix(Transaction& txn, const TaskFilter& filter, std::size_t limit) {
  TaskList list;
  const std::string prefix = key::task(*filter.id_prefix);
  std::size_t seen = 0;
  txn.scan(prefix, prefix_end(prefix), {.limit = kLookAt + 1},
           [&](std::string_view at, std::string_view value) {
             if (++seen > kLookAt) {
               list.truncated = true;
               return false;
             }
             Task task = task_from_json(parse_document(at, value));
             if (matches(filter, task)) list.tasks.push_back(std::move(task));
             return true;
           });
  const auto place = [](const Task& task) {
    return Candidate{rank_of(task.priority, task.status), key::ms(task.updated_at), task.id};
  };
  std::sort(list.tasks.begin(), list.tasks.end(),
            [&](const Task& a, const Task& b) { return before(place(a), place(b)); });
  list.total = static_cast<std::int64_t>(list.tasks.size());
  if (list.tasks.size() > limit) list.tasks.resize(limit);
  return list;
}

// Exact from the counters when nothing but a status was asked for.
void count_all(Transaction& txn, const TaskFilter& filter, TaskList& list) {
  if (filter.assigned_to || filter.title_contains) return;
  const TaskCounts counts = task_counts(txn);
  list.truncated = false;
  list.total = counts.total;
  if (!filter.status) return;
  const auto at = counts.by_status.find(std::string(to_text(*filter.status)));
  list.total = at == counts.by_status.end() ? 0 : at->second;
}

}  // namespace

TaskList list_tasks(Transaction& txn, const TaskFilter& filter, std::size_t limit) {
  if (filter.id_prefix) return by_prefix(txn, filter, limit);
  TaskList list;
  for (const Candidate& candidate : candidates(txn, filter, list.truncated)) {
    const bool wanted = list.tasks.size() < limit;
    if (!wanted && !filter.title_contains) {
      ++list.total;
      continue;
    }
    auto task = load_task_at(txn, "task/" + candidate.escaped_id);
    if (!task || !title_matches(filter, *task)) continue;
    ++list.total;
    if (wanted) list.tasks.push_back(std::move(*task));
  }
  count_all(txn, filter, list);
  return list;
}

}  // namespace ansible
