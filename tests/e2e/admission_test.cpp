// Invites against tickets over HTTP, as another node asks (COO-4, reference 6.1).
#include <doctest/doctest.h>

#include "e2e/installation.hpp"
#include "support/ed25519.hpp"

using e2e::Installation;
using e2e::Options;
using e2e::text_of;
namespace json = base::json;

namespace {

constexpr const char* kPath = "/ansible/auth/exchange";

Options gated(const std::string& more = "") {
  Options options;
  options.plugin_config = R"("authGate":{"enabled":true)" + (more.empty() ? "" : "," + more) + "}";
  return options;
}

struct Answer {
  int status = 0;
  json::value body;
  std::string error() const { return text_of(body, "error"); }
  std::string reason() const { return text_of(body, "reason"); }
};

Answer post(std::uint16_t port, const std::string& body, const std::string& path = kPath) {
  auto client = test::HttpClient::tcp(port);
  const auto reply = client.post(path, body);
  REQUIRE(reply.has_value());
  return {reply->status, test::parse_json(reply->body)};
}
Answer exchange(std::uint16_t port, const json::object& body) {
  return post(port, json::canonical(body));
}

std::string invited(const Installation& gw, const json::object& args = {}) {
  return text_of(json::value(gw.invoke("ansible_invite_node", args)), "invite_token");
}

json::object request(const std::string& invite, const std::string& node, const std::string& nonce) {
  return {{"inviteToken", invite}, {"nodeId", node}, {"nonce", nonce}};
}

}  // namespace

TEST_CASE("COO-4: a node exchanges its invite for a ticket, and the ticket admits it") {
  const Installation gw(gated());
  gw.start();
  const Answer answer = exchange(gw.port(), request(invited(gw), "node-b", "n1"));
  CHECK(answer.status == 200);
  std::vector<std::string> members;
  for (const auto& member : answer.body.as_object()) members.emplace_back(member.key());
  CHECK(members ==
        std::vector<std::string>{"exchangePath", "expiresAt", "nodeId", "proofRequired", "ticket"});
  CHECK(text_of(answer.body, "exchangePath") == kPath);
  CHECK(answer.body.at("proofRequired") == false);
  const json::object admitted = gw.invoke(
      "ansible_consume_ws_ticket", {{"ticket", answer.body.at("ticket")}, {"node_id", "node-b"}});
  CHECK(admitted.at("success") == true);
  gw.ok("openclaw ansible nodes", "node-b");
  // Neither invite nor ticket is in the log.
  CHECK(test::read_file(gw.state_dir() + "/gateway.log").find(text_of(answer.body, "ticket")) ==
        std::string::npos);
}

TEST_CASE("COO-4: what the exchange refuses, in the order of its checks") {
  const Installation gw(gated());
  gw.start();
  const std::uint16_t port = gw.port();
  auto client = test::HttpClient::tcp(port);
  CHECK(client.get(kPath)->status == 404);
  CHECK(text_of(test::parse_json(client.get(kPath)->body), "error") == "not_found");

  for (const std::string& body : {std::string("{"), std::string("[]"), std::string(),
                                  std::string(R"({"nonce":"a","nonce":"b"})")}) {
    const Answer answer = post(port, body);
    CHECK(answer.status == 400);
    CHECK(answer.error() == "invalid_json");
  }
  json::object large = request("i", "n", "x");
  large["more"] = std::string(16'384, 'x');
  CHECK(exchange(port, large).error() == "invalid_json");
  CHECK(exchange(port, large).reason() == "request_too_large");

  for (const char* name : {"inviteToken", "nodeId", "nonce"}) {
    for (const json::value& value : {json::value(nullptr), json::value("")}) {
      json::object body = request("i", "n", "x");
      body[name] = value;
      const Answer answer = exchange(port, body);
      CHECK(answer.status == 400);
      CHECK(answer.error() == "invalid_request");
      CHECK(answer.reason() == std::string(name) + " is required");
    }
  }
  for (const auto& [name, value] : {std::pair<const char*, json::value>{"nodeId", "../x"},
                                    {"nodeId", 7},
                                    {"ttlSeconds", 4},
                                    {"ttlSeconds", 601},
                                    {"ttlSeconds", "60"}}) {
    json::object body = request("i", "n", "x");
    body[name] = value;
    const Answer answer = exchange(port, body);
    CAPTURE(json::canonical(body));
    CHECK(answer.status == 400);
    CHECK(answer.error() == "invalid_request");
  }
}

TEST_CASE("COO-4: an invite that does not fit fails the exchange, and burns no nonce") {
  const Installation gw(gated());
  gw.start();
  const std::uint16_t port = gw.port();
  const Answer unknown = exchange(port, request("nonsense", "node-b", "n"));
  CHECK(unknown.status == 401);
  CHECK(unknown.error() == "exchange_failed");
  CHECK(unknown.reason() == "invalid_token");
  const std::string bound = invited(gw, {{"node_id", "node-c"}});
  const Answer other = exchange(port, request(bound, "node-b", "n"));
  CHECK(other.status == 403);
  CHECK(other.error() == "exchange_failed");
  CHECK(other.reason() == "node_mismatch");

  const std::string invite = invited(gw);
  CHECK(exchange(port, request(invite, "node-b", "n")).status == 200);
  const Answer again = exchange(port, request(invite, "node-b", "n"));
  CHECK(again.status == 409);
  CHECK(again.error() == "replay_detected");
}

TEST_CASE("COO-4: with requireNodeProof a node signs with a key that is its own") {
  const Installation gw(gated(R"("requireNodeProof":true)"));
  gw.start();
  const test::Ed25519Key key;
  const std::string invite = invited(gw);
  json::object body = request(invite, "node-b", "n");
  const Answer bare = exchange(gw.port(), body);
  CHECK(bare.status == 401);
  CHECK(bare.error() == "node_proof_invalid");
  CHECK(bare.reason() == "missing_signature");
  body["publicKey"] = key.public_pem();
  body["signature"] = key.sign("something else");
  CHECK(exchange(gw.port(), body).reason() == "invalid_signature");
  body["signature"] = key.sign("ansible-auth-exchange|" + invite + "|node-b|n");
  const Answer answer = exchange(gw.port(), body);
  CHECK(answer.status == 200);
  CHECK(answer.body.at("proofRequired") == true);
}

TEST_CASE("COO-4: an address asks so often in a window; malformed bodies do not count") {
  const Installation gw(gated(R"("rateLimitMax":2,"rateLimitWindowSeconds":3600)"));
  gw.start();
  for (int i = 0; i < 5; ++i) CHECK(post(gw.port(), "{").status == 400);
  for (int i = 0; i < 2; ++i) {
    CHECK(exchange(gw.port(), request("nonsense", "b", "n")).status == 401);
  }
  auto client = test::HttpClient::tcp(gw.port());
  const auto reply = client.post(kPath, json::canonical(request("nonsense", "b", "n")));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 429);
  const json::value body = test::parse_json(reply->body);
  CHECK(text_of(body, "error") == "rate_limited");
  CHECK(body.at("retryAfterSeconds").as_int64() >= 1);
  CHECK(reply->headers.at("retry-after") ==
        std::to_string(body.at("retryAfterSeconds").as_int64()));
  CHECK(post(gw.port(), "{}").status == 429);  // counted before its members are judged
}

