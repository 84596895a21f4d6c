// How long messages are kept, and taking them out (MSG-2, MSG-3, reference 5.1 and 5.4).
#include <doctest/doctest.h>

#include "plugin/support/outbox.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

std::string say(World& world, const char* from, const char* to, const char* content) {
  json::object args{{"content", content}, {"from_agent", from}, {"notify_on_send", false}};
  if (*to != '\0') args["to"] = to;
  return text_of(world.ok("ansible_send_message", args), "messageId");
}

World with_agents() {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  return world;
}

void read_all(World& world) {
  for (const char* id : {"ann", "bob", "admin", "node-a"}) {
    world.ok("ansible_mark_read", {{"agent", id}});
  }
}

std::int64_t stored(World& world) {
  return world.ok("ansible_dump_messages", {}).at("total").to_number<std::int64_t>();
}

std::size_t rows_below(const World& world, const std::string& prefix) {
  std::size_t rows = 0;
  for (const auto& [at, value] : world.store) rows += at.starts_with(prefix) ? 1 : 0;
  return rows;
}

// Everything the store keeps about messages, but for counters and places.
std::size_t rows_of_messages(const World& world) {
  std::size_t rows = 0;
  for (const auto& [at, value] : world.store) {
    for (const char* prefix : {"message/", "message-time/", "inbox/", "broadcast/",
                               "broadcast-read/", "delivery/", "outbox/", "conversation/"}) {
      if (at.starts_with(prefix)) ++rows;
    }
  }
  return rows;
}

json::object deletion(World& world, const json::object& more) {
  const std::string token =
      text_of(world.ok("ansible_issue_agent_token", {{"agent_id", "admin"}}), "agent_token");
  return with({{"confirm", "DELETE_MESSAGES"},
               {"reason", "cleaning up after the test"},
               {"agent_token", token}},
              more);
}

}  // namespace

TEST_CASE("MSG-2: what everybody has read goes after 24 hours and leaves nothing behind") {
  World world = with_agents();
  webhook(world, "bob");
  say(world, "ann", "bob", "addressed");
  say(world, "ann", "", "to all");
  deliver_all(world, "bob");
  read_all(world);
  world.advance_ms(kDay);
  CHECK(world.sweep("messages").at("deleted") == 0);
  world.advance_ms(1);
  CHECK(world.sweep("messages").at("deleted") == 2);
  CHECK(stored(world) == 0);
  world.advance_ms(kDay);
  CHECK(rows_of_messages(world) == 0);
}

TEST_CASE(
    "MSG-5: a conversation is forgotten a day after its last delivery, whatever went before it") {
  World world = with_agents();
  webhook(world, "bob");
  for (int i = 0; i < 60; ++i) say(world, "ann", "bob", "more than are kept");
  deliver_all(world, "bob");
  read_all(world);
  CHECK(world.sweep("messages").at("deleted") == 10);
  world.ok("ansible_delete_messages", deletion(world, {{"all", true}}));
  CHECK(stored(world) == 0);
  world.advance_ms(kDay + 1);
  world.sweep("messages");
  CHECK(rows_of_messages(world) == 0);
  CHECK(rows_below(world, "prune/conversation/") == 0);
}

TEST_CASE("MSG-5: a conversation that goes on is remembered, and costs one row of the index") {
  World world = with_agents();
  webhook(world, "bob");
  const auto talk = [&] {
    world.ok("ansible_send_message", {{"content", "x"},
                                      {"from_agent", "ann"},
                                      {"to", "bob"},
                                      {"notify_on_send", false},
                                      {"metadata", {{"conversation_id", "c/1"}}}});
    deliver_all(world, "bob");
  };
  talk();
  world.advance_ms(kDay - 1);
  talk();
  CHECK(rows_below(world, "prune/conversation/") == 1);
  world.advance_ms(2);
  world.sweep("messages");
  CHECK(rows_below(world, "conversation/") == 1);
  CHECK(rows_below(world, "prune/conversation/") == 1);
  world.advance_ms(kDay);
  world.sweep("messages");
  CHECK(rows_below(world, "conversation/") == 0);
  CHECK(rows_below(world, "prune/conversation/") == 0);
}

