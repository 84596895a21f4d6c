// Where an agent is delivered to: webhooks, and fetching (poll and acknowledge).
#include <doctest/doctest.h>

#include "plugin/support/outbox.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

World with_agents() {
  World world;
  for (const char* id : {"ann", "bob"}) world.agent(id);
  return world;
}

std::string token_of(World& world, const char* agent) {
  return text_of(world.ok("ansible_issue_agent_token", {{"agent_id", agent}}), "agent_token");
}

void say(World& world, const char* to, const char* content) {
  world.ok("ansible_send_message",
           {{"content", content}, {"to", to}, {"from_agent", "ann"}, {"notify_on_send", false}});
}

json::array events(World& world, const json::object& more = {}) {
  return world.ok("ansible_poll_inbox", with({{"agent", "bob"}}, more)).at("events").get_array();
}

}  // namespace

TEST_CASE("A webhook is https, or http to this machine; nothing else is ever posted to") {
  World world = with_agents();
  const auto code = [&](const char* url) {
    return code_of(world.call("ansible_set_agent_sink", {{"agent_id", "bob"}, {"url", url}}));
  };
  for (const char* good :
       {"https://example.org/hook", "https://example.org:8443/a?b=c", "http://127.0.0.1:9999/hook",
        "http://localhost/x", "http://[::1]:80/", "HTTP://127.0.0.2/x"}) {
    CHECK_MESSAGE(code(good) == "ok", good);
  }
  for (const char* bad :
       {"http://example.org/hook", "http://10.0.0.1/", "ftp://127.0.0.1/",
        "http://127.0.0.1.example.org/", "http://user@127.0.0.1/", "https://user:pw@example.org/",
        "http://127.0.0.1@example.org/", "https://", "http:///x", "https://example.org/a b",
        "localhost:80", "", "http://[::1].example.org/", "https://example.org:port/",
        "https://example.org:443.x/", "http://169.254.169.254/latest"}) {
    CHECK_MESSAGE(code(bad) == "invalid_argument", std::string(bad));
  }
}

TEST_CASE("WHO-8: a webhook's secret is shown once, and only to the host afterwards") {
  World world = with_agents();
  const std::string secret = webhook(world, "bob");
  CHECK(secret.starts_with("whsec_"));
  CHECK(secret.size() == 70);
  say(world, "bob", "hello");
  CHECK(text_of(due(world).at(0).at("payload").get_object(), "secret") == secret);
  for (const char* tool : {"ansible_list_agent_sinks", "ansible_dump_messages",
                           "ansible_list_agents", "ansible_list_dead_letters"}) {
    CHECK(json::canonical(world.ok(tool, {})).find(secret) == std::string::npos);
  }
  const auto own = world.ok(
      "ansible_set_agent_sink",
      {{"agent_id", "bob"}, {"url", "https://example.org/"}, {"secret", "sixteen characters"}});
  CHECK_FALSE(own.contains("secret"));
  CHECK(code_of(world.call("ansible_set_agent_sink", {{"agent_id", "bob"},
                                                      {"url", "https://example.org/"},
                                                      {"secret", "short"}})) == "invalid_argument");
}

TEST_CASE("An agent sets its own sink with its token, an admin any, others none") {
  World world = with_agents();
  const std::string bob = token_of(world, "bob");
  world.caller.kind = ansible::CallerKind::kAnonymous;
  const json::object to{{"url", "https://example.org/"}, {"agent_token", bob}};
  CHECK(code_of(world.call("ansible_set_agent_sink", with(to, {{"agent_id", "bob"}}))) == "ok");
  CHECK(code_of(world.call("ansible_set_agent_sink", with(to, {{"agent_id", "ann"}}))) ==
        "not_authorized");
  CHECK(world.ok("ansible_list_agent_sinks", {{"agent_token", bob}}).at("total") == 1);
  world.caller = {};
  CHECK(code_of(world.call("ansible_set_agent_sink",
                           {{"agent_id", "ghost"}, {"url", "https://example.org/"}})) ==
        "not_found");
  CHECK(code_of(world.call("ansible_remove_agent_sink", {{"agent_id", "bob"}})) == "ok");
  CHECK(code_of(world.call("ansible_remove_agent_sink", {{"agent_id", "bob"}})) == "not_found");
}

TEST_CASE("Removing a sink takes back what waits, and leaves the inbox alone") {
  World world = with_agents();
  webhook(world, "bob");
  say(world, "bob", "hello");
  world.ok("ansible_remove_agent_sink", {{"agent_id", "bob"}});
  CHECK(due(world).empty());
  CHECK(world.ok("ansible_read_messages", {{"agent", "bob"}}).at("total") == 1);
  webhook(world, "bob");
  CHECK(deliver_all(world, "bob") == std::vector<std::string>{"hello"});
}

TEST_CASE("The list of sinks shows what waits and why") {
  World world = with_agents();
  webhook(world, "bob");
  say(world, "bob", "one");
  say(world, "bob", "two");
  settle(world, text_of(due(world).at(0), "id"), ansible::DeliveryOutcome::kRetryLater, "HTTP 503");
  const json::object page = world.ok("ansible_list_agent_sinks", {});
  const json::object row = page.at("sinks").at(0).get_object();
  CHECK(text_of(row, "kind") == "webhook");
  CHECK(row.at("waiting") == 2);
  CHECK(row.at("attempts") == 1);
  CHECK(text_of(row, "lastError") == "HTTP 503");
}