TEST_CASE("COO-4: without authGate.enabled there is no exchange, with authPort only there") {
  const Installation closed;
  closed.start();
  auto client = test::HttpClient::tcp(closed.port());
  const auto nothing = client.post(kPath, json::canonical(request("i", "n", "x")));
  CHECK(nothing->status == 404);

  const std::uint16_t port = test::free_port();
  const Installation gw(gated(R"("exchangePath":"/x","authPort":)" + std::to_string(port)));
  gw.start();
  const json::object body = request(invited(gw), "node-b", "n");
  CHECK(post(gw.port(), json::canonical(body), "/x").status == 404);
  CHECK(post(port, json::canonical(body), kPath).status == 404);
  const Answer answer = post(port, json::canonical(body), "/x");
  CHECK(answer.status == 200);
  CHECK(text_of(answer.body, "exchangePath") == "/x");
  auto own = test::HttpClient::tcp(port);
  CHECK(own.get("/status", gw.operator_bearer())->status == 404);  // nothing else is served there
}

TEST_CASE("COO-4: the codes of invites and tickets, over HTTP") {
  const Installation gw;
  gw.start();
  const auto code = [&](const char* tool, const json::object& args) {
    return text_of(json::value(gw.invoke(tool, args)), "code");
  };
  const auto ticket = [&](const std::string& invite, const char* node) {
    return text_of(json::value(gw.invoke("ansible_mint_ws_ticket",
                                         {{"invite_token", invite}, {"node_id", node}})),
                   "ticket");
  };
  const std::string invite = invited(gw);
  const std::string mine = ticket(invite, "node-b");
  const std::string other = ticket(invite, "node-c");
  CHECK(code("ansible_join_node", {{"invite_token", "nonsense"}}) == "invalid_token");
  CHECK(code("ansible_mint_ws_ticket", {{"invite_token", invited(gw, {{"node_id", "x"}})},
                                        {"node_id", "y"}}) == "node_mismatch");
  CHECK(code("ansible_consume_ws_ticket", {{"ticket", "nonsense"}, {"node_id", "node-b"}}) ==
        "invalid_ticket");
  CHECK(code("ansible_consume_ws_ticket", {{"ticket", mine}, {"node_id", "node-c"}}) ==
        "ticket_node_mismatch");
  CHECK(code("ansible_consume_ws_ticket", {{"ticket", mine}, {"node_id", "node-b"}}) == "");
  CHECK(code("ansible_consume_ws_ticket", {{"ticket", mine}, {"node_id", "node-b"}}) ==
        "ticket_already_used");
  CHECK(code("ansible_consume_ws_ticket", {{"ticket", other}, {"node_id", "node-c"}}) ==
        "invalid_token");
  CHECK(code("ansible_bootstrap_node", json::object{}) == "conflict");
  CHECK(code("ansible_revoke_node", {{"node_id", "node-e2e"}}) == "conflict");
  CHECK(code("ansible_revoke_node", {{"node_id", "nowhere"}}) == "not_found");
  CHECK(code("ansible_exchange_ws_ticket",
             {{"invite_token", "i"}, {"node_id", "n"}, {"nonce", "x"}, {"signature", "AAAA"}}) ==
        "node_proof_invalid");
}
