#include "plugin/support/tasks.hpp"

#include <stdexcept>

namespace ansible_test {

json::object with(json::object base, const json::object& more) {
  for (const auto& member : more) base[member.key()] = member.value();
  return base;
}

std::string delegate(World& world, std::string_view agent, const json::object& more) {
  const Caller before = world.caller;
  world.caller = {};
  const json::object reply =
      world.ok("ansible_delegate_task",
               with({{"title", "Title"}, {"description", "Do it"}, {"assignedTo", agent}}, more));
  world.caller = before;
  return text_of(reply, "taskId");
}

json::object on_task(World& world, std::string_view tool, std::string_view task,
                     std::string_view agent, const json::object& more) {
  return world.call(tool, with({{"taskId", task}, {"agentId", agent}}, more));
}

json::object claim(World& world, std::string_view task, std::string_view agent,
                   const json::object& more) {
  return on_task(world, "ansible_claim_task", task, agent, more);
}

json::object update(World& world, std::string_view task, std::string_view agent,
                    const json::object& more) {
  return on_task(world, "ansible_update_task", task, agent, more);
}

json::object complete(World& world, std::string_view task, std::string_view agent,
                      const json::object& more) {
  return on_task(world, "ansible_complete_task", task, agent, more);
}

json::object shown(World& world, std::string_view task) {
  std::string cursor;
  for (;;) {
    json::object args{{"limit", 1000}};
    if (!cursor.empty()) args["cursor"] = cursor;
    const json::object page = world.ok("ansible_dump_tasks", args);
    for (const json::value& item : page.at("items").as_array()) {
      if (item.at("id").as_string() == task) return item.at("value").as_object();
    }
    cursor = text_of(page, "nextCursor");
    if (cursor.empty()) throw std::logic_error("no such task: " + std::string(task));
  }
}

std::string status_of(World& world, std::string_view task) {
  return text_of(shown(world, task), "status");
}

std::string task_in(World& world, std::string_view status, std::string_view agent) {
  std::string id = delegate(world, agent);
  const auto must = [&](const json::object& reply) {
    if (code_of(reply) != "ok") throw std::logic_error(json::canonical(reply));
  };
  if (status != "pending") must(claim(world, id, agent));
  if (status == "in_progress") must(update(world, id, agent));
  if (status == "completed") must(complete(world, id, agent));
  if (status == "failed") must(update(world, id, agent, {{"status", "failed"}, {"note", "no"}}));
  return id;
}

std::string kinds_of(World& world, std::string_view task) {
  const json::object reply = world.ok("ansible_task_timeline", {{"taskId", task}});
  std::string out;
  for (const json::value& event : reply.at("timeline").as_array()) {
    out += (out.empty() ? "" : " ") + std::string(event.at("kind").as_string());
  }
  return out;
}

}  // namespace ansible_test
