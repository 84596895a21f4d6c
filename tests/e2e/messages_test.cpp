// The command line's verbs of messages, sinks and dead letters (reference 8).
#include <doctest/doctest.h>

#include "e2e/installation.hpp"
#include "support/http_receiver.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

TEST_CASE("messages: send with a conversation, a kind and metadata; read, dump and delete") {
  const Installation gw;
  gw.start();
  gw.agent("ann");
  gw.agent("bob");
  gw.ok(
      "openclaw ansible send -m 'Is it done?' -t bob --from ann --conversation-id c1 --kind "
      "question "
      "--metadata '{\"ticket\":7}' --no-notify-on-send",
      "Message sent to 1 recipient(s)");
  gw.ok("openclaw ansible send -m 'To all' --broadcast --from ann --notify-to bob");
  const json::value inbox = gw.document("openclaw ansible messages --agent bob -n 5");
  CHECK(inbox.at("unreadMessages") == 2);
  gw.ok("openclaw ansible messages --agent bob --conversation-id c1", "Is it done?");
  gw.ok("openclaw ansible messages -a --agent ann -f ann --format json", "\"content\": \"To all\"");

  const json::value dump = gw.document("openclaw ansible messages-dump --conversation-id c1");
  REQUIRE(dump.at("returned") == 1);
  const json::value& message = dump.at("items").at(0).at("value");
  CHECK(message.at("metadata").at("kind") == json::value("question"));
  CHECK(message.at("metadata").at("ticket") == 7);
  CHECK(message.at("readBy_agents") == json::array{"ann"});

  const std::string remove =
      "openclaw ansible messages-delete --conversation-id c1 --reason 'cleaning up after a test'";
  gw.refused(remove + " --yes", 4, "agent_token is required");
  const std::string token =
      text_of(gw.document("openclaw ansible agent token-issue --id architect"), "agent_token");
  gw.refused(remove + " --token " + token, 1, "DELETE_MESSAGES");
  gw.ok(remove + " --dry-run --token " + token, "matched: 1");
  gw.ok(remove + " --yes --token " + token, "deleted: 1");
  CHECK(gw.document("openclaw ansible messages --agent bob").at("unreadMessages") == 1);
}

TEST_CASE("agent sinks and dead letters: set, watched, replayed, discarded, removed") {
  const Installation gw;
  gw.start();
  gw.agent("bob");
  test::HttpReceiver gone(test::free_port(), [](const test::Received&) { return 410; });
  gw.refused("openclaw ansible agent sink --id bob --url http://example.org/", 1, "this machine");
  gw.ok("openclaw ansible agent sink --id bob --url " + gone.url(), "secret: whsec_");
  gw.ok("openclaw ansible send -m hello -t bob");
  const auto letters = [&] {
    return gw.document("openclaw ansible dead-letters --agent bob").at("deadLetters").as_array();
  };
  REQUIRE(test::wait_until([&] { return letters().size() == 1; }));
  gw.ok("openclaw ansible dead-letters", "[refused_by_target]");
  gw.ok("openclaw ansible dead-letters replay " + text_of(letters()[0], "id"), "Replayed message");
  REQUIRE(gone.wait_for(2).size() == 2);
  REQUIRE(test::wait_until([&] { return letters().size() == 1; }));
  gw.ok("openclaw ansible dead-letters discard " + text_of(letters()[0], "id"), "Discarded");
  gw.ok("openclaw ansible agent sinks", gone.url());
  gw.ok("openclaw ansible agent sink-remove --id bob");
  gw.ok("openclaw ansible agent sinks", "Agent sinks (0)");
}
