#include <doctest/doctest.h>

#include "plugin/support/world.hpp"

using ansible_test::World;
namespace json = base::json;

namespace {

json::object inbox(World& world, const char* agent, json::object extra = {}) {
  extra["agent"] = agent;
  return world.ok("ansible_read_messages", extra);
}

std::string send(World& world, json::object args) {
  return std::string(world.ok("ansible_send_message", args).at("messageId").as_string());
}

World with_agents() {
  World world;
  for (const char* id : {"ann", "bob", "cat"}) world.agent(id);
  return world;
}

}  // namespace

TEST_CASE("MSG-1: each agent has its own inbox, newest first") {
  World world = with_agents();
  const auto one = send(world, {{"content", "one"}, {"to", "ann, bob"}, {"from_agent", "cat"}});
  world.advance_ms(1000);
  const auto two =
      send(world, {{"content", "two"}, {"to", json::array{"ann"}}, {"from_agent", "bob"}});
  const auto ann = inbox(world, "ann");
  REQUIRE(ann.at("total") == 2);
  CHECK(ann.at("messages").at(0).at("id") == json::value(two));
  CHECK(ann.at("messages").at(1).at("id") == json::value(one));
  CHECK(ann.at("messages").at(1).at("timestamp") == json::value("2027-01-15T08:00:00.000Z"));
  CHECK(inbox(world, "bob").at("total") == 1);
  CHECK(inbox(world, "cat").at("total") == 0);
  CHECK(inbox(world, "cat", {{"all", true}}).at("messages").at(0).at("id") == json::value(one));
}

TEST_CASE("MSG-1: reading marks nothing, marking is per agent and counted once") {
  World world = with_agents();
  const auto id = send(world, {{"content", "x"}, {"to", "ann,bob"}, {"from_agent", "cat"}});
  CHECK(inbox(world, "ann").at("unreadMessages") == 1);
  CHECK(inbox(world, "ann").at("unreadMessages") == 1);
  const json::object mark{{"agent", "ann"}, {"messageIds", json::array{id}}};
  CHECK(world.ok("ansible_mark_read", mark).at("marked") == 1);
  CHECK(world.ok("ansible_mark_read", mark).at("marked") == 0);
  CHECK(inbox(world, "ann").at("total") == 0);
  CHECK(inbox(world, "ann", {{"all", true}}).at("messages").at(0).at("unread") == false);
  CHECK(inbox(world, "bob").at("total") == 1);
}

TEST_CASE("MSG-1: a broadcast is stored once and read by each in its own time") {
  World world = with_agents();
  const auto first = send(world, {{"content", "all"}, {"from_agent", "cat"}});
  world.advance_ms(10);
  const auto second = send(world, {{"content", "again"}, {"from_agent", "cat"}});
  CHECK(inbox(world, "ann").at("unreadMessages") == 2);
  CHECK(inbox(world, "cat").at("unreadMessages") == 0);
  CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}, {"messageIds", json::array{second}}})
            .at("marked") == 1);
  const auto left = inbox(world, "ann");
  REQUIRE(left.at("total") == 1);
  CHECK(left.at("messages").at(0).at("id") == json::value(first));
  CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}}).at("marked") == 1);
  CHECK(inbox(world, "ann").at("unreadMessages") == 0);
  CHECK(inbox(world, "bob").at("unreadMessages") == 2);
  world.advance_ms(10);
  world.agent("late");
  CHECK(inbox(world, "late").at("unreadMessages") == 0);
}

TEST_CASE("MSG-1: a broadcast that was marked by itself stays read when all are marked") {
  World world = with_agents();
  const auto id = send(world, {{"content", "all"}, {"from_agent", "cat"}});
  world.ok("ansible_mark_read", {{"agent", "ann"}, {"messageIds", json::array{id}}});
  CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}}).at("marked") == 0);
  CHECK(inbox(world, "ann").at("unreadMessages") == 0);
}

