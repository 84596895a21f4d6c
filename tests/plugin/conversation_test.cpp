// The loop guard: agents that answer by themselves come to an end (MSG-5).
#include <doctest/doctest.h>

#include <utility>

#include "plugin/support/outbox.hpp"
#include "plugin/support/talk.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("MSG-5: two talkative agents come to an end; a person lets them go on") {
  World world = with_agents();
  webhook(world, "ann");
  webhook(world, "bob");
  say(world, "cat", "ann", "begin", {{"metadata", {{"conversation_id", "c1"}}}});
  const json::object in{{"metadata", {{"conversation_id", "c1"}}}};
  int delivered = 0;
  const char* from = "ann";
  const char* to = "bob";
  for (int i = 0; i < 10; ++i) {
    deliver_all(world, from);
    say(world, from, to, "and you?", in);
    delivered += static_cast<int>(deliver_all(world, to).size());
    std::swap(from, to);
  }
  CHECK(delivered == 3);
  CHECK(world.ok("ansible_read_messages", {{"agent", "ann"}, {"all", true}}).at("total") == 11);
  say(world, "cat", "ann,bob", "go on", in);
  CHECK(deliver_all(world, "ann") == Said{"go on"});
  say(world, "ann", "bob", "gladly", in);
  CHECK(deliver_all(world, "bob") == Said{"gladly"});
}

TEST_CASE("MSG-5: agents that name no conversation are held to it all the same") {
  World world = with_agents();
  webhook(world, "ann");
  webhook(world, "bob");
  say(world, "ann", "bob", "hello");
  int delivered = 0;
  const char* from = "bob";
  const char* to = "ann";
  for (int i = 0; i < 10; ++i) {
    world.advance_ms(1'000);
    deliver_all(world, from);
    const auto reply = world.ok(
        "ansible_send_message",
        {{"content", "hello"}, {"to", to}, {"from_agent", from}, {"notify_on_send", false}});
    CHECK(reply.contains("muted") == (i >= 3));
    delivered += static_cast<int>(deliver_all(world, to).size());
    std::swap(from, to);
  }
  CHECK(delivered == 3);
  world.advance_ms(11 * 60'000);
  say(world, "ann", "bob", "something else");
  CHECK(deliver_all(world, "bob") == Said{"something else"});
}

TEST_CASE("MSG-5: whatever a reply names, it is counted in the conversation that it answers") {
  struct Case {
    bool corr;  // the id of the message it answers; else a new conversation each time
    std::int64_t pause_ms;
  };
  for (const Case c : {Case{true, 1'000}, Case{true, 11 * 60'000}, Case{false, 1'000}}) {
    World world = with_agents();
    webhook(world, "ann");
    webhook(world, "bob");
    std::string last = say(world, "cat", "ann,bob", "begin", {{"metadata", {{"corr", "c1"}}}});
    int delivered = 0;
    const char* from = "ann";
    const char* to = "bob";
    for (int i = 0; i < 10; ++i) {
      deliver_all(world, from);
      deliver_all(world, to);
      world.advance_ms(c.pause_ms);
      const json::object metadata =
          c.corr ? json::object{{"corr", last}}
                 : json::object{{"conversation_id", "new-" + std::to_string(i)}};
      last = say(world, from, to, "and you?", {{"metadata", metadata}});
      delivered += static_cast<int>(deliver_all(world, to).size());
      std::swap(from, to);
    }
    CHECK(delivered == (c.corr ? 3 : 4));  // nobody had told ann anything but cat
    const json::object metadata = dumped(world, last).at("metadata").get_object();
    CHECK(text_of(metadata, "conversation_id") == std::string(c.corr ? "c1" : "new-0"));
    if (!c.corr) CHECK(text_of(metadata, "conversationId") == "new-9");
  }
}

TEST_CASE(
    "MSG-5: of several conversations with one agent, a reply stays in the one that it names") {
  World world = with_agents();
  webhook(world, "bob");
  const auto first = say(world, "ann", "bob", "one", {{"metadata", {{"conversation_id", "c1"}}}});
  const auto second = say(world, "ann", "bob", "two", {{"metadata", {{"conversation_id", "c2"}}}});
  deliver_all(world, "bob");
  const auto conversation_of = [&](const json::object& metadata) {
    const auto id = say(world, "bob", "ann", "reply", {{"metadata", metadata}});
    return text_of(dumped(world, id).at("metadata").get_object(), "conversation_id");
  };
  CHECK(conversation_of({{"conversation_id", "c1"}}) == "c1");
  CHECK(conversation_of({{"corr", first}}) == "c1");
  CHECK(conversation_of({{"corr", second}}) == "c2");
  CHECK(conversation_of({{"conversationId", "c2"}, {"corr", first}}).empty());  // is c2 already
}

TEST_CASE("MSG-5: what answers nobody is no automatic reply, and keeps the name it was given") {
  World world = with_agents();
  webhook(world, "bob");
  const auto task = delegate(world, "bob", {{"title", "work"}});
  say(world, "ann", "bob", "begin");
  deliver_all(world, "bob");
  const auto automatic = [&](const char* to, const json::object& metadata) {
    return world
        .ok("ansible_send_message", {{"content", "x"},
                                     {"to", to},
                                     {"from_agent", "bob"},
                                     {"notify_on_send", false},
                                     {"metadata", metadata}})
        .contains("automaticReply");
  };
  for (int i = 0; i < 5; ++i) CHECK_FALSE(automatic("ann", {{"corr", task}}));
  CHECK_FALSE(automatic("cat", {{"conversation_id", "of my own"}}));
  CHECK(automatic("ann", {{"conversation_id", "of my own"}}));
  world.advance_ms(11 * 60'000);
  CHECK_FALSE(automatic("ann", {{"conversation_id", "another"}}));
}

TEST_CASE("MSG-5: a task is one conversation, whatever is named beside it") {
  World world = with_agents();
  webhook(world, "ann");
  webhook(world, "bob");
  const auto task = delegate(world, "cat", {{"title", "work"}});
  int delivered = 0;
  const char* from = "bob";
  const char* to = "ann";
  for (int i = 0; i < 10; ++i) {
    deliver_all(world, from);
    say(world, from, to, "and you?",
        {{"metadata", {{"conversation_id", "new-" + std::to_string(i)}, {"corr", task}}}});
    delivered += static_cast<int>(deliver_all(world, to).size());
    std::swap(from, to);
  }
  CHECK(delivered == 4);  // the first answers nobody
}
