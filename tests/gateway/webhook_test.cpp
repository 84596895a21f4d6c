// The host, the real plugin and the webhook client in one process, on a clock that the test moves: what takes the
// better part of an hour otherwise.
#include "daemon/webhook.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/json.hpp"
#include "gateway/host.hpp"
#include "gateway/memory_engine.hpp"
#include "support/http_client.hpp"
#include "support/http_receiver.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace gateway_app;
namespace json = base::json;

namespace {

struct Post {
  test::TempDir dir;
  EventLoop loop;
  Webhooks webhooks{loop, WebhookOptions{}, {}};
  std::shared_ptr<gateway::ManualClock> clock =
      std::make_shared<gateway::ManualClock>(1'800'000'000'000);
  std::unique_ptr<gateway::Host> host;
  std::thread network{[this] { loop.run(); }};

  Post() {
    std::filesystem::permissions(dir.path(), std::filesystem::perms::owner_all);
    gateway::HostOptions options;
    options.node = {"node-a", true};
    options.library = ANSIBLE_PLUGIN;
    options.config_json = R"({"tier":"backbone"})";
    options.prover = PROVER;
    options.prove_timeout = std::chrono::seconds(60);
    options.clock = clock;
    options.deliver["inbox"] = [this](const gateway::Delivery& delivery,
                                      gateway::DeliveryDone done) {
      webhooks.deliver(delivery, std::move(done));
    };
    auto state = gateway::StateDir::acquire(dir.path());
    REQUIRE(state.ok());
    auto opened = gateway::Host::open(std::move(options), *std::move(state),
                                      std::make_unique<gateway::MemoryEngine>());
    REQUIRE(opened.ok());
    host = *std::move(opened);
    INFO(host->status().reason);
    REQUIRE(host->status().active.has_value());
  }
  ~Post() {
    host->shutdown(std::chrono::milliseconds(5'000));
    loop.stop();
    network.join();
  }

  json::object ok(const char* tool, const json::object& args) const {
    gateway::Request request;
    request.name = tool;
    request.args_json = json::canonical(args);
    request.caller_kind = GW_CALLER_OPERATOR;
    const gateway::Outcome outcome = host->run(std::move(request));
    INFO(outcome.body, outcome.message);
    REQUIRE(outcome.status == GW_OK);
    return json::parse(outcome.body)->get_object();
  }
  void agent(const char* id, const std::string& url) const {
    ok("ansible_register_agent", {{"agent_id", id}, {"type", "internal"}});
    ok("ansible_set_agent_sink", {{"agent_id", id}, {"url", url}});
  }
};

// How a delivery to a receiver that answers with `status` ends.
gateway::DeliveryResult delivered_to(int status) {
  test::HttpReceiver receiver(test::free_port(), [&](const test::Received&) { return status; });
  EventLoop loop;
  Webhooks webhooks(loop, WebhookOptions{}, {});
  const json::object payload{
      {"url", receiver.url()}, {"secret", "s"}, {"body", json::object{{"type", "message"}}}};
  gateway::DeliveryResult result;
  webhooks.deliver({"inbox/bob/1", "inbox", "bob", json::canonical(payload), 1},
                   [&](gateway::DeliveryResult told) {
                     result = std::move(told);
                     loop.stop();
                   });
  loop.run();
  return result;
}

}  // namespace

TEST_CASE("MSG-4: what a receiver refuses for good is given up at once, all else is tried again") {
  using enum gateway::DeliveryResult::Kind;
  for (const int status : {200, 201, 204}) CHECK(delivered_to(status).kind == kDelivered);
  for (const int status : {400, 410, 413, 414, 415, 422, 431}) {
    const auto result = delivered_to(status);
    CHECK_MESSAGE(result.kind == kGiveUp, status);
    CHECK(result.detail == "HTTP " + std::to_string(status));
  }
  for (const int status : {301, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504}) {
    CHECK_MESSAGE(delivered_to(status).kind == kRetryLater, status);
  }
}

TEST_CASE("MSG-4: fifteen times 500, then a dead letter for that recipient only") {
  Post post;
  std::atomic<bool> broken{true};
  test::HttpReceiver bad(test::free_port(),
                         [&](const test::Received&) { return broken ? 500 : 200; });
  test::HttpReceiver good(test::free_port());
  post.agent("bob", bad.url());
  post.agent("cat", good.url());
  post.ok("ansible_send_message", {{"content", "hello"}, {"to", "bob,cat"}});
  for (std::size_t n = 1; n <= 15; ++n) {
    REQUIRE(bad.wait_for(n).size() == n);
    // Settled, and so due again: only then may the clock go on.
    REQUIRE(test::wait_until([&] {
      const json::object sinks = post.ok("ansible_list_agent_sinks", {});
      const json::object& bob = sinks.at("sinks").at(0).as_object();
      return n == 15 ? bob.at("waiting") == 0 : bob.contains("attempts") && bob.at("attempts") == n;
    }));
    if (n < 15) post.clock->advance(360'001);
  }
  CHECK(good.wait_for(1).size() == 1);
  const json::object letters = post.ok("ansible_list_dead_letters", {});
  REQUIRE(letters.at("total") == 1);
  CHECK(letters.at("deadLetters").at(0).at("agents") == json::array{"bob"});
  CHECK(letters.at("deadLetters").at(0).at("lastError") == json::value("HTTP 500"));
  broken = false;
  post.ok("ansible_replay_dead_letter", {{"id", letters.at("deadLetters").at(0).at("id")}});
  const auto got = bad.wait_for(16);
  REQUIRE(got.size() == 16);
  CHECK(got[15].headers.at("x-openclaw-attempt") == "1");
}

TEST_CASE("URLs of webhooks: what is understood, and what is none") {
  const auto url = parse_webhook_url("https://example.org/a?b=c#d");
  REQUIRE(url.has_value());
  CHECK(url->tls);
  CHECK(url->host == "example.org");
  CHECK(url->port == "443");
  CHECK(url->target == "/a?b=c");
  CHECK(parse_webhook_url("HTTP://[::1]:8080")->host == "::1");
  CHECK(parse_webhook_url("http://[::1]:8080")->port == "8080");
  CHECK(parse_webhook_url("http://localhost?x")->target == "/?x");
  for (const char* bad : {"", "example.org", "ftp://x/", "http://", "http://a:b/", "http://u@h/",
                          "http://[::1/", "http://h:123456/", "http://[::1].x/"}) {
    CHECK_FALSE_MESSAGE(parse_webhook_url(bad).has_value(), bad);
  }
}

TEST_CASE("Plain http leaves this machine for nobody, whatever the sink says") {
  EventLoop loop;
  Webhooks webhooks(loop, WebhookOptions{}, {});
  gateway::Delivery delivery{"inbox/bob/1", "inbox", "bob",
                             R"({"url":"http://192.0.2.1/","secret":"s","body":{}})", 1};
  gateway::DeliveryResult result{gateway::DeliveryResult::Kind::kDelivered, ""};
  webhooks.deliver(delivery, [&](gateway::DeliveryResult told) {
    result = std::move(told);
    loop.stop();
  });
  loop.run();
  CHECK(result.kind == gateway::DeliveryResult::Kind::kRetryLater);
  CHECK(result.detail.find("this machine only") != std::string::npos);
}