TEST_CASE("MSG-1: marking all covers addressed messages and broadcasts at once") {
  World world = with_agents();
  for (int i = 0; i < 30; ++i) {
    send(world, {{"content", "m"}, {"to", i % 2 == 0 ? "ann" : ""}, {"from_agent", "cat"}});
    world.advance_ms(1);
  }
  CHECK(inbox(world, "ann", {{"limit", 1000}}).at("total") == 30);
  CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}}).at("marked") == 30);
  CHECK(inbox(world, "ann").at("unreadMessages") == 0);
  CHECK(inbox(world, "bob").at("unreadMessages") == 15);
}

TEST_CASE(
    "T-2: a message that is sent again with its key is one message, and has the first reply") {
  World world = with_agents();
  const json::object request{{"content", "hi"},
                             {"to", "bob"},
                             {"from_agent", "ann"},
                             {"notify_to", "cat"},
                             {"idempotency_key", "k"}};
  json::object first = world.ok("ansible_send_message", request);
  world.advance_ms(5'000);
  const auto before = world.store;
  json::object again = world.ok("ansible_send_message", request);
  CHECK(world.store == before);
  CHECK(again.at("idempotent").as_bool());
  again.erase("idempotent");
  CHECK(again == first);
  CHECK(inbox(world, "bob").at("total") == 1);
  CHECK(inbox(world, "cat", {{"all", true}}).at("total") == 1);  // the receipt

  json::object other = request;  // T-4
  other["content"] = "ho";
  CHECK(world.call("ansible_send_message", other).at("code") == "idempotency_conflict");
  CHECK(world.store == before);
  json::object bobs = request;  // a key is its sender's
  bobs["from_agent"] = "bob";
  CHECK(world.ok("ansible_send_message", bobs).at("messageId") != first.at("messageId"));
}

TEST_CASE("MSG-3: receipts go to registered agents only and do not count as unread") {
  World world(R"({"tier":"backbone","sendReceiptAgents":["ann","ghost"]})");
  for (const char* id : {"ann", "bob"}) world.agent(id);
  const auto reply = world.ok("ansible_send_message",
                              {{"content", "hello"}, {"to", "bob"}, {"notify_to", "ghost,bob"}});
  CHECK(reply.at("notifyTo") == json::array{"admin", "ann"});
  CHECK(inbox(world, "ann").at("unreadMessages") == 0);
  const auto all = inbox(world, "ann", {{"all", true}});
  REQUIRE(all.at("total") == 1);
  CHECK(all.at("messages").at(0).at("intent") == json::value("send_receipt"));
  CHECK(
      world.ok("ansible_send_message", {{"content", "x"}, {"to", "bob"}, {"notify_on_send", false}})
          .at("notifyTo") == json::array{});
}

TEST_CASE("A receipt shows the first 180 characters on one line, whatever alphabet they are of") {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  std::string content = "one\n two";
  std::string expected = "one two";
  for (int i = 7; i < 200; ++i) {
    content += "\xC3\xA4";
    if (i < 180) expected += "\xC3\xA4";
  }
  send(world, {{"content", content}, {"to", "ann"}, {"from_agent", "bob"}});
  const json::object receipts = inbox(world, "admin", {{"all", true}});
  REQUIRE(receipts.at("total") == 1);
  const std::string receipt(receipts.at("messages").at(0).at("content").as_string());
  CHECK(receipt.substr(receipt.find("excerpt: ")) == "excerpt: " + expected + "...");
}

TEST_CASE("Filters: sender, conversation and limit") {
  World world = with_agents();
  for (int i = 0; i < 5; ++i) {
    send(world, {{"content", "b"},
                 {"to", "ann"},
                 {"from_agent", "bob"},
                 {"metadata", {{"conversation_id", i % 2 == 0 ? "even" : "odd"}}}});
    send(world, {{"content", "c"}, {"to", "ann"}, {"from_agent", "cat"}});
    world.advance_ms(1);
  }
  CHECK(inbox(world, "ann", {{"from", "bob"}}).at("total") == 5);
  CHECK(inbox(world, "ann", {{"conversation_id", "odd"}}).at("total") == 2);
  CHECK(inbox(world, "ann", {{"limit", 3}}).at("total") == 3);
}

TEST_CASE("Nobody reads or marks another agent's inbox with its own token") {
  World world = with_agents();
  const std::string token(
      world.ok("ansible_issue_agent_token", {{"agent_id", "bob"}}).at("agent_token").as_string());
  send(world, {{"content", "x"}, {"to", "ann"}, {"from_agent", "cat"}});
  world.caller.kind = ansible::CallerKind::kAnonymous;
  for (const char* tool : {"ansible_read_messages", "ansible_mark_read"}) {
    const auto reply = world.call(tool, {{"agent", "ann"}, {"agent_token", token}});
    CHECK(reply.at("code") == json::value("invalid_argument"));
  }
}

TEST_CASE("An inbox read costs what it returns, not what is stored") {
  World world = with_agents();
  const auto cost = [&] {
    inbox(world, "ann");
    return world.keys_read;
  };
  send(world, {{"content", "x"}, {"to", "ann"}, {"from_agent", "cat"}});
  const auto small = cost();
  world.ok("ansible_mark_read", {{"agent", "ann"}});
  for (int i = 0; i < 300; ++i) {
    world.advance_ms(1);
    send(world, {{"content", "x"}, {"to", i % 2 == 0 ? "bob" : "ann"}, {"from_agent", "cat"}});
    if (i == 298) world.ok("ansible_mark_read", {{"agent", "ann"}});
  }
  CHECK(cost() <= small + 2);
}

TEST_CASE(
    "The operator learns that a task of its own is late, though the sweep speaks as its node") {
  World world;
  world.agent("ann");
  world.ok("ansible_set_sla_policy", {{"record_only", false}});
  world.ok("ansible_delegate_task", {{"title", "late"},
                                     {"description", "d"},
                                     {"assignedTo", "ann"},
                                     {"sla", {{"acceptSlaSeconds", 10}}}});
  world.advance_ms(11'000);
  CHECK(world.ok("ansible_sla_sweep", {}).at("escalationsWritten") == 1);
  const auto unread = world.ok("ansible_read_messages", {});
  REQUIRE(unread.at("total") == 1);
  CHECK(unread.at("messages").at(0).at("intent") == json::value("task_sla_breached"));
  CHECK(unread.at("unreadMessages") == 1);
  CHECK(world.ok("ansible_mark_read", {}).at("marked") == 1);
  CHECK(world.ok("ansible_read_messages", {}).at("total") == 0);
}

TEST_CASE("MSG-1: reading an inbox reads what it shows, however much is unread") {
  World world = with_agents();
  const auto say = [&](int count) {
    for (int i = 0; i < count; ++i) {
      world.advance_ms(1);
      send(world, {{"content", "to ann"}, {"to", "ann"}, {"notify_on_send", false}});
    }
  };
  const auto keys_read = [&](json::object query) {
    CHECK(inbox(world, "ann", std::move(query)).at("total") == 20);
    return world.keys_read;
  };
  say(30);
  const std::size_t unread = keys_read({});
  const std::size_t all = keys_read({{"all", true}});
  say(500);
  CHECK(keys_read({}) == unread);
  CHECK(keys_read({{"all", true}}) == all);
}

TEST_CASE(
    "MSG-1: what is sent to everybody in the millisecond in which somebody has read all is "
    "unread") {
  World world = with_agents();
  const auto unread = [&] {
    return inbox(world, "ann", {{"limit", 100}}).at("unreadMessages").as_int64();
  };
  for (int round = 1; round <= 20; ++round) {
    send(world, {{"content", "to all"}, {"from_agent", "bob"}, {"notify_on_send", false}});
    CHECK(unread() == 1);
    CHECK(inbox(world, "ann").at("total") == 1);
    CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}}).at("marked") == 1);
    CHECK(unread() == 0);
    CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}}).at("marked") == 0);
  }
  world.advance_ms(1);
  world.ok("ansible_mark_read", {{"agent", "ann"}});
  const auto mark = world.store.lower_bound("broadcast-read/");
  CHECK((mark == world.store.end() || !mark->first.starts_with("broadcast-read/")));
}

