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

constexpr std::size_t kLookAt = 1'000;  // tasks, in a search
constexpr std::size_t kMostByPrefix = 50;
constexpr int kRanks = 3;
constexpr std::array<TaskStatus, 5> kStatuses = {TaskStatus::kPending, TaskStatus::kClaimed,
                                                 TaskStatus::kInProgress, TaskStatus::kCompleted,
                                                 TaskStatus::kFailed};

std::string index_prefix(const TaskFilter& filter, TaskStatus status, int rank) {
  const std::string sample =
      filter.assigned_to ? key::by_assignee(*filter.assigned_to, to_text(status), rank, 0, "")
                         : key::by_status(to_text(status), rank, 0, "");
  return sample.substr(0, sample.size() - key::ms(0).size() - 1);
}

// The index entries of one status and rank, the last updated first, read one by one.
class Lane {
 public:
  Lane(Transaction& txn, std::string prefix)
      : txn_(txn), prefix_(std::move(prefix)), end_(prefix_end(prefix_)) {
    step();
  }

  bool empty() const { return place_.empty(); }
  const std::string& place() const { return place_; }  // "<updated>/<task>", as in the key
  void step() {
    place_.clear();
    txn_.scan(prefix_, end_, {.reverse = true, .limit = 1}, [&](std::string_view at, auto) {
      place_ = at.substr(prefix_.size());
      return false;
    });
    end_ = prefix_ + place_;
  }

 private:
  Transaction& txn_;
  std::string prefix_;
  std::string end_;
  std::string place_;
};

// The tasks that an index has for the filter, in the order of lists: ids as in the key.
class Walk {
 public:
  Walk(Transaction& txn, const TaskFilter& filter) : txn_(txn), filter_(filter) { open_rank(); }

  std::optional<std::string> next() {
    for (; rank_ < kRanks; ++rank_, open_rank()) {
      const auto first =
          std::max_element(lanes_.begin(), lanes_.end(), [](const Lane& a, const Lane& b) {
            return a.place() < b.place();  // an empty one is the least
          });
      if (first == lanes_.end() || first->empty()) continue;
      std::string id = first->place().substr(first->place().find('/') + 1);
      first->step();
      return id;
    }
    return std::nullopt;
  }

 private:
  void open_rank() {
    lanes_.clear();
    if (rank_ >= kRanks) return;
    for (const TaskStatus status : kStatuses) {
      if (filter_.status && *filter_.status != status) continue;
      if (terminal(status) && rank_ != 1) continue;
      lanes_.emplace_back(txn_, index_prefix(filter_, status, rank_));
    }
  }

  Transaction& txn_;
  const TaskFilter& filter_;
  int rank_ = 0;
  std::vector<Lane> lanes_;
};

bool title_matches(const TaskFilter& filter, const Task& task) {
  return !filter.title_contains ||
         lower_ascii(task.title).find(lower_ascii(*filter.title_contains)) != std::string::npos;
}

bool matches(const TaskFilter& filter, const Task& task) {
  if (filter.status && task.status != *filter.status) return false;
  if (filter.assigned_to && !task.assigned_to(*filter.assigned_to)) return false;
  return title_matches(filter, task);
}

bool listed_before(const Task& a, const Task& b) {
  if (a.list_rank() != b.list_rank()) return a.list_rank() < b.list_rank();
  if (a.updated_at != b.updated_at) return a.updated_at > b.updated_at;
  return a.id > b.id;
}

TaskList by_prefix(Transaction& txn, const TaskFilter& filter, std::size_t limit) {
  TaskList list;
  const std::string prefix = key::task(*filter.id_prefix);
  std::size_t seen = 0;
  txn.scan(prefix, prefix_end(prefix), {.limit = kLookAt + 1},
           [&](std::string_view at, std::string_view value) {
             if (seen == kLookAt || list.tasks.size() == kMostByPrefix) {
               list.truncated = true;
               return false;
             }
             ++seen;
             Task task = task_from_json(parse_document(at, value));
             if (matches(filter, task)) list.tasks.push_back(std::move(task));
             return true;
           });
  std::sort(list.tasks.begin(), list.tasks.end(), listed_before);
  list.total = static_cast<std::int64_t>(list.tasks.size());
  if (list.tasks.size() > limit) list.tasks.resize(limit);
  return list;
}

TaskList by_title(Transaction& txn, const TaskFilter& filter, std::size_t limit) {
  TaskList list;
  Walk walk(txn, filter);
  for (std::size_t seen = 0;; ++seen) {
    const auto id = walk.next();
    if (!id) return list;
    if (seen == kLookAt) {
      list.truncated = true;
      return list;
    }
    auto task = load_task_at(txn, "task/" + *id);
    if (!task || !title_matches(filter, *task)) continue;
    ++list.total;
    if (list.tasks.size() < limit) list.tasks.push_back(std::move(*task));
  }
}

}  // namespace

std::int64_t counted_tasks(Transaction& txn, const TaskFilter& filter) {
  std::map<std::string, std::int64_t> counts = filter.assigned_to
                                                   ? agent_load(txn, *filter.assigned_to).assigned
                                                   : task_counts(txn).by_status;
  if (filter.status) return counts[std::string(to_text(*filter.status))];
  std::int64_t total = 0;
  for (const auto& [status, count] : counts) total += count;
  return total;
}

TaskList list_tasks(Transaction& txn, const TaskFilter& filter, std::size_t limit) {
  if (filter.id_prefix) return by_prefix(txn, filter, limit);
  if (filter.title_contains) return by_title(txn, filter, limit);
  TaskList list;
  Walk walk(txn, filter);
  while (list.tasks.size() < limit) {
    const auto id = walk.next();
    if (!id) break;
    if (auto task = load_task_at(txn, "task/" + *id)) list.tasks.push_back(std::move(*task));
  }
  list.total = counted_tasks(txn, filter);
  return list;
}

}  // namespace ansible