TEST_CASE("MSG-5: of very many conversations a run of the sweep forgets a bounded number") {
  World world = with_agents();
  webhook(world, "bob");
  const std::string longest(200, 'c');  // its place in the store is cut
  for (int i = 0; i < 1'200; ++i) {
    world.ok("ansible_send_message",
             {{"content", "x"},
              {"from_agent", "ann"},
              {"to", "bob"},
              {"notify_on_send", false},
              {"metadata", {{"conversation_id", longest + std::to_string(i)}}}});
  }
  world.advance_ms(kDay + 1);
  for (const std::size_t left : {700, 200, 0}) {
    world.sweep("messages");
    CHECK(rows_below(world, "conversation/") == left);
  }
}

TEST_CASE("MSG-2: an unread message stays, for addressed ones and broadcasts alike") {
  World world = with_agents();
  say(world, "ann", "bob", "addressed");
  say(world, "ann", "", "to all");
  world.advance_ms(29 * kDay);
  CHECK(world.sweep("messages").at("deleted") == 0);
  world.ok("ansible_disable_agent", {{"agent_id", "bob"}});
  CHECK(world.sweep("messages").at("deleted") == 1);  // who is disabled keeps nothing
  CHECK(stored(world) == 1);
}

TEST_CASE("MSG-2: after maxUnreadDays it becomes a dead letter, and comes back when replayed") {
  World world(R"({"tier":"backbone","maxUnreadDays":2})");
  for (const char* id : {"ann", "bob"}) world.agent(id);
  const auto id = say(world, "ann", "bob", "never read");
  world.advance_ms(2 * kDay + 1);
  const auto swept = world.sweep("messages");
  CHECK(swept.at("deadLetters") == 1);
  CHECK(stored(world) == 0);
  CHECK(world.ok("ansible_read_messages", {{"agent", "bob"}}).at("unreadMessages") == 0);
  const json::object page = world.ok("ansible_list_dead_letters", {{"agent", "bob"}});
  REQUIRE(page.at("total") == 1);
  const json::object letter = page.at("deadLetters").at(0).get_object();
  CHECK(text_of(letter, "reason") == "unread_expired");
  CHECK(letter.at("message").at("content") == json::value("never read"));
  world.ok("ansible_replay_dead_letter", {{"id", text_of(letter, "id")}});
  const auto inbox = world.ok("ansible_read_messages", {{"agent", "bob"}});
  REQUIRE(inbox.at("total") == 1);
  CHECK(inbox.at("messages").at(0).at("id") == json::value(id));
  CHECK(world.sweep("messages").at("deleted") == 0);
}

TEST_CASE("MSG-2: dead letters go when they are as old again; one may be discarded") {
  World world(R"({"tier":"backbone","maxUnreadDays":2})");
  for (const char* id : {"ann", "bob"}) world.agent(id);
  for (int i = 0; i < 2; ++i) say(world, "ann", "bob", "never read");
  world.advance_ms(2 * kDay + 1);
  CHECK(world.sweep("messages").at("deadLetters") == 2);
  const json::object page = world.ok("ansible_list_dead_letters", {});
  world.ok("ansible_discard_dead_letter", {{"id", page.at("deadLetters").at(0).at("id")}});
  CHECK(world.ok("ansible_list_dead_letters", {}).at("total") == 1);
  world.advance_ms(2 * kDay + 1);
  CHECK(world.sweep("messages").at("expiredDeadLetters") == 1);
  CHECK(world.ok("ansible_list_dead_letters", {}).at("total") == 0);
}

