// A real gateway delivers to real HTTP receivers, and serves inboxes to those who fetch (MSG-4).
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <atomic>

#include "support/gateway_process.hpp"
#include "support/http_receiver.hpp"

using namespace test;
namespace json = base::json;

namespace {

struct Mail {
  Gateway gateway{[] {
    GatewayOptions options;
    options.binary = PROGRAMS "/openclawd";
    options.library = ANSIBLE_PLUGIN;
    return options;
  }()};

  Mail() { gateway.start(); }

  json::object ok(std::string_view tool, const json::object& args) const {
    const ToolReply reply = gateway.invoke(tool, json::canonical(args));
    INFO(reply.error_message, json::canonical(reply.details));
    REQUIRE(reply.status == 200);
    REQUIRE_FALSE(reply.details.as_object().contains("error"));
    return reply.details.as_object();
  }
  std::string agent(const char* id) const {
    return ok("ansible_register_agent", {{"agent_id", id}, {"type", "internal"}})
        .at("agent_token")
        .as_string()
        .c_str();
  }
  std::string hook(const char* id, const std::string& url) const {
    return ok("ansible_set_agent_sink", {{"agent_id", id}, {"url", url}})
        .at("secret")
        .as_string()
        .c_str();
  }
  void say(const char* to, const std::string& content) const {
    ok("ansible_send_message", {{"content", content}, {"to", to}, {"notify_on_send", false}});
  }
  std::int64_t dead_letters() const {
    return ok("ansible_list_dead_letters", {}).at("total").as_int64();
  }
};

std::string said(const Received& request) {
  const json::value event = parse_json(request.body);
  const json::value* message = json::find(event, "message");
  return message != nullptr ? message->at("content").as_string().c_str()
                            : event.at("task").at("title").as_string().c_str();
}

std::string hmac_hex(const std::string& key, const std::string& data) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest.data(), &size);
  std::string out;
  for (const unsigned char byte : digest) {
    static constexpr char kHex[] = "0123456789abcdef";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

HttpHeaders bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

// The events of a long poll.
json::array fetch(const Mail& mail, const std::string& query, const HttpHeaders& headers) {
  const auto reply = mail.gateway.client().get("/agents/bob/inbox" + query, headers);
  REQUIRE(reply.has_value());
  INFO(reply->body);
  REQUIRE(reply->status == 200);
  return parse_json(reply->body).at("result").at("events").as_array();
}

}  // namespace

TEST_CASE("A webhook gets messages and tasks, signed, in order, each with a stable id") {
  const Mail mail;
  mail.agent("bob");
  HttpReceiver receiver(free_port());
  const std::string secret = mail.hook("bob", receiver.url("/hook?x=1"));
  mail.say("bob", "one");
  mail.say("bob", "two");
  mail.ok("ansible_delegate_task",
          {{"title", "work"}, {"description", "d"}, {"assignedTo", "bob"}});
  const auto got = receiver.wait_for(3);
  REQUIRE(got.size() == 3);
  CHECK(said(got[0]) == "one");
  CHECK(said(got[1]) == "two");
  CHECK(said(got[2]) == "work");
  for (const Received& request : got) {
    CHECK(request.path == "/hook?x=1");
    CHECK(request.headers.at("content-type") == "application/json");
    CHECK(request.headers.at("x-openclaw-signature") == "sha256=" + hmac_hex(secret, request.body));
    CHECK(request.headers.at("x-openclaw-delivery") ==
          parse_json(request.body).at("id").as_string().c_str());
    CHECK(request.headers.at("x-openclaw-attempt") == "1");
  }
  CHECK(got[2].headers.at("x-openclaw-event") == "task");
  CHECK(wait_until([&] {
    return mail.ok("ansible_read_messages", {{"agent", "bob"}}).at("unreadMessages") == 0;
  }));
}

