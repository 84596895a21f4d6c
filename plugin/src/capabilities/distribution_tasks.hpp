// Distribution tasks: how one is made, and how one ends without its assignee (CAP-14, reference 4.7).
#pragma once

#include <cstddef>
#include <string_view>

#include "core/context.hpp"
#include "records/capability.hpp"
#include "records/task.hpp"

namespace ansible {

// Creates the task of `target`, unless it ever got one for this version. True if it did.
bool create_distribution_task(Context& context, const CatalogRecord& record,
                              std::string_view target);

// Why a distribution task is called off.
struct CallOff {
  std::string_view by;
  std::string reason;  // "distribution_drain:operator_drain": result and failure code
  std::string_view failure_class;
  std::string_view note;  // for people
};

// Fails an unfinished distribution task; nobody is told (reference 2.10).
void call_off(Context& context, const Task& task, const CallOff& why);

// Calls off at most `most` unfinished tasks of a version because it was withdrawn. Returns how many.
std::size_t cancel_open(Context& context, std::string_view capability, std::string_view version,
                        std::string_view by, std::size_t most);

// Whether a version has unfinished distribution tasks.
bool has_open(Transaction& txn, std::string_view capability, std::string_view version);

}  // namespace ansible
