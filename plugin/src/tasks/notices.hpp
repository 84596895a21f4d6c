// Telling a task's creator what happened to it (reference 2.10).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "records/task.hpp"

namespace ansible {

// What a notice says besides the task's title and status.
struct Notice {
  std::string_view intent;  // task_accept | task_update | task_failed | task_complete
  std::string from_agent;
  std::optional<std::string> note = {};
  std::optional<std::string> eta_at = {};
  std::optional<std::string> plan = {};
  std::optional<std::string> result = {};
};

// Sends it to the creator and returns the message's id; nothing when the creator cannot receive.
std::optional<std::string> notify_creator(Context& context, const Task& task, const Notice& notice);

// The id, or null: as replies show it.
json::value id_or_null(const std::optional<std::string>& id);

}  // namespace ansible