TEST_CASE("A receiver that is down gets everything in order once it is up; others do not wait") {
  const Mail mail;
  mail.agent("bob");
  mail.agent("cat");
  const std::uint16_t port = free_port();
  HttpReceiver other(free_port());
  mail.hook("bob", "http://127.0.0.1:" + std::to_string(port) + "/");
  mail.hook("cat", other.url());
  for (const char* text : {"1", "2", "3"}) mail.say("bob,cat", text);
  REQUIRE(other.wait_for(3).size() == 3);
  HttpReceiver receiver(port);
  const auto got = receiver.wait_for(3);
  REQUIRE(got.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(said(got[i]) == std::to_string(i + 1));
}

TEST_CASE(
    "An error answer is tried again with the same id; 410 is a dead letter, for that one only") {
  const Mail mail;
  mail.agent("bob");
  mail.agent("cat");
  std::atomic<int> failures{2};
  HttpReceiver receiver(free_port(), [&](const Received&) { return failures-- > 0 ? 500 : 204; });
  HttpReceiver gone(free_port(), [](const Received&) { return 410; });
  mail.hook("bob", receiver.url());
  mail.hook("cat", gone.url());
  mail.say("bob,cat", "hello");
  const auto got = receiver.wait_for(3);
  REQUIRE(got.size() == 3);
  CHECK(got[0].headers.at("x-openclaw-delivery") == got[2].headers.at("x-openclaw-delivery"));
  CHECK(got[2].headers.at("x-openclaw-attempt") == "3");
  CHECK(got[0].body == got[2].body);
  CHECK(gone.wait_for(1).size() == 1);
  CHECK(wait_until([&] { return mail.dead_letters() == 1; }));
  const json::object letters = mail.ok("ansible_list_dead_letters", {{"agent", "cat"}});
  CHECK(letters.at("deadLetters").at(0).at("lastError") == json::value("HTTP 410"));
}

TEST_CASE("kill -9 between sending and settling: the same delivery comes again, with its id") {
  Mail mail;
  mail.agent("bob");
  std::atomic<bool> killed{false};
  // The gateway dies while it waits for this answer.
  HttpReceiver receiver(free_port(), [&](const Received&) {
    if (!killed.exchange(true)) mail.gateway.process().kill_now();
    return 200;
  });
  mail.hook("bob", receiver.url());
  mail.say("bob", "hello");
  const auto first = receiver.wait_for(1);
  REQUIRE(first.size() == 1);
  mail.gateway.start();
  const auto got = receiver.wait_for(2);
  REQUIRE(got.size() == 2);
  CHECK(got[0].headers.at("x-openclaw-delivery") == got[1].headers.at("x-openclaw-delivery"));
  CHECK(got[0].body == got[1].body);
  CHECK(wait_until([&] {
    return mail.ok("ansible_list_agent_sinks", {}).at("sinks").at(0).at("waiting") == 0;
  }));
}

TEST_CASE("A long poll answers at once what waits, or waits for it, and acknowledges by `after`") {
  const Mail mail;
  const std::string token = mail.agent("bob");
  mail.say("bob", "before");
  const json::array first = fetch(mail, "", bearer(token));
  REQUIRE(first.size() == 1);
  CHECK(first[0].at("message").at("content") == json::value("before"));
  CHECK(fetch(mail, "", bearer(token)).size() == 1);  // not acknowledged
  const std::string id = first[0].at("id").as_string().c_str();
  std::thread sender([&] { mail.say("bob", "while waiting"); });
  const json::array second = fetch(mail, "?wait=60&after=" + id, bearer(token));
  sender.join();
  REQUIRE(second.size() == 1);
  CHECK(second[0].at("message").at("content") == json::value("while waiting"));
  CHECK(fetch(mail, "?wait=1&after=" + std::string(second[0].at("id").as_string().c_str()),
              bearer(token))
            .empty());
}

TEST_CASE("Server-sent events: as they come, resumed by Last-Event-ID, ended by a stop") {
  Mail mail;
  const std::string token = mail.agent("bob");
  mail.say("bob", "one");
  // Reads the stream until it has `n` events; their ids.
  const auto read_events = [&](HttpClient& client, std::size_t n) {
    std::vector<std::string> ids;
    std::string text;
    while (ids.size() < n) {
      const std::string more = client.read_some();
      REQUIRE_MESSAGE(!more.empty(), "the stream ended: " << text);
      text += more;
      for (auto end = text.find("\n\n"); end != std::string::npos; end = text.find("\n\n")) {
        if (text.starts_with("id: ")) ids.push_back(text.substr(4, text.find('\n') - 4));
        text.erase(0, end + 2);
      }
    }
    return ids;
  };
  const auto open = [&](const std::string& last) {
    HttpClient client = mail.gateway.client();
    std::string head = "GET /agents/bob/inbox HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n";
    head += "Authorization: Bearer " + token + "\r\n";
    if (!last.empty()) head += "Last-Event-ID: " + last + "\r\n";
    REQUIRE(client.send(head + "\r\n"));
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos) text += client.read_some(1);
    CHECK(text.find("HTTP/1.1 200") == 0);
    CHECK(text.find("text/event-stream") != std::string::npos);
    return client;
  };
  std::string last;
  {
    HttpClient client = open("");
    const auto first = read_events(client, 1);
    mail.say("bob", "two");
    mail.ok("ansible_delegate_task",
            {{"title", "work"}, {"description", "d"}, {"assignedTo", "bob"}});
    const auto rest = read_events(client, 2);
    CHECK(rest[0] != first[0]);
    last = rest[0];
  }
  HttpClient client = open(last);
  const auto resumed = read_events(client, 1);  // the task alone: the rest has arrived
  CHECK(resumed[0] != last);
  CHECK(mail.ok("ansible_read_messages", {{"agent", "bob"}}).at("unreadMessages") == 0);
  mail.gateway.process().signal(SIGTERM);
  while (!client.read_some().empty()) {
  }
  CHECK(mail.gateway.process().wait(std::chrono::seconds(30)) == 0);
}

