// Clearing distribution tasks away, and whom skills go to (reference 4.7).
#include <doctest/doctest.h>

#include "capabilities/capability_store.hpp"
#include "capabilities/distribution.hpp"
#include "core/fields.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

// A published capability of `owner`, distributed to node-a, admin, amy and ext.
struct Distributed : World {
  Distributed() {
    agent("owner");
    agent("amy");
    agent("ext", "external");
    install(*this, manifest_of("cap.paint", "owner"));
    in_store(*this, [](ansible::Context& context) {
      ansible::request_distribution(context,
                                    *ansible::load_catalog(context.txn, "cap.paint", "1.0.0"));
    });
    sweep("distribution");
  }

  json::object task_of(std::string_view agent) {
    const json::object page = ok("ansible_dump_tasks", {{"assignedTo", agent}});
    return page.at("items").as_array().at(0).at("value").as_object();
  }
  json::object failure_of(std::string_view agent) {
    return task_of(agent).at("metadata").at("ansible").at("failure").as_object();
  }
};

std::string numbers(const json::object& reply) {
  std::string out;
  for (const char* name : {"scanned", "findings", "updated"}) {
    out += (out.empty() ? "" : " ") + std::to_string(reply.at(name).as_int64());
  }
  return out;
}

}  // namespace

TEST_CASE("reference 4.7: cleanup fails the tasks of assignees that cannot be targets any more") {
  Distributed world;
  CHECK(numbers(world.ok("ansible_cleanup_distribution_tasks", {})) == "4 0 0");
  world.ok("ansible_disable_agent", {{"agent_id", "amy"}});
  world.ok("ansible_set_distribution_policy", {{"external_mode", "strict"}});

  const Store before = world.store;
  const json::object dry = world.ok("ansible_cleanup_distribution_tasks", {{"dry_run", true}});
  CHECK(dry.at("dryRun").as_bool());
  CHECK(numbers(dry) == "4 2 0");
  CHECK(world.store == before);

  const json::object reply = world.ok("ansible_cleanup_distribution_tasks", {});
  CHECK(numbers(reply) == "4 2 2");
  for (const json::value& item : reply.at("items").as_array()) {
    const json::object& found = item.as_object();
    const bool amy = text_of(found, "assignedTo") == "amy";
    CHECK(text_of(found, "reason") == (amy ? "assignee_disabled" : "external_not_opted_in"));
    CHECK_FALSE(text_of(found, "title").empty());
  }
  CHECK(text_of(world.failure_of("amy"), "failureClass") == "invalid_target");
  CHECK(text_of(world.failure_of("amy"), "failureCode") ==
        "distribution_cleanup:assignee_disabled");
  CHECK(text_of(world.failure_of("ext"), "failureClass") == "policy_blocked");
  CHECK(text_of(world.task_of("ext"), "result") == "distribution_cleanup:external_not_opted_in");
  CHECK(numbers(world.ok("ansible_cleanup_distribution_tasks", {})) == "2 0 0");
}

TEST_CASE("reference 4.7: an agent that is gone, or whose gateway is, has its own reason") {
  Distributed world;
  world.store.erase("agent/ext");
  world.store.erase("node/node-a");
  const json::object reply = world.ok("ansible_cleanup_distribution_tasks", {});
  CHECK(numbers(reply) == "4 4 4");
  CHECK(text_of(world.failure_of("ext"), "failureCode") ==
        "distribution_cleanup:assignee_not_registered");
  CHECK(text_of(world.failure_of("amy"), "failureCode") ==
        "distribution_cleanup:gateway_not_authorized");
  CHECK(text_of(world.failure_of("amy"), "failureClass") == "authz_denied");
}

TEST_CASE("reference 4.7: a drain fails all unfinished ones, in steps, up to its limit") {
  Distributed world;
  world.yield_every = 1;
  const json::object some =
      world.ok("ansible_drain_distribution_tasks", {{"limit", 3}, {"reason", " move over! "}});
  CHECK(numbers(some) == "3 3 3");
  CHECK(some.at("items").as_array().size() == 3);
  CHECK(text_of(some, "failureCode") == "distribution_drain:move_over_");
  const json::object rest = world.ok("ansible_drain_distribution_tasks", {});
  CHECK(numbers(rest) == "1 1 1");
  CHECK(text_of(rest, "failureCode") == "distribution_drain:operator_drain");
  CHECK(text_of(world.failure_of("amy"), "failureClass") == "failed_terminal");
  CHECK(numbers(world.ok("ansible_drain_distribution_tasks", {})) == "0 0 0");
}

TEST_CASE("reference 4.7: other tasks are out of a drain's reach, whatever their intent says") {
  Distributed world;
  const std::string task = delegate(world, "amy", {{"intent", "skill_distribution"}});
  world.ok("ansible_drain_distribution_tasks", {});
  CHECK(status_of(world, task) == "pending");
}

TEST_CASE("CAP-14: under mode strict an external agent gets skills when it has opted in") {
  World world;
  world.agent("owner");
  world.agent("ext", "external");
  CHECK(text_of(world.ok("ansible_get_coordination", {}), "distributionExternalMode") == "all");
  const json::object policy =
      world.ok("ansible_set_distribution_policy", {{"external_mode", "strict"}});
  CHECK(text_of(policy, "externalMode") == "strict");
  CHECK(text_of(policy, "previousExternalMode") == "all");
  CHECK(text_of(world.ok("ansible_get_coordination", {}), "distributionExternalMode") == "strict");
  const auto targets = [&] {
    std::size_t n = 0;
    in_store(world, [&](ansible::Context& context) {
      n = ansible::distribution_targets(context, "owner").size();
    });
    return n;
  };
  CHECK(targets() == 2);  // node-a and admin
  CHECK(world.ok("ansible_set_agent_distribution_opt_in", {{"agent_id", "ext"}, {"opt_in", true}})
            .at("changed")
            .as_bool());
  CHECK(targets() == 3);
  CHECK_FALSE(
      world.ok("ansible_set_agent_distribution_opt_in", {{"agent_id", "ext"}, {"opt_in", true}})
          .at("changed")
          .as_bool());
  world.ok("ansible_set_agent_distribution_opt_in", {{"agent_id", "ext"}, {"opt_in", false}});
  CHECK(targets() == 2);
  CHECK(code_of(world.call("ansible_set_agent_distribution_opt_in",
                           {{"agent_id", "owner"}, {"opt_in", true}})) == "invalid_argument");
  CHECK(code_of(world.call("ansible_set_agent_distribution_opt_in",
                           {{"agent_id", "ghost"}, {"opt_in", true}})) == "not_found");
}

TEST_CASE("WHO-10: the distribution tools need an admin") {
  Distributed world;
  const json::object calls[] = {
      {{"tool", "ansible_set_distribution_policy"}, {"external_mode", "all"}},
      {{"tool", "ansible_set_agent_distribution_opt_in"}, {"agent_id", "ext"}, {"opt_in", true}},
      {{"tool", "ansible_cleanup_distribution_tasks"}},
      {{"tool", "ansible_drain_distribution_tasks"}},
  };
  for (json::object call : calls) {
    const std::string tool = text_of(call, "tool");
    CAPTURE(tool);
    call.erase("tool");
    call["from_agent"] = "amy";
    CHECK(code_of(world.call(tool, call)) == "not_authorized");
    call["from_agent"] = "admin";
    CHECK(code_of(world.call(tool, call)) == "ok");
  }
}
