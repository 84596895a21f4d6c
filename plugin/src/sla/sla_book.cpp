#include "sla/sla_book.hpp"

#include <algorithm>
#include <initializer_list>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "sla/held_store.hpp"

namespace ansible {
namespace {

std::optional<std::int64_t> seconds_of(const SlaSeconds& sla, Window window) {
  switch (window) {
    case Window::kAccept:
      return sla.accept;
    case Window::kProgress:
      return sla.progress;
    case Window::kComplete:
      return sla.complete;
  }
  return std::nullopt;
}

// Of a contract that does not say: one from elsewhere (SLA-1).
constexpr SlaSeconds kContractDefault{.accept = 120, .progress = 900, .complete = 3'600};

// Where a window's length comes from (SLA-1): the task's explicit seconds, else the shortest of its contracts, else what
// contracts have by default. A window with no source does not exist.
std::optional<std::int64_t> window_seconds(const Task& task, Window window) {
  if (const auto explicit_seconds = seconds_of(task.sla_seconds, window)) return explicit_seconds;
  std::optional<std::int64_t> shortest;
  for (const Contract& contract : task.contracts) {
    const auto seconds = seconds_of(contract.sla, window);
    if (seconds && (!shortest || *seconds < *shortest)) shortest = seconds;
  }
  if (!shortest && !task.contracts.empty()) return seconds_of(kContractDefault, window);
  return shortest;
}

// completeByAt = min(window, deadlineAt), or deadlineAt itself; the other windows have no deadline
// (SLA-1).
std::optional<std::int64_t> due_at(const Task& task, Window window, std::int64_t now_ms) {
  std::optional<std::int64_t> due;
  if (const auto seconds = window_seconds(task, window)) due = now_ms + *seconds * 1000;
  if (window != Window::kComplete || !task.deadline_at) return due;
  return due ? std::min(*due, *task.deadline_at) : *task.deadline_at;
}

bool armed(const WindowState& state) { return state.due_at && !state.escalated_at; }

// One task's record, changed in memory; close() writes what changed, and the due index with it.
class Page {
 public:
  Page(Context& context, const Task& task)
      : context_(context), task_(task), before_(load_sla(context.txn, task.id)) {
    if (before_) after = *before_;
  }

  bool exists() const { return before_.has_value(); }

  // Starts the window now; with no source it ends.
  void stamp(Window window) {
    settle(window);
    after[window].due_at = due_at(task_, window, context_.now_ms);
    after[window].escalated_at.reset();
  }

  // The window no longer applies and leaves the record; what was done about it stays.
  void strike(Window window) {
    settle(window);
    after[window].due_at.reset();
    after[window].escalated_at.reset();
  }

  // A breach that still waits for its notice has become pointless (SLA-9).
  void settle(Window window) {
    WindowState& state = after[window];
    if (!state.outcome || !state.outcome->waiting()) return;
    release_held(context_.txn, state.due_at.value_or(0), task_.id, window);
    state.outcome->resolved_before_notice = true;
  }

  // Writes the record, and makes the due index hold exactly the armed ones of the windows that
  // `apply` from now on.
  void close(std::initializer_list<Window> apply) {
    for (const Window window : kWindows) {
      const bool applies = std::find(apply.begin(), apply.end(), window) != apply.end();
      move_index(window, applies);
    }
    if (after != before_.value_or(SlaRecord{})) save_sla(context_.txn, task_.id, after);
  }

  SlaRecord after;

 private:
  void move_index(Window window, bool applies) {
    const auto key_of = [&](const WindowState& state) {
      return key::due(*state.due_at, task_.id, to_text(window));
    };
    std::string wanted;
    if (applies && armed(after[window])) wanted = key_of(after[window]);
    if (before_ && armed((*before_)[window])) {
      const std::string old = key_of((*before_)[window]);
      if (old != wanted && context_.txn.get(old)) context_.txn.erase(old);
    }
    if (!wanted.empty() && !context_.txn.get(wanted)) context_.txn.put(wanted, task_.id);
  }

  Context& context_;
  const Task& task_;
  std::optional<SlaRecord> before_;
};

}  // namespace

std::optional<SlaRecord> load_sla(Transaction& txn, std::string_view task_id) {
  const std::string key = key::task_sla(task_id);
  const auto stored = txn.get(key);
  if (!stored) return std::nullopt;
  return sla_from_json(parse_document(key, *stored));
}

void save_sla(Transaction& txn, std::string_view task_id, const SlaRecord& record) {
  txn.put(key::task_sla(task_id), json::canonical(to_json(record)));
}

bool window_applies(Window window, TaskStatus status) {
  return window == Window::kAccept ? status == TaskStatus::kPending : held(status);
}

void sla_opened(Context& context, const Task& task) {
  Page page(context, task);
  page.stamp(Window::kAccept);
  page.close({Window::kAccept});
}

void sla_claimed(Context& context, const Task& task) {
  Page page(context, task);
  page.settle(Window::kAccept);
  page.stamp(Window::kProgress);
  page.stamp(Window::kComplete);
  page.close({Window::kProgress, Window::kComplete});
}

void sla_progressed(Context& context, const Task& task) {
  Page page(context, task);
  if (!page.exists()) return;  // a task without windows has no record
  page.after.last_progress_at = context.now_ms;
  WindowState& progress = page.after[Window::kProgress];
  const bool sourced = window_seconds(task, Window::kProgress).has_value();
  const bool came_along = !sourced && progress.due_at;
  if (sourced || came_along) {
    page.stamp(Window::kProgress);
    // An imported window without a source moves as it did where it comes from (reference 2.5).
    if (came_along) progress.due_at = context.now_ms + *kContractDefault.progress * 1000;
    page.after.stalled = false;
  }
  page.close({Window::kProgress, Window::kComplete});
}

void sla_reopened(Context& context, const Task& task) {
  Page page(context, task);
  page.strike(Window::kProgress);
  page.strike(Window::kComplete);
  page.after.stalled = false;
  page.after.breached = false;
  page.stamp(Window::kAccept);
  page.close({Window::kAccept});
}

void sla_closed(Context& context, const Task& task) {
  Page page(context, task);
  if (!page.exists()) return;
  for (const Window window : kWindows) page.settle(window);
  page.close({});
}

void sla_imported(Context& context, const Task& task, const SlaRecord& record) {
  Page page(context, task);
  page.after = record;
  if (task.status == TaskStatus::kPending) {
    page.close({Window::kAccept});
  } else if (held(task.status)) {
    page.close({Window::kProgress, Window::kComplete});
  } else {
    page.close({});
  }
}

}  // namespace ansible
