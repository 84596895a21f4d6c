#include "plugin/support/talk.hpp"

#include "plugin/support/tasks.hpp"

namespace ansible_test {

World with_agents() {
  World world;
  for (const char* id : {"ann", "bob", "cat"}) world.agent(id);
  return world;
}

std::string say(World& world, const char* from, const char* to, const char* content,
                const json::object& more) {
  json::object args = with({{"content", content}, {"notify_on_send", false}}, more);
  if (*from != '\0') args["from_agent"] = from;
  if (*to != '\0') args["to"] = to;
  return text_of(world.ok("ansible_send_message", args), "messageId");
}

json::object dumped(World& world, const std::string& id) {
  const json::object page = world.ok("ansible_dump_messages", {});
  for (const json::value& item : page.at("items").get_array()) {
    if (item.at("id") == json::value(id)) return item.at("value").get_object();
  }
  return {};
}

}  // namespace ansible_test
