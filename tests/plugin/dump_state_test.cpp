// ansible_dump_state: everything but secrets, page by page.
#include <doctest/doctest.h>

#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

// All pages; maps are joined. `pages` counts them.
json::object dump(World& world, json::object args, int& pages) {
  json::object whole;
  for (pages = 0;;) {
    json::object page = world.ok("ansible_dump_state", args);
    ++pages;
    const std::string next = text_of(page, "nextCursor");
    if (whole.empty()) {
      whole = page;
    } else {
      for (const auto& map : page.at("maps").as_object()) {
        json::object& into = whole["maps"].as_object()[map.key()].is_object()
                                 ? whole["maps"].as_object()[map.key()].as_object()
                                 : whole["maps"].as_object()[map.key()].emplace_object();
        for (const auto& row : map.value().as_object()) {
          CHECK_FALSE(into.contains(row.key()));
          into[row.key()] = row.value();
        }
      }
    }
    if (next.empty()) return whole;
    args["cursor"] = next;
  }
}

}  // namespace

TEST_CASE("COO-4: a dump has the reference's maps, the configuration, counts, and who is admin") {
  World world(R"({"tier":"backbone","adminAgentId":"architect","manifestTrust":{}})");
  world.agent("ann");
  const std::string task = delegate(world, "ann");
  world.ok("ansible_send_message", {{"to", "ann"}, {"content", "hello"}});
  world.ok("ansible_update_context", {{"currentFocus", "x"}, {"from_agent", "ann"}});
  world.ok("ansible_set_coordination_preference", {{"desiredCoordinator", "node-b"}});
  world.ok("ansible_set_delegation_policy", {{"version", "1"}, {"policyMarkdown", "p"}});
  world.ok("ansible_ack_delegation_policy", {{"from_agent", "ann"}});
  int pages = 0;
  const json::object whole = dump(world, {}, pages);
  CHECK(pages == 1);
  CHECK(text_of(whole, "myId") == "node-a");
  CHECK(whole.at("generatedAt").as_int64() == World::kStart);
  const json::object& plugin = whole.at("plugin").as_object();
  CHECK(plugin.at("config").at("tier").as_string() == "backbone");
  CHECK(text_of(plugin, "authMode") == "mixed");
  CHECK(text_of(plugin, "configuredAdminAgentId") == "architect");
  CHECK(text_of(plugin, "effectiveAdminAgentId") == "architect");
  const json::object& maps = whole.at("maps").as_object();
  for (const char* name : {"nodes", "agents", "pendingInvites", "tasks", "messages", "context",
                           "pulse", "coordination", "capabilitiesCatalog"}) {
    CHECK_MESSAGE(maps.at(name).is_object(), name);
  }
  CHECK(maps.at("tasks").at(task).at("title").as_string() == "Title");
  CHECK(maps.at("context").at("ann").at("currentFocus").as_string() == "x");
  CHECK(maps.at("coordination").at("pref:node-a").at("desiredCoordinator").as_string() == "node-b");
  CHECK(maps.at("coordination").at("delegationAck:ann:version").as_string() == "1");
  CHECK(whole.at("counts").at("agents").as_int64() == 3);
  CHECK(whole.at("counts").at("tasks").as_int64() == 1);
}

TEST_CASE("WHO-8: a dump shows no token, no hash and no secret that somebody pasted") {
  World world(R"({"tier":"backbone","sendReceiptAgents":["ann"]})");
  const std::string token = world.agent("ann");
  world.ok("ansible_send_message",
           {{"to", "ann"}, {"content", "use Bearer abcdefghijklmnopqrstuvwxyz0123456789"}});
  delegate(world, "ann", {{"metadata", {{"api_key", "k-123"}, {"plain", "shown"}}}});
  int pages = 0;
  const std::string text = json::canonical(dump(world, {}, pages));
  CHECK(text.find(token) == std::string::npos);
  CHECK(text.find("tokenHash") == std::string::npos);
  CHECK(text.find("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
  CHECK(text.find("k-123") == std::string::npos);
  CHECK(text.find("shown") != std::string::npos);
}

TEST_CASE("COO-4: small pages joined are the whole dump") {
  World world;
  for (const char* id : {"ann", "bob", "eve"}) world.agent(id);
  for (int i = 0; i < 10; ++i) {
    delegate(world, "ann");
    world.ok("ansible_send_message", {{"to", "bob"}, {"content", "hello"}});
  }
  int pages = 0;
  const json::object whole = dump(world, {}, pages);
  CHECK(pages == 1);
  for (const int limit : {1, 3, 7}) {
    const json::object joined = dump(world, {{"limit", limit}}, pages);
    CHECK(pages > 3);
    CHECK(json::canonical(joined.at("maps")) == json::canonical(whole.at("maps")));
  }
}

TEST_CASE("COO-4: a page of large records ends before the reply's limit") {
  World world;
  world.agent("ann");
  for (int i = 0; i < 30; ++i) {
    delegate(world, "ann", {{"metadata", {{"list", json::array(7'000, "abcde")}}}});
  }
  int pages = 0;
  const json::object whole = dump(world, {}, pages);
  CHECK(pages >= 2);
  CHECK(whole.at("maps").at("tasks").as_object().size() == 30);
}

TEST_CASE("WHO-10: dumps need an admin, and a cursor that a page gave") {
  World world;
  world.agent("ann");
  CHECK(code_of(world.call("ansible_dump_state", {{"from_agent", "ann"}})) == "not_authorized");
  CHECK(code_of(world.call("ansible_dump_state", {{"cursor", "agent-token/1"}})) ==
        "invalid_argument");
}

TEST_CASE("Import: what this plugin dumps can be brought over to another gateway") {
  World from;
  from.agent("ann");
  const std::string task = task_in(from, "claimed", "ann");
  from.ok("ansible_update_context", {{"currentFocus", "x"}, {"from_agent", "ann"}});
  int pages = 0;
  const json::object whole = dump(from, {}, pages);
  World to;
  to.node_id = "node-b";
  to.start();
  for (const char* section : {"agents", "context", "tasks", "coordination"}) {
    json::array items;
    for (const auto& row : whole.at("maps").at(section).as_object()) {
      items.push_back(json::object{{"key", row.key()}, {"value", row.value()}});
    }
    const json::object reply =
        to.ok("ansible_import", {{"section", section}, {"items", std::move(items)}});
    CHECK_MESSAGE(reply.at("skipped").as_array().empty(), json::canonical(reply));
  }
  CHECK(status_of(to, task) == "claimed");
}