TEST_CASE("a message has at most 1,000 recipients and 64 KiB of metadata") {
  World world = with_agents();
  const auto code = [&](const json::object& more) {
    json::object args{{"content", "c"}, {"notify_on_send", false}};
    for (const auto& member : more) args[member.key()] = member.value();
    const std::size_t stored = world.store.size();
    const json::object reply = world.call("ansible_send_message", args);
    const json::value* refused = reply.if_contains("code");
    if (refused != nullptr) CHECK(world.store.size() == stored);
    return refused == nullptr ? std::string("ok") : std::string(refused->as_string());
  };
  const auto names = [](int count) {
    json::array out;
    for (int i = 0; i < count; ++i) out.emplace_back("agent-" + std::to_string(i));
    return out;
  };
  CHECK(code({{"to", names(1'000)}}) == "ok");
  CHECK(code({{"to", names(1'001)}}) == "too_large");
  CHECK(code({{"notify_to", names(1'001)}}) == "too_large");
  CHECK(code({{"metadata", {{"blob", std::string(65'000, 'x')}}}}) == "ok");
  CHECK(code({{"metadata", {{"blob", std::string(66'000, 'x')}}}}) == "too_large");
}

TEST_CASE("WHO-5: a message to 'admin' reaches the gateway's admin where nobody is called that") {
  World world(R"({"tier":"backbone","adminAgentId":"architect"})");
  world.agent("ann");
  const auto id =
      send(world, {{"content", "help"}, {"to", "admin, architect"}, {"from_agent", "ann"}});
  const auto got = inbox(world, "architect");
  REQUIRE(got.at("total") == 1);
  CHECK(got.at("messages").at(0).at("id") == json::value(id));
  CHECK(got.at("messages").at(0).at("to") == json::array{"architect"});
  World plain;  // somebody is called admin there
  plain.ok("ansible_send_message", {{"content", "help"}, {"to", "admin"}});
  CHECK(inbox(plain, "admin").at("total") == 1);
}

TEST_CASE("MSG-1: marking very many messages as read goes in steps, each of them short") {
  World world = with_agents();
  for (int i = 0; i < 2'300; ++i) {
    json::object message{{"content", "c"}, {"from_agent", "bob"}, {"notify_on_send", false}};
    if (i % 2 == 0) message["to"] = "ann";
    send(world, message);
  }
  world.advance_ms(1);
  const json::object reply = world.ok("ansible_mark_read", {{"agent", "ann"}});
  CHECK(reply.at("marked") == 2'300);
  CHECK(world.steps == 3);  // 1,000 addressed ones, the other 150 and 1,000 to everybody, 150
  CHECK(inbox(world, "ann").at("unreadMessages") == 0);
  CHECK(world.ok("ansible_mark_read", {{"agent", "ann"}}).at("marked") == 0);
}

TEST_CASE("MSG-1: what is unread is shown, however much was read and sent since") {
  World world = with_agents();
  const auto id = send(world, {{"content", "mind this"}, {"to", "ann"}, {"from_agent", "cat"}});
  for (int i = 0; i < 2'100; ++i) {
    world.advance_ms(1);
    send(world,
         {{"content", "c"}, {"to", "bob"}, {"from_agent", "ann"}, {"notify_on_send", false}});
  }
  const json::object ann = inbox(world, "ann");
  REQUIRE(ann.at("total") == 1);
  CHECK(ann.at("messages").at(0).at("id") == json::value(id));
}

TEST_CASE("an inbox too big for one reply shows its newest messages and says so") {
  World world = with_agents();
  const std::string last = [&] {
    std::string id;
    for (int i = 0; i < 500; ++i) {
      world.advance_ms(1);
      id = send(world, {{"content", std::string(10'000, 'x')},
                        {"to", "ann"},
                        {"from_agent", "cat"},
                        {"notify_on_send", false}});
    }
    return id;
  }();
  const json::object all = inbox(world, "ann", {{"limit", 1'000}});
  CHECK(all.at("truncated") == true);
  CHECK(all.at("messages").at(0).at("id") == json::value(last));
  CHECK(all.at("total").as_int64() > 100);
  CHECK(json::canonical(all).size() < (4u << 20));
  CHECK_FALSE(inbox(world, "ann").contains("truncated"));
}
