// Messages and tasks on their way to agents (MSG-4, reference 5.2).
#include <doctest/doctest.h>

#include <algorithm>

#include "plugin/support/outbox.hpp"
#include "plugin/support/talk.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;
using ansible::DeliveryOutcome;

namespace {

using Said = std::vector<std::string>;

json::object delivery_of(World& world, const std::string& id, const char* agent) {
  const json::object message = dumped(world, id);
  if (!message.contains("delivery")) return {};
  const json::object& all = message.at("delivery").get_object();
  return all.contains(agent) ? all.at(agent).get_object() : json::object{};
}

// Fails the head delivery of `agent` until it is given up; returns how often it was tried.
int fail_until_given_up(World& world, const char* agent) {
  for (int tries = 0;; ++tries) {
    const auto batch = due(world);
    const auto at = std::find_if(batch.begin(), batch.end(), [&](const json::object& delivery) {
      return text_of(delivery, "target") == agent;
    });
    if (at == batch.end()) {
      const auto wait = next_due_in(world);
      if (wait < 0) return tries;
      world.advance_ms(wait);
      --tries;
      continue;
    }
    CHECK(at->at("attempt") == tries + 1);
    settle(world, text_of(*at, "id"), DeliveryOutcome::kRetryLater);
  }
}

}  // namespace

TEST_CASE("MSG-4: only agents with a sink are offered; idle inboxes cost nothing") {
  World world = with_agents();
  say(world, "ann", "bob", "to nobody's sink");
  CHECK(due(world).empty());
  CHECK(next_due_in(world) == -1);
  webhook(world, "cat");
  say(world, "ann", "cat", "hello");
  const auto batch = due(world);
  REQUIRE(batch.size() == 1);
  CHECK(text_of(batch[0], "stream") == "inbox");
  CHECK(text_of(batch[0], "target") == "cat");
  CHECK(said(batch[0]) == "hello");
  CHECK(text_of(body_of(batch[0]), "id") == text_of(batch[0], "id"));
}

TEST_CASE("MSG-4: a new sink gets what was unread and pending before it, oldest first") {
  World world = with_agents();
  say(world, "ann", "bob", "one");
  world.advance_ms(1);
  const auto two = say(world, "ann", "bob", "two");
  world.advance_ms(1);
  say(world, "ann", "", "to all");
  delegate(world, "bob", {{"title", "work"}});
  world.ok("ansible_mark_read", {{"agent", "bob"}, {"messageIds", json::array{two}}});
  webhook(world, "bob");
  CHECK(deliver_all(world, "bob") == Said{"one", "to all", "work"});
}