TEST_CASE("MSG-2: beyond 50 messages the oldest read ones go first, whatever their age") {
  World world = with_agents();
  for (int i = 0; i < 60; ++i) {
    say(world, "ann", "bob", "x");
    world.advance_ms(1);
  }
  const auto unread = say(world, "ann", "bob", "unread");
  CHECK(world.sweep("messages").at("deleted") == 0);
  const json::object inbox = world.ok("ansible_read_messages", {{"agent", "bob"}, {"limit", 100}});
  json::array ids;
  for (const json::value& message : inbox.at("messages").get_array()) {
    if (message.at("id") != json::value(unread)) ids.push_back(message.at("id"));
  }
  for (std::size_t at = 0; at < ids.size(); at += 10) {
    json::array some;
    for (std::size_t i = at; i < at + 10; ++i) some.push_back(ids[i]);
    world.ok("ansible_mark_read", {{"agent", "bob"}, {"messageIds", some}});
  }
  CHECK(world.sweep("messages").at("deleted") == 11);
  CHECK(stored(world) == 50);
  CHECK(world.ok("ansible_read_messages", {{"agent", "bob"}}).at("unreadMessages") == 1);
}

TEST_CASE("MSG-3: receipts and lifecycle broadcasts follow the 24 hours, read or not") {
  World world = with_agents();
  world.ok("ansible_set_backpressure_policy", {{"max_concurrent", 5}});
  world.ok("ansible_send_message", {{"content", "x"}, {"to", "bob"}});
  CHECK(stored(world) == 3);  // the broadcast, the message, its receipt
  world.advance_ms(kDay + 1);
  CHECK(world.sweep("messages").at("deleted") == 2);
}

TEST_CASE("MSG-2: a sweep is cut into steps and bounded, and another node leaves it alone") {
  World world = with_agents();
  for (int i = 0; i < 80; ++i) say(world, "ann", "bob", "x");
  read_all(world);
  world.yield_every = 1;
  world.sweeps = false;
  CHECK(world.sweep("messages").contains("skipped"));
  world.sweeps = true;
  CHECK(world.sweep("messages").at("deleted") == 30);
  CHECK(world.steps > 10);
}

TEST_CASE("Deleting messages needs an admin's token, a confirmation and a reason") {
  World world = with_agents();
  const auto id = say(world, "ann", "bob", "x");
  const auto code_without = [&](const char* name) {
    json::object args = deletion(world, {{"messageIds", json::array{id}}});
    args.erase(name);
    return code_of(world.call("ansible_delete_messages", args));
  };
  CHECK(code_without("agent_token") == "invalid_token");
  CHECK(code_without("confirm") == "invalid_argument");
  CHECK(code_without("reason") == "invalid_argument");
  CHECK(code_without("messageIds") == "invalid_argument");
  const auto token =
      text_of(world.ok("ansible_issue_agent_token", {{"agent_id", "bob"}}), "agent_token");
  CHECK(code_of(world.call("ansible_delete_messages",
                           deletion(world, {{"all", true}, {"agent_token", token}}))) ==
        "not_authorized");
  CHECK(code_of(world.call("ansible_delete_messages",
                           deletion(world, {{"all", true}, {"reason", "  too short   "}}))) ==
        "invalid_argument");
  CHECK(stored(world) == 1);
}