TEST_CASE("Fetching: what waits comes in the order of arrival until it is acknowledged") {
  World world = with_agents();
  say(world, "bob", "before");
  CHECK(events(world).empty());  // not opened
  world.ok("ansible_ack_inbox", {{"agent", "bob"}});
  say(world, "bob", "one");
  delegate(world, "bob", {{"title", "work"}, {"priority", "high"}});
  CHECK(due(world).empty());  // nothing is pushed
  const json::array all = events(world);
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("message").at("content") == json::value("before"));
  CHECK(all[1].at("message").at("content") == json::value("one"));
  CHECK(all[2].at("type") == json::value("task"));
  CHECK(all[2].at("task").at("title") == json::value("work"));
  CHECK(events(world, {{"after", all[0].at("id")}}).size() == 2);
  CHECK(events(world, {{"limit", 1}}).size() == 1);
  CHECK(world.ok("ansible_ack_inbox", {{"agent", "bob"}, {"upTo", all[1].at("id")}})
            .at("acknowledged") == 2);
  const json::array left = events(world);
  REQUIRE(left.size() == 1);
  CHECK(left[0].at("id") == all[2].at("id"));
  CHECK(world.ok("ansible_read_messages", {{"agent", "bob"}}).at("total") == 0);
  claim(world, text_of(left[0].at("task").get_object(), "id"), "bob");
  CHECK(events(world).empty());
}

TEST_CASE("Fetching: an id of somebody else's event, or of none, is refused") {
  World world = with_agents();
  world.ok("ansible_ack_inbox", {{"agent", "bob"}});
  for (const char* id : {"inbox/ann/1000000000000001", "nonsense", "inbox/bob/", "inbox/bob/x"}) {
    CHECK(code_of(world.call("ansible_poll_inbox", {{"agent", "bob"}, {"after", id}})) ==
          "invalid_argument");
  }
}

TEST_CASE("Opening an inbox leaves a webhook in place") {
  World world = with_agents();
  webhook(world, "bob");
  world.ok("ansible_ack_inbox", {{"agent", "bob"}});
  say(world, "bob", "hello");
  CHECK(events(world).size() == 1);
  CHECK(due(world).size() == 1);
}

TEST_CASE("Fetching: large events come in several replies, and none is too large for one") {
  World world = with_agents();
  world.ok("ansible_ack_inbox", {{"agent", "bob"}});
  const std::string large(60'000, 'x');
  for (int i = 0; i < 36; ++i) {
    world.ok("ansible_send_message", {{"content", std::to_string(i)},
                                      {"to", "bob"},
                                      {"from_agent", "ann"},
                                      {"notify_on_send", false},
                                      {"metadata", {{"large", large}}}});
  }
  const json::array first = events(world, {{"limit", 100}});
  REQUIRE(first.size() == 18);
  CHECK(events(world, {{"limit", 100}, {"after", first[17].at("id")}}).size() == 18);
}

TEST_CASE("the list of sinks counts what waits without reading it") {
  World world = with_agents();
  webhook(world, "bob");
  const auto list = [&] {
    return world.ok("ansible_list_agent_sinks", json::object{}).at("sinks").at(0).at("waiting");
  };
  CHECK(list() == json::value(0));
  for (int i = 0; i < 5; ++i) say(world, "bob", "hello");
  CHECK(list() == json::value(5));
  const std::size_t few = world.keys_read;
  for (int i = 0; i < 200; ++i) say(world, "bob", "hello");
  CHECK(list() == json::value(205));
  CHECK(world.keys_read == few);
  world.ok("ansible_mark_read", {{"agent", "bob"}});
  CHECK(list() == json::value(0));
}

TEST_CASE("What fails after an agent has turned to fetching is not offered to the host again") {
  using enum ansible::DeliveryOutcome;
  for (const auto outcome : {kRetryLater, kGiveUp}) {
    World world = with_agents();
    webhook(world, "bob");
    say(world, "bob", "first");
    say(world, "bob", "second");
    const std::string id = text_of(due(world).at(0), "id");
    world.ok("ansible_set_agent_sink", {{"agent_id", "bob"}});  // without a url: it fetches
    settle(world, id, outcome);
    CHECK(next_due_in(world) == -1);
    CHECK(due(world).empty());
    CHECK_FALSE(world.store.lower_bound("outbox-due/")->first.starts_with("outbox-due/"));
    CHECK(events(world).size() == (outcome == kRetryLater ? 2 : 1));
  }
}

TEST_CASE("An agent from elsewhere does not make the gateway speak to its own machine") {
  World world = with_agents();
  world.agent("ext", "external");
  const std::string ext = token_of(world, "ext");
  const std::string bob = token_of(world, "bob");
  const auto code = [&](const char* agent, const std::string& token, const char* url) {
    json::object args{{"agent_id", agent}, {"url", url}};
    if (!token.empty()) args["agent_token"] = token;
    return code_of(world.call("ansible_set_agent_sink", args));
  };
  CHECK(code("ext", ext, "http://127.0.0.1:8080/admin") == "not_authorized");
  CHECK(code("ext", ext, "HTTP://localhost/") == "not_authorized");
  CHECK(code("ext", ext, "https://example.org/hook") == "ok");
  CHECK(code("ext", "", "http://127.0.0.1:8080/hook") == "ok");   // the operator says so
  CHECK(code("bob", bob, "http://127.0.0.1:8080/hook") == "ok");  // lives here
}

TEST_CASE("Removing a sink for which very much waits goes in steps, and takes all of it back") {
  World world = with_agents();
  webhook(world, "bob");
  for (int i = 0; i < 1'200; ++i) say(world, "bob", "hello");
  world.ok("ansible_remove_agent_sink", {{"agent_id", "bob"}});
  CHECK(world.steps == 3);
  const auto left = world.store.lower_bound("outbox/");
  CHECK((left == world.store.end() || !left->first.starts_with("outbox/")));
  CHECK(world.ok("ansible_list_agent_sinks", json::object{}).at("total") == 0);
}