TEST_CASE("MSG-4: order is kept per agent, also while the first one fails") {
  World world = with_agents();
  webhook(world, "bob");
  webhook(world, "cat");
  for (const char* text : {"1", "2", "3"}) say(world, "ann", "bob,cat", text);
  const auto batch = due(world);
  REQUIRE(batch.size() == 2);
  REQUIRE(text_of(batch[0], "target") == "bob");
  settle(world, text_of(batch[0], "id"), DeliveryOutcome::kRetryLater);
  for (const json::object& left : due(world)) CHECK(text_of(left, "target") == "cat");
  CHECK(deliver_all(world, "cat") == Said{"1", "2", "3"});
  const auto wait = next_due_in(world);
  CHECK(wait >= 1'600);
  CHECK(wait <= 2'400);
  world.advance_ms(wait);
  const auto again = due(world);
  REQUIRE(again.size() == 1);
  CHECK(text_of(again[0], "id") == text_of(batch[0], "id"));
  CHECK(again[0].at("attempt") == 2);
  CHECK(deliver_all(world, "bob") == Said{"1", "2", "3"});
}

TEST_CASE("MSG-4: urgent tasks go first, relaxed ones last") {
  World world = with_agents();
  webhook(world, "bob");
  delegate(world, "bob", {{"title", "low"}, {"priority", "low"}});
  delegate(world, "bob", {{"title", "normal"}});
  delegate(world, "bob", {{"title", "high"}, {"priority", "high"}});
  CHECK(deliver_all(world, "bob") == Said{"high", "normal", "low"});
}

TEST_CASE("MSG-4: what was read, claimed or closed in the meantime is not sent") {
  World world = with_agents();
  webhook(world, "bob");
  webhook(world, "cat");
  const auto message = say(world, "ann", "bob", "read already");
  const auto task = delegate(world, "bob", {{"title", "t"}, {"to_agents", json::array{"cat"}}});
  const auto doomed = delegate(world, "cat", {{"title", "doomed"}});
  world.ok("ansible_mark_read", {{"agent", "bob"}, {"messageIds", json::array{message}}});
  claim(world, task, "bob");
  world.ok("ansible_cancel_task", {{"taskId", doomed}, {"reason", "no need"}});
  CHECK(due(world).empty());
  CHECK(text_of(delivery_of(world, message, "bob"), "state") == "delivered");
  const json::object tasks = shown(world, task).at("delivery").get_object();
  CHECK(text_of(tasks.at("bob").get_object(), "state") == "delivered");
  CHECK_FALSE(tasks.contains("cat"));
}

TEST_CASE("MSG-4: what waits behind a delivery under way is looked at once that has ended") {
  World world = with_agents();
  webhook(world, "bob");
  say(world, "ann", "bob", "first");
  const auto read = say(world, "ann", "bob", "read meanwhile");
  const auto doomed = delegate(world, "bob", {{"title", "cancelled meanwhile"}});
  delegate(world, "bob", {{"title", "work"}});
  auto batch = due(world);
  REQUIRE(batch.size() == 1);
  CHECK(said(batch[0]) == "first");
  world.ok("ansible_mark_read", {{"agent", "bob"}, {"messageIds", json::array{read}}});
  world.ok("ansible_cancel_task", {{"taskId", doomed}, {"reason", "no need"}});
  const auto moved = world.ok("ansible_set_agent_sink",
                              {{"agent_id", "bob"}, {"url", "http://127.0.0.1:9998/elsewhere"}});
  settle(world, text_of(batch[0], "id"), DeliveryOutcome::kDelivered);
  batch = due(world);
  REQUIRE(batch.size() == 1);
  CHECK(said(batch[0]) == "work");
  const json::object& payload = batch[0].at("payload").get_object();
  CHECK(text_of(payload, "url") == "http://127.0.0.1:9998/elsewhere");
  CHECK(text_of(payload, "secret") == text_of(moved, "secret"));
}

TEST_CASE("MSG-4: nothing more goes to an agent that was disabled, or whose sink went meanwhile") {
  for (const bool disabled : {true, false}) {
    World world = with_agents();
    webhook(world, "bob");
    for (const char* text : {"first", "second"}) say(world, "ann", "bob", text);
    const auto batch = due(world);
    REQUIRE(batch.size() == 1);
    world.ok(disabled ? "ansible_disable_agent" : "ansible_remove_agent_sink",
             {{"agent_id", "bob"}});
    settle(world, text_of(batch[0], "id"), DeliveryOutcome::kDelivered);
    CHECK(due(world).empty());
  }
}

TEST_CASE("MSG-4: a task that comes back is offered again, under a new id") {
  World world = with_agents();
  webhook(world, "bob");
  const auto task = delegate(world, "bob", {{"title", "again"}});
  const auto first = text_of(due(world).at(0), "id");
  CHECK(deliver_all(world, "bob") == Said{"again"});
  claim(world, task, "bob");
  on_task(world, "ansible_release_task", task, "bob", {});
  const auto batch = due(world);
  REQUIRE(batch.size() == 1);
  CHECK(text_of(batch[0], "id") != first);
}

TEST_CASE("Reference 5.2: no task goes to its own creator, no distribution to anybody") {
  World world = with_agents();
  webhook(world, "bob");
  world.ok("ansible_delegate_task",
           {{"title", "mine"}, {"description", "d"}, {"assignedTo", "bob"}, {"from_agent", "bob"}});
  delegate(world, "bob", {{"intent", "skill_distribution"}});
  CHECK(due(world).empty());
}

TEST_CASE("MSG-3: receipts and lifecycle broadcasts trigger nothing") {
  World world(R"({"tier":"backbone","sendReceiptAgents":["ann"]})");
  for (const char* id : {"ann", "bob"}) world.agent(id);
  webhook(world, "ann");
  world.ok("ansible_send_message", {{"content", "x"}, {"to", "bob"}});
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 5}});
  CHECK(due(world).empty());
}