TEST_CASE("Deleting messages: any selector is enough, a dry run deletes nothing, limit truncates") {
  World world = with_agents();
  say(world, "ann", "bob", "from ann");
  say(world, "bob", "ann", "from bob");
  world.advance_ms(1'000);
  say(world, "bob", "", "late");
  json::object args = deletion(world, {{"from", "ann"}, {"before", "2027-01-15T08:00:00Z"}});
  auto dry = world.ok("ansible_delete_messages", with(args, {{"dry_run", true}}));
  CHECK(dry.at("dryRun") == true);
  CHECK(dry.at("matched") == 2);
  CHECK(dry.at("deleted") == 0);
  CHECK(stored(world) == 3);
  auto cut = world.ok("ansible_delete_messages", with(args, {{"limit", 1}}));
  CHECK(cut.at("truncated") == true);
  CHECK(cut.at("deleted") == 1);
  CHECK(world.ok("ansible_delete_messages", deletion(world, {{"all", true}})).at("deleted") == 2);
  CHECK(stored(world) == 0);
  CHECK(rows_of_messages(world) == 0);
  for (const char* agent : {"ann", "bob"}) {
    CHECK(world.ok("ansible_read_messages", {{"agent", agent}}).at("unreadMessages") == 0);
  }
}

TEST_CASE("Deleting very many messages goes in steps, a dry run too, and finds the newest") {
  World world = with_agents();
  for (int i = 0; i < 2'300; ++i) say(world, "ann", "bob", "x");
  say(world, "bob", "ann", "the newest");
  const json::object args = deletion(world, {{"from", "bob"}});
  CHECK(world.ok("ansible_delete_messages", with(args, {{"dry_run", true}})).at("matched") == 1);
  CHECK(world.steps == 3);  // 1,000 are looked at in each
  CHECK(stored(world) == 2'301);
  CHECK(world.ok("ansible_delete_messages", args).at("deleted") == 1);
  CHECK(world.steps == 3);
  const json::object all =
      world.ok("ansible_delete_messages", deletion(world, {{"all", true}, {"limit", 5'000}}));
  CHECK(all.at("deleted") == 2'300);
  CHECK(all.at("messageIds").as_array().size() == 2'300);
  CHECK(stored(world) == 0);
  CHECK(rows_of_messages(world) == 0);
}

TEST_CASE("Deleting messages with very many recipients writes little in each step") {
  World world = with_agents();
  json::array everybody;
  for (int i = 0; i < 1'000; ++i) everybody.emplace_back("agent-" + std::to_string(i));
  for (int i = 0; i < 12; ++i) {
    world.ok("ansible_send_message",
             {{"content", "x"}, {"to", everybody}, {"notify_on_send", false}});
  }
  const auto deleted = world.ok("ansible_delete_messages", deletion(world, {{"all", true}}));
  CHECK(deleted.at("deleted") == 12);
  CHECK(world.steps == 3);  // 5,000 rows and a little in each
  CHECK(rows_of_messages(world) == 0);
}

TEST_CASE("A dump shows whole messages page by page, oldest first, and needs an admin") {
  World world = with_agents();
  for (const char* text : {"1", "2", "3"}) {
    say(world, "ann", "bob", text);
    world.advance_ms(1);
  }
  const auto first = world.ok("ansible_dump_messages", {{"limit", 2}});
  CHECK(first.at("returned") == 2);
  CHECK(first.at("total") == 3);
  CHECK(first.at("items").at(0).at("value").at("content") == json::value("1"));
  const auto second =
      world.ok("ansible_dump_messages", {{"limit", 2}, {"cursor", first.at("nextCursor")}});
  CHECK(second.at("returned") == 1);
  CHECK_FALSE(second.contains("nextCursor"));
  CHECK(world.ok("ansible_dump_messages", {{"to", "ann"}}).at("returned") == 0);
  CHECK(code_of(world.call("ansible_dump_messages", {{"from_agent", "bob"}})) == "not_authorized");
}

TEST_CASE("MSG-2: the sweep reads as much among many agents as among few") {
  World world;
  const auto agents = [&](int from, int to) {
    for (int i = from; i < to; ++i) world.agent("agent-" + std::to_string(i));
  };
  const auto keys_read = [&] {
    CHECK(world.sweep("messages").at("deleted") == 0);
    return world.keys_read;
  };
  agents(100, 140);
  for (int i = 0; i < 60; ++i) {
    json::object message{{"content", "c"}, {"from_agent", "agent-100"}, {"notify_on_send", false}};
    if (i % 10 != 0) message["to"] = "agent-101";
    world.ok("ansible_send_message", message);
  }
  const std::size_t few = keys_read();
  agents(140, 300);
  CHECK(keys_read() == few);
}
