// Short forms of the task tools for tests.
#pragma once

#include <string>
#include <string_view>

#include "plugin/support/world.hpp"

namespace ansible_test {

// `base` with the members of `more` (which win).
json::object with(json::object base, const json::object& more);

// Delegates a task to `agent` as the operator and returns its id.
std::string delegate(World& world, std::string_view agent, const json::object& more = {});

// Calls a tool on a task as `agent`.
json::object on_task(World& world, std::string_view tool, std::string_view task,
                     std::string_view agent, const json::object& more = {});

json::object claim(World& world, std::string_view task, std::string_view agent,
                   const json::object& more = {{"etaSeconds", 900}});
json::object update(World& world, std::string_view task, std::string_view agent,
                    const json::object& more = {{"status", "in_progress"}});
json::object complete(World& world, std::string_view task, std::string_view agent,
                      const json::object& more = {{"result", "done"}});

// The task as ansible_dump_tasks shows it to the operator.
json::object shown(World& world, std::string_view task);
std::string status_of(World& world, std::string_view task);

// A new task of `agent` in this status. It was delegated by the operator.
std::string task_in(World& world, std::string_view status, std::string_view agent);

// The kinds of a task's timeline, joined by blanks.
std::string kinds_of(World& world, std::string_view task);

}  // namespace ansible_test
