#include "property/invariants.hpp"

#include <algorithm>
#include <iterator>

#include "core/fields.hpp"
#include "tasks/transitions.hpp"

namespace property {
namespace {

using ansible::int_field;
using ansible::object_field;
using ansible::text_field;

std::string status_of(const Row& row) {
  return row.document.is_object() ? text_field(row.document.get_object(), "status").value_or("")
                                  : "";
}

std::string text_member(const Row& row, std::string_view name) {
  return row.document.is_object() ? text_field(row.document.get_object(), name).value_or("") : "";
}

bool allowed(const std::string& from, const std::string& to) {
  const auto before = ansible::task_status(from);
  const auto after = ansible::task_status(to);
  if (!before || !after) return false;
  for (const ansible::Transition& row : ansible::kTransitions) {
    if (row.from == *before && row.to == *after) return true;
  }
  return false;
}

void check_change(const Change& change, Problems& problems) {
  if (change.key.starts_with("task/") && change.before.version != 0 && change.after.version != 0) {
    const std::string from = status_of(change.before);
    const std::string to = status_of(change.after);
    if (from != to && !allowed(from, to)) {
      problems.push_back(change.key + " went from " + from + " to " + to);
    }
  }
  if (change.key.starts_with("audit/") && change.before.version != 0 && change.after.version != 0) {
    problems.push_back(change.key + " was written again");
  }
  if (change.key.starts_with("cap-manifest/") && change.before.version != 0 &&
      change.before.text != change.after.text) {
    problems.push_back(change.key + " changed: manifests are immutable (CAP-4)");
  }
}

// One effect per idempotency key: a replay changes nothing. A key that is new to it is remembered, no more (T-6).
void check_replay(const Effect& effect, Problems& problems) {
  if (!effect.answer.reply.contains("idempotent")) return;
  for (const Change& change : effect.changes) {
    const bool remembered = change.before.version == 0 && change.key.starts_with("ledger/task/");
    if (!remembered) problems.push_back("a replay changed " + change.key);
  }
}

void check_refusal(const Effect& effect, Problems& problems) {
  if (effect.answer.outcome.status != GW_REFUSED) return;
  for (const Change& change : effect.changes) {
    problems.push_back("a refusal changed " + change.key);
  }
}

// CAP-2: of a failed publish its evidence stays, and what it told others.
void check_evidence(const Effect& effect, Problems& problems) {
  if (effect.answer.outcome.status != GW_REFUSED_RECORDED) return;
  static constexpr std::string_view kKept[] = {"cap-pipeline/", "message/", "message-time/",
                                               "message-count", "broadcast/"};
  for (const Change& change : effect.changes) {
    const bool kept = std::any_of(std::begin(kKept), std::end(kKept), [&](std::string_view place) {
      return change.key.starts_with(place);
    });
    if (!kept) problems.push_back("a failed gate left " + change.key);
  }
}

void check_dry_run(const Effect& effect, Problems& problems) {
  const json::value* dry = effect.step.args.if_contains("dry_run");
  if (dry == nullptr || !dry->is_bool() || !dry->get_bool()) return;
  for (const Change& change : effect.changes) {
    problems.push_back("a dry run changed " + change.key);
  }
}

// SLA-6: never more messages than the budget, and as many as the reply says.
void check_budget(const Effect& effect, Problems& problems) {
  if (effect.step.name != "ansible_sla_sweep" || effect.answer.refused()) return;
  std::int64_t written = 0;
  for (const Change& change : effect.changes) {
    if (change.key.starts_with("message/") && change.before.version == 0 &&
        text_member(change.after, "intent") == "task_sla_breached") {
      ++written;
    }
  }
  const json::value* dry = effect.step.args.if_contains("dry_run");
  const std::int64_t told = int_field(effect.answer.reply, "escalationsWritten").value_or(-1);
  if ((dry == nullptr || !dry->is_bool() || !dry->get_bool()) && told != written) {
    problems.push_back("the sweep says " + std::to_string(told) + " messages and wrote " +
                       std::to_string(written));
  }
  const std::int64_t budget = int_field(effect.step.args, "max_messages").value_or(INT64_MAX);
  if (written > budget) {
    problems.push_back(std::to_string(written) + " messages for a budget of " +
                       std::to_string(budget));
  }
}

}  // namespace

void check_effect(const Effect& effect, Problems& problems) {
  for (const Change& change : effect.changes) check_change(change, problems);
  check_replay(effect, problems);
  check_refusal(effect, problems);
  check_evidence(effect, problems);
  check_dry_run(effect, problems);
  check_budget(effect, problems);
}

}  // namespace property