TEST_CASE("An inbox is served to its agent and to the operator, to nobody else") {
  const Mail mail;
  const std::string bob = mail.agent("bob");
  const std::string ann = mail.agent("ann");
  const auto status = [&](const char* path, const HttpHeaders& headers) {
    return mail.gateway.client().get(path, headers)->status;
  };
  CHECK(status("/agents/bob/inbox", bearer(bob)) == 200);
  CHECK(status("/agents/bob/inbox", mail.gateway.bearer()) == 200);
  CHECK(status("/agents/bob/inbox", {}) == 401);
  CHECK(status("/agents/bob/inbox", bearer("at_" + std::string(48, '0'))) == 401);
  CHECK(status("/agents/bob/inbox", bearer(ann)) == 403);  // its token names another agent
  CHECK(status("/agents/ghost/inbox", mail.gateway.bearer()) == 403);
  CHECK(status("/agents/bob/inbox?wait=61", bearer(bob)) == 400);
  CHECK(status("/agents/bob/inbox?after=nonsense", bearer(bob)) == 400);
  CHECK(status("/agents/ext%zz/inbox", mail.gateway.bearer()) == 400);
  CHECK(status("/agents/bob/inbox?after=%4", bearer(bob)) == 400);
  const auto body = [&](const char* path, const HttpHeaders& headers) {
    return mail.gateway.client().get(path, headers)->body;
  };
  CHECK(body("/agents/bob/inbox", bearer(ann)).find("\"not_authorized\"") != std::string::npos);
  const std::string wrong = body("/agents/bob/inbox?after=nonsense", bearer(bob));
  CHECK(wrong.find("after, or Last-Event-ID: expected the id of an event") != std::string::npos);
  CHECK(wrong.find("upTo") == std::string::npos);
  CHECK(mail.gateway.client().post("/agents/bob/inbox", "{}", bearer(bob))->status == 405);
}
