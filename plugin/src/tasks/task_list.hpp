// Choosing tasks for a list without reading all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/transaction.hpp"
#include "records/task.hpp"

namespace ansible {

// AND of what is set.
struct TaskFilter {
  std::optional<std::string> id_prefix;
  std::optional<std::string> title_contains;  // ASCII letters of either case are equal
  std::optional<TaskStatus> status;
  std::optional<std::string> assigned_to;
};

struct TaskList {
  std::vector<Task> tasks;  // at most `limit`
  std::int64_t total = 0;   // that match; with `truncated` at least as many
  bool truncated = false;   // more tasks were there than the search looks at
};

// How many tasks match, from the counters; the filter has neither id_prefix nor title_contains.
std::int64_t counted_tasks(Transaction& txn, const TaskFilter& filter);

// The matching tasks: open ones of high priority first, of low priority last; then the last updated
// first (T-10, reference 2.9). Reads what it returns. Only a search by title looks further, at the
// first 1,000 tasks of that order, and one by the beginning of an id at those with the first 50 ids
// that match.
TaskList list_tasks(Transaction& txn, const TaskFilter& filter, std::size_t limit);

}  // namespace ansible
