#include "plugin/support/dumps.hpp"

namespace ansible_test {

json::object item(std::string_view key, json::value value) {
  return {{"key", key}, {"value", std::move(value)}};
}

json::object import(World& world, std::string_view section, json::array items,
                    const json::object& more) {
  return world.call("ansible_import",
                    with({{"section", section}, {"items", std::move(items)}}, more));
}

json::object agent_record(std::string_view type) {
  return {
      {"name", "Ann"},
      {"gateway", "node-a"},
      {"type", type},
      {"registeredAt", kThen},
      {"registeredBy", "node-a"},
      {"auth", {{"tokenHash", kHash}, {"issuedAt", kThen}, {"tokenHint", "sha256:0123456789ab"}}}};
}

json::object task_record(std::string_view id, std::string_view status, json::object more) {
  json::object task{{"id", id},
                    {"title", "Old " + std::string(id)},
                    {"description", "from before"},
                    {"status", status},
                    {"createdBy_agent", "node-a"},
                    {"createdBy_node", "node-a"},
                    {"createdAt", kThen},
                    {"updatedAt", kThen + 2'000},
                    {"assignedTo_agent", "ann"},
                    {"metadata",
                     {{"ticket", 7},
                      {"ansible",
                       {{"responseRequired", true},
                        {"routingMode", "explicit"},
                        {"requiredCapabilities", json::array{}},
                        {"defaultEtaSeconds", 0},
                        {"ack", {{"state", "pending"}, {"required", true}, {"requireEta", true}}},
                        {"idempotency", {{"k", {{"at", kThen}, {"action", "claim"}}}}}}}}}};
  if (status != "pending") {
    task["claimedBy_agent"] = "ann";
    task["claimedBy_node"] = "node-a";
    task["claimedAt"] = kThen + 1'000;
    task["updates"] = json::array{
        json::object{{"at", kThen + 1'000}, {"by_agent", "ann"}, {"status", "claimed"}}};
  }
  if (status == "completed") {
    task["completedAt"] = kThen + 2'000;
    task["result"] = "done";
    task["updates"].as_array().insert(
        task["updates"].as_array().begin(),
        json::object{{"at", kThen + 2'000}, {"by_agent", "ann"}, {"status", "completed"}});
  }
  return with(std::move(task), more);
}

json::object message_record(std::string_view from, json::array to, json::array readers) {
  json::object message{{"id", "m"},          {"from_agent", from}, {"from_node", "node-a"},
                       {"content", "hello"}, {"timestamp", kThen}, {"readBy_agents", readers}};
  if (!to.empty()) message["to_agents"] = to;
  return message;
}

json::object with_block(json::object task, const json::object& more) {
  json::value& block = task.at("metadata").at("ansible");
  block = with(block.as_object(), more);
  return task;
}

}  // namespace ansible_test