TEST_CASE("MSG-4: a delivered message is read, and its record says so beside the document") {
  World world = with_agents();
  webhook(world, "bob");
  const auto id = say(world, "ann", "bob", "hello");
  const std::string before = world.store.at("message/" + id);
  settle(world, text_of(due(world).at(0), "id"), DeliveryOutcome::kRetryLater,
         "connection refused");
  auto record = delivery_of(world, id, "bob");
  CHECK(text_of(record, "state") == "attempted");
  CHECK(record.at("attempts") == 1);
  CHECK(text_of(record, "lastError") == "connection refused");
  CHECK(dumped(world, id).at("readBy_agents") == json::array{"ann"});
  world.advance_ms(3'000);
  settle(world, text_of(due(world).at(0), "id"), DeliveryOutcome::kDelivered);
  record = delivery_of(world, id, "bob");
  CHECK(text_of(record, "state") == "delivered");
  CHECK(record.at("attempts") == 2);
  CHECK(text_of(record, "by") == "bob");
  CHECK(dumped(world, id).at("readBy_agents") == json::array{"ann", "bob"});
  CHECK(world.store.at("message/" + id) == before);
  settle(world, "inbox/bob/1000000000000001", DeliveryOutcome::kDelivered);  // twice is fine
  settle(world, "nonsense", DeliveryOutcome::kGiveUp);
}

TEST_CASE("MSG-4: after 15 attempts a dead letter, for that recipient only; the next one goes on") {
  World world = with_agents();
  webhook(world, "bob");
  webhook(world, "cat");
  const auto id = say(world, "ann", "bob,cat", "hello");
  for (const json::object& delivery : due(world)) {
    if (text_of(delivery, "target") == "cat") {
      settle(world, text_of(delivery, "id"), DeliveryOutcome::kDelivered);
    }
  }
  CHECK(fail_until_given_up(world, "bob") == 15);
  CHECK(text_of(delivery_of(world, id, "bob"), "lastError") ==
        "dispatch:max_delivery_attempts_exceeded:15");
  CHECK(text_of(delivery_of(world, id, "cat"), "state") == "delivered");
  const auto letters = world.ok("ansible_list_dead_letters", {});
  REQUIRE(letters.at("total") == 1);
  const json::object letter = letters.at("deadLetters").at(0).get_object();
  CHECK(text_of(letter, "subject") == id);
  CHECK(letter.at("agents") == json::array{"bob"});
  CHECK(text_of(letter, "reason") == "delivery_attempts_exceeded");
  CHECK(text_of(letter, "lastError") == "HTTP 500");
  say(world, "ann", "bob", "next");
  CHECK(deliver_all(world, "bob") == Said{"next"});
}

TEST_CASE("MSG-4: a dead letter is replayed once and then gone") {
  World world = with_agents();
  webhook(world, "bob");
  say(world, "ann", "bob", "hello");
  settle(world, text_of(due(world).at(0), "id"), DeliveryOutcome::kGiveUp, "HTTP 410");
  const json::object letter = world.ok("ansible_list_dead_letters", {{"agent", "bob"}})
                                  .at("deadLetters")
                                  .at(0)
                                  .get_object();
  CHECK(text_of(letter, "reason") == "refused_by_target");
  const json::object args{{"id", text_of(letter, "id")}};
  CHECK(world.ok("ansible_replay_dead_letter", args).at("queued") == json::array{"bob"});
  CHECK(code_of(world.call("ansible_replay_dead_letter", args)) == "not_found");
  CHECK(due(world).at(0).at("attempt") == 1);
  CHECK(deliver_all(world, "bob") == Said{"hello"});
}

TEST_CASE("A task that reached none of its assignees fails and its creator is told") {
  World world = with_agents();
  webhook(world, "bob");
  webhook(world, "cat");
  const auto id = text_of(world.ok("ansible_delegate_task", {{"title", "t"},
                                                             {"description", "d"},
                                                             {"assignedTo", "bob"},
                                                             {"to_agents", json::array{"cat"}},
                                                             {"from_agent", "ann"}}),
                          "taskId");
  CHECK(fail_until_given_up(world, "bob") == 15);
  CHECK(status_of(world, id) == "pending");
  CHECK(fail_until_given_up(world, "cat") == 15);
  CHECK(status_of(world, id) == "failed");
  const json::object failure =
      shown(world, id).at("metadata").at("ansible").at("failure").get_object();
  CHECK(text_of(failure, "failureClass") == "failed_terminal");
  CHECK(text_of(failure, "failureCode") == "dispatch:max_delivery_attempts_exceeded:15");
  const auto told = world.ok("ansible_read_messages", {{"agent", "ann"}});
  CHECK(told.at("messages").at(0).at("intent") == json::value("task_failed"));
  const auto letter = world.ok("ansible_list_dead_letters", {{"agent", "cat"}});
  CHECK(code_of(world.call("ansible_replay_dead_letter",
                           {{"id", letter.at("deadLetters").at(0).at("id")}})) ==
        "invalid_transition");
}

TEST_CASE("A task that one of its assignees looks for itself waits for it") {
  World world = with_agents();
  webhook(world, "bob");
  const auto id = delegate(world, "bob", {{"to_agents", json::array{"cat"}}});
  CHECK(fail_until_given_up(world, "bob") == 15);
  CHECK(status_of(world, id) == "pending");
}

TEST_CASE("A task waits for an assignee whose sink went while it was being tried") {
  World world = with_agents();
  webhook(world, "bob");
  webhook(world, "cat");
  const auto id = delegate(world, "bob", {{"to_agents", json::array{"cat"}}});
  for (const json::object& delivery : due(world)) {
    if (text_of(delivery, "target") != "cat") continue;
    settle(world, text_of(delivery, "id"), DeliveryOutcome::kRetryLater);
  }
  world.ok("ansible_remove_agent_sink", {{"agent_id", "cat"}});  // it looks for itself from now on
  CHECK(fail_until_given_up(world, "bob") == 15);
  CHECK(status_of(world, id) == "pending");
}

TEST_CASE("A task waits for an assignee whose sink was removed because it failed") {
  World world = with_agents();
  webhook(world, "bob");
  webhook(world, "cat");
  const auto id = delegate(world, "bob", {{"to_agents", json::array{"cat"}}});
  CHECK(fail_until_given_up(world, "cat") == 15);
  world.ok("ansible_remove_agent_sink", {{"agent_id", "cat"}});
  CHECK(fail_until_given_up(world, "bob") == 15);
  CHECK(status_of(world, id) == "pending");
}

TEST_CASE("Disabled agents and dispatchIncoming false: everything waits") {
  World world = with_agents();
  webhook(world, "bob");
  say(world, "ann", "bob", "hello");
  world.ok("ansible_disable_agent", {{"agent_id", "bob"}});
  CHECK(due(world).empty());
  world.ok("ansible_enable_agent", {{"agent_id", "bob"}});
  world.config.dispatch_incoming = false;
  CHECK(due(world).empty());
  world.config.dispatch_incoming = true;
  CHECK(deliver_all(world, "bob") == Said{"hello"});
}

TEST_CASE("A gateway delivers what its own sinks wait for, and nothing of other gateways") {
  World world = with_agents();
  webhook(world, "bob");
  world.node_id = "node-b";
  world.start();
  say(world, "", "bob", "hello");
  CHECK(due(world).empty());
  world.node_id = "node-a";
  CHECK(deliver_all(world, "bob") == Said{"hello"});
}

TEST_CASE("What a delivery costs does not grow with what waits for others") {
  World world = with_agents();
  webhook(world, "ann");
  const auto keys_of_next = [&] {
    MapTransaction txn(world.store, 1, 0);
    ansible::Context context{.txn = txn, .config = world.config, .now_ms = world.now_ms};
    context.node.id = world.node_id;
    ansible::next_deliveries(context, "");
    return txn.keys_read();
  };
  say(world, "cat", "ann", "one");
  const auto alone = keys_of_next();
  world.ok("ansible_ack_inbox", {{"agent", "bob"}});  // fetches: never offered to the host
  for (int i = 0; i < 200; ++i) say(world, "cat", "bob", "x");
  CHECK(keys_of_next() == alone);
}
