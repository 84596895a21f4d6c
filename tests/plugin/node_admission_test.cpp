// How nodes get in and are put out (COO-4, WHO-10, reference 6.1, 6.2).
#include <doctest/doctest.h>

#include "plugin/support/world.hpp"
#include "support/ed25519.hpp"

using namespace ansible_test;

namespace {

std::string invited(World& world, const json::object& args = {}) {
  return text_of(world.ok("ansible_invite_node", args), "invite_token");
}
json::object mint(World& world, const std::string& invite, std::string_view node, int ttl = 60) {
  return world.call("ansible_mint_ws_ticket",
                    {{"invite_token", invite}, {"node_id", node}, {"ttl_seconds", ttl}});
}
json::object consume(World& world, const std::string& ticket, std::string_view node) {
  return world.call("ansible_consume_ws_ticket", {{"ticket", ticket}, {"node_id", node}});
}
json::object exchange(World& world, const std::string& invite, std::string_view node,
                      std::string_view nonce, const json::object& more = {}) {
  json::object args{{"invite_token", invite}, {"node_id", node}, {"nonce", nonce}};
  for (const auto& member : more) args[member.key()] = member.value();
  return world.call("ansible_exchange_ws_ticket", args);
}
// The proof that `key` makes for an exchange; `shown`: with the key itself.
json::object proof(const test::Ed25519Key& key, const std::string& invite, const std::string& node,
                   const std::string& nonce, bool shown = true) {
  json::object out{
      {"signature", key.sign("ansible-auth-exchange|" + invite + '|' + node + '|' + nonce)}};
  if (shown) out["public_key"] = key.public_pem();
  return out;
}
std::string stored(const World& world, const std::string& key) {
  const auto at = world.store.find(key);
  return at == world.store.end() ? "" : at->second;
}
bool stored_anywhere(const World& world, const std::string& secret) {
  for (const auto& [key, value] : world.store) {
    if ((key + value).find(secret) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("COO-4: a started gateway needs no bootstrap, an empty mesh has one first node") {
  World world(R"({"tier":"edge","capabilities":["build"]})");
  CHECK(code_of(world.call("ansible_bootstrap_node", json::object{})) == "conflict");
  world.store.erase("node/node-a");
  CHECK(code_of(world.call("ansible_bootstrap_node", json::object{})) == "ok");
  CHECK(stored(world, "node/node-a").find(R"("capabilities":["build"])") != std::string::npos);
  CHECK(code_of(world.call("ansible_bootstrap_node", json::object{})) == "conflict");
}

TEST_CASE("COO-4: a backbone invites, an edge does not") {
  World edge(R"({"tier":"edge"})");
  CHECK(code_of(edge.call("ansible_invite_node", json::object{})) == "not_authorized");
  edge.store.erase("node/node-a");
  CHECK(code_of(edge.call("ansible_invite_node", json::object{})) == "ok");  // an empty mesh
  World world;
  const auto reply = world.ok("ansible_invite_node", {{"tier", "backbone"}, {"node_id", "node-b"}});
  CHECK(text_of(reply, "invite_token").size() == 32);
  CHECK(reply.at("expiresAt") == world.now_ms + 15 * 60'000);
  CHECK_FALSE(stored_anywhere(world, text_of(reply, "invite_token")));
  CHECK(code_of(world.call("ansible_invite_node", {{"node_id", "-x"}})) == "invalid_argument");
  CHECK(code_of(world.call("ansible_invite_node", {{"tier", "moon"}})) == "invalid_argument");
}

TEST_CASE("COO-4: a node joins once with an invite that is its own and not over") {
  World world(R"({"tier":"backbone","capabilities":["build"]})");
  const auto join = [&](const std::string& invite) {
    return world.call("ansible_join_node", {{"invite_token", invite}});
  };
  const std::string elsewhere = invited(world, {{"node_id", "node-b"}});
  const std::string late = invited(world);
  const std::string good = invited(world, {{"tier", "backbone"}});
  CHECK(code_of(join("00000000000000000000000000000000")) == "invalid_token");
  CHECK(code_of(join(elsewhere)) == "node_mismatch");
  world.advance_ms(15 * 60'000);
  const auto joined = join(good);  // in its last millisecond
  CHECK(code_of(joined) == "ok");
  CHECK(joined.at("node").at("tier") == json::value("backbone"));
  CHECK(joined.at("node").at("capabilities") == json::value(json::array{"build"}));
  CHECK(code_of(join(good)) == "invalid_token");
  world.advance_ms(1);
  CHECK(code_of(join(late)) == "expired_token");
}

TEST_CASE("COO-4: a ticket stands in for an invite, for one node, for a while, once") {
  World world;
  const std::string invite = invited(world);
  CHECK(code_of(mint(world, "nonsense", "node-b")) == "invalid_token");
  for (const int ttl : {4, 601}) {
    CHECK(code_of(mint(world, invite, "node-b", ttl)) == "invalid_argument");
  }
  const auto first = mint(world, invite, "node-b", 5);
  const std::string late = text_of(first, "ticket");
  CHECK(late.size() == 32);
  CHECK(first.at("expiresAt") == world.now_ms + 5'000);
  CHECK_FALSE(stored_anywhere(world, late));
  const std::string ticket = text_of(mint(world, invite, "node-b"), "ticket");
  const std::string other = text_of(mint(world, invite, "node-c"), "ticket");

  CHECK(code_of(consume(world, "nonsense", "node-b")) == "invalid_ticket");
  CHECK(code_of(consume(world, ticket, "node-c")) == "ticket_node_mismatch");
  world.advance_ms(5'001);
  CHECK(code_of(consume(world, late, "node-b")) == "expired_ticket");
  const auto admitted = consume(world, ticket, "node-b");
  CHECK(code_of(admitted) == "ok");
  CHECK(admitted.at("node").at("capabilities") == json::value(json::array{}));
  CHECK(admitted.at("node").at("addedBy") == json::value("node-a"));
  CHECK(code_of(consume(world, ticket, "node-b")) == "ticket_already_used");
  CHECK(code_of(consume(world, other, "node-c")) == "invalid_token");  // the invite is used up
}

TEST_CASE("COO-4: a ticket admits until the end of its last millisecond, its invite too") {
  World world;
  const std::string invite = invited(world);
  world.advance_ms(15 * 60'000 - 5'000);
  const std::string ticket = text_of(mint(world, invite, "node-b", 600), "ticket");
  world.advance_ms(5'001);
  CHECK(code_of(consume(world, ticket, "node-b")) == "expired_token");
  CHECK(code_of(mint(world, invite, "node-b")) == "expired_token");
  CHECK(stored(world, "node/node-b") == "");
  const std::string next = text_of(mint(world, invited(world), "node-b", 5), "ticket");
  world.advance_ms(5'000);
  CHECK(code_of(consume(world, next, "node-b")) == "ok");
}

TEST_CASE("COO-4: an exchange gives a ticket once per nonce, and burns no nonce in vain") {
  World world;
  const std::string bound = invited(world, {{"node_id", "node-c"}});
  CHECK(code_of(exchange(world, "nonsense", "node-b", "n1")) == "invalid_token");
  CHECK(code_of(exchange(world, bound, "node-b", "n1")) == "node_mismatch");
  const std::string invite = invited(world);
  const auto given = exchange(world, invite, "node-b", "n1");
  CHECK(code_of(given) == "ok");
  CHECK(given.at("expiresAt") == world.now_ms + 60'000);
  CHECK(given.at("proofRequired") == false);
  CHECK(code_of(exchange(world, invite, "node-b", "n1")) == "replay_detected");
  CHECK(code_of(exchange(world, invite, "node-b", "n2")) == "ok");
  CHECK(code_of(consume(world, text_of(given, "ticket"), "node-b")) == "ok");
}

TEST_CASE("COO-4: a ticket's life comes from the call, else from the configuration") {
  World world(R"({"tier":"backbone","authGate":{"ticketTtlSeconds":7}})");
  const std::string invite = invited(world);
  CHECK(exchange(world, invite, "b", "n1").at("expiresAt") == world.now_ms + 7'000);
  CHECK(exchange(world, invite, "b", "n2", {{"ttl_seconds", 600}}).at("expiresAt") ==
        world.now_ms + 600'000);
}

TEST_CASE("COO-4: a node proves its key, and the first key it proves stays") {
  World world(R"({"tier":"backbone","authGate":{"requireNodeProof":true}})");
  const test::Ed25519Key key;
  const test::Ed25519Key stranger;
  const std::string invite = invited(world);
  const auto reason = [&](const json::object& more) {
    const auto reply = exchange(world, invite, "node-b", "n", more);
    CHECK(code_of(reply) == "node_proof_invalid");
    return text_of(reply, "reason");
  };
  CHECK(reason({}) == "missing_signature");
  CHECK(reason(proof(key, invite, "node-b", "n", false)) == "missing_public_key");
  CHECK(reason(proof(key, invite, "node-c", "n")) == "invalid_signature");
  CHECK(reason({{"signature", "%%%"}, {"public_key", key.public_pem()}}) == "invalid_signature");
  CHECK(reason({{"signature", "AAAA"}, {"public_key", "no PEM"}}) == "invalid_public_key");
  CHECK(exchange(world, invite, "node-b", "n", proof(key, invite, "node-b", "n"))
            .at("proofRequired") == true);

  CHECK(code_of(exchange(world, invite, "node-b", "n2", proof(stranger, invite, "node-b", "n2"))) ==
        "node_proof_invalid");
  CHECK(text_of(exchange(world, invite, "node-b", "n2", proof(stranger, invite, "node-b", "n2")),
                "reason") == "public_key_mismatch");
  CHECK(code_of(exchange(world, invite, "node-b", "n2",
                         proof(key, invite, "node-b", "n2", false))) == "ok");
}

TEST_CASE("COO-4: a failed exchange pins no key") {
  World world;
  const test::Ed25519Key squatter;
  const test::Ed25519Key owner;
  CHECK(code_of(exchange(world, "nonsense", "node-b", "n",
                         proof(squatter, "nonsense", "node-b", "n"))) == "invalid_token");
  const std::string invite = invited(world);
  CHECK(code_of(exchange(world, invite, "node-b", "n", proof(owner, invite, "node-b", "n"))) ==
        "ok");
}

TEST_CASE("COO-4: where a key is known, an exchange without it is refused") {
  World world;  // requireNodeProof is off
  const test::Ed25519Key key;
  const std::string invite = invited(world);
  CHECK(code_of(exchange(world, invite, "node-b", "n1", proof(key, invite, "node-b", "n1"))) ==
        "ok");
  CHECK(code_of(exchange(world, invite, "node-b", "n2")) == "node_proof_invalid");
  // An invite that brings another key replaces it: the admin says so.
  const test::Ed25519Key fresh;
  const std::string again =
      invited(world, {{"node_id", "node-b"}, {"public_key", fresh.public_pem()}});
  CHECK(code_of(exchange(world, again, "node-b", "n3", proof(key, again, "node-b", "n3"))) ==
        "node_proof_invalid");
  const auto given =
      exchange(world, again, "node-b", "n3", proof(fresh, again, "node-b", "n3", false));
  CHECK(code_of(consume(world, text_of(given, "ticket"), "node-b")) == "ok");
  const std::string next = invited(world);
  CHECK(code_of(exchange(world, next, "node-b", "n4", proof(key, next, "node-b", "n4"))) ==
        "node_proof_invalid");
  CHECK(code_of(exchange(world, next, "node-b", "n4", proof(fresh, next, "node-b", "n4"))) == "ok");
}

TEST_CASE("COO-4: what is over is taken away; a nonce counts for five minutes") {
  World world;
  const std::string invite = invited(world);
  CHECK(code_of(exchange(world, invite, "node-b", "n")) == "ok");
  world.advance_ms(5 * 60'000);
  world.sweep("invites");
  CHECK(code_of(exchange(world, invite, "node-b", "n")) == "replay_detected");
  world.advance_ms(1);
  CHECK(world.sweep("invites").at("pruned") == 1);
  CHECK(code_of(exchange(world, invite, "node-b", "n")) == "ok");
  world.advance_ms(86'400'000 + 15 * 60'000);
  world.sweep("invites");
  for (const auto& [key, value] : world.store) {
    CAPTURE(key);
    CHECK_FALSE(key.starts_with("node-"));
    CHECK_FALSE(key.starts_with("prune/"));
  }
}

TEST_CASE("WHO-10: a revoked node is gone, its agents disabled, and stays so over its restart") {
  World world;
  CHECK(code_of(consume(world, text_of(mint(world, invited(world), "node-b"), "ticket"),
                        "node-b")) == "ok");
  const std::string token =
      text_of(world.ok("ansible_register_agent",
                       {{"agent_id", "far"}, {"type", "internal"}, {"gateway", "node-b"}}),
              "agent_token");
  world.ok("ansible_set_gateway_admin", {{"gateway_id", "node-b"}, {"admin_agent_id", "far"}});
  world.ok("ansible_set_coordination", {{"coordinator", "node-b"}});
  const auto reply = world.ok("ansible_revoke_node", {{"node_id", "node-b"}, {"reason", "lost"}});
  CHECK(reply.at("disabledAgents") == json::value(json::array{"far"}));
  CHECK(reply.at("coordinatorCleared") == true);
  CHECK(code_of(world.call("ansible_status", {{"agent_token", token}})) == "agent_disabled");
  CHECK(world.ok("ansible_list_gateway_admins", {}).at("total") == 0);
  CHECK(stored(world, "node/node-b") == "");

  world.node_id = "node-b";  // the revoked gateway itself
  world.start();
  world.sweep("pulse");
  CHECK(stored(world, "node/node-b") == "");
  CHECK(stored(world, "pulse/node-b") == "");
  CHECK(code_of(world.call("ansible_enable_agent", {{"agent_id", "far"}})) == "not_authorized");
}

TEST_CASE("WHO-10: only an invite bound to it and made since lets a revoked node back") {
  World world;
  const auto join_as_b = [&](const std::string& invite) {
    world.node_id = "node-b";
    const auto reply = world.call("ansible_join_node", {{"invite_token", invite}});
    world.node_id = "node-a";
    return code_of(reply);
  };
  CHECK(join_as_b(invited(world)) == "ok");
  const std::string before = invited(world, {{"node_id", "node-b"}});
  world.ok("ansible_revoke_node", {{"node_id", "node-b"}});
  world.advance_ms(1);
  CHECK(join_as_b(before) == "node_mismatch");
  CHECK(join_as_b(invited(world)) == "node_mismatch");
  CHECK(join_as_b(invited(world, {{"node_id", "node-b"}})) == "ok");
  world.node_id = "node-b";
  world.start();
  CHECK(stored(world, "pulse/node-b") != "");
}

TEST_CASE("WHO-10: a node does not revoke itself, an edge nobody, and nobody a stranger") {
  World world;
  const auto revoke = [&](const char* node) {
    return code_of(world.call("ansible_revoke_node", {{"node_id", node}}));
  };
  CHECK(revoke("node-a") == "conflict");
  CHECK(revoke("stranger") == "not_found");
  World edge(R"({"tier":"edge"})");
  CHECK(code_of(edge.call("ansible_revoke_node", {{"node_id", "node-b"}})) == "not_authorized");
}
