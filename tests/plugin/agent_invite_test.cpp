// Invites of agents, token rotation, where internal agents live (WHO-6 ... WHO-10, reference 6.3).
#include <doctest/doctest.h>

#include "plugin/support/world.hpp"

using ansible::CallerKind;
using namespace ansible_test;

namespace {

std::string invited(World& world, std::string_view agent, int minutes = 15) {
  const auto reply =
      world.ok("ansible_invite_agent", {{"agent_id", agent}, {"ttl_minutes", minutes}});
  return text_of(reply, "invite_token");
}
json::object accept(World& world, const std::string& invite) {
  return world.call("ansible_accept_agent_invite", {{"invite_token", invite}});
}
std::string actor(World& world, const std::string& token) {
  const auto reply = world.call("ansible_read_messages", {{"agent_token", token}});
  return reply.contains("error") ? code_of(reply) : text_of(reply, "agent");
}
json::object shown(World& world, std::string_view id) {
  const json::object reply = world.ok("ansible_list_agents", {});
  for (const json::value& agent : reply.at("agents").as_array()) {
    if (agent.at("id") == json::value(id)) return agent.as_object();
  }
  return {};
}
bool stored_anywhere(const World& world, const std::string& secret) {
  for (const auto& [key, value] : world.store) {
    if (key.find(secret) != std::string::npos || value.find(secret) != std::string::npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("WHO-10: an external agent gets its token by an admin's invite, once") {
  World world;
  const auto reply = world.ok("ansible_invite_agent", {{"agent_id", "outside"}});
  const std::string invite = text_of(reply, "invite_token");
  CHECK(invite.starts_with("ait_"));
  CHECK(invite.size() == 4 + 40);
  CHECK(reply.at("expiresAt") == world.now_ms + 15 * 60'000);
  CHECK(text_of(reply, "agent_id") == "outside");
  CHECK(text_of(reply, "invite_id").size() == 36);
  CHECK_FALSE(text_of(reply, "warning").empty());
  CHECK_FALSE(shown(world, "outside").contains("auth"));  // registered, but without a token

  world.caller.kind = CallerKind::kAnonymous;  // the invite is the credential
  const auto accepted = accept(world, invite);
  CHECK(code_of(accepted) == "ok");
  const std::string token = text_of(accepted, "agent_token");
  CHECK(token.starts_with("at_"));
  CHECK(actor(world, token) == "outside");
  CHECK(code_of(accept(world, invite)) == "invalid_token");
  world.caller = {};
  const json::object agent = shown(world, "outside");
  CHECK(text_of(agent, "type") == "external");
  CHECK(agent.at("gateway").is_null());
  CHECK(agent.at("auth").at("acceptedByNode") == json::value("node-a"));
  CHECK(agent.at("auth").at("acceptedAt") == world.now_ms);
}

TEST_CASE("WHO-3: who accepts for an agent is recorded, and must be who it says") {
  World world;
  const std::string token = world.agent("helper");
  const std::string invite = invited(world, "outside");
  const auto accept_as = [&](const std::string& name, const std::string& with) {
    return code_of(
        world.call("ansible_accept_agent_invite",
                   {{"invite_token", invite}, {"from_agent", name}, {"agent_token", with}}));
  };
  world.caller.kind = CallerKind::kAnonymous;
  CHECK(accept_as("helper", "at_wrong") == "invalid_token");
  CHECK(accept_as("admin", token) == "invalid_argument");
  CHECK(accept_as("helper", token) == "ok");
  world.caller = {};
  CHECK(shown(world, "outside").at("auth").at("acceptedByAgent") == json::value("helper"));
}

TEST_CASE("WHO-8: the store holds hashes of invites and tokens, never the texts") {
  World world;
  const std::string invite = invited(world, "outside");
  CHECK_FALSE(stored_anywhere(world, invite));
  const std::string token = text_of(accept(world, invite), "agent_token");
  CHECK_FALSE(stored_anywhere(world, token));
  for (const char* tool : {"ansible_list_agents", "ansible_list_agent_invites"}) {
    const std::string text = json::canonical(world.ok(
        tool, {{"includeUsed", true}, {"includeRevoked", true}, {"includeExpired", true}}));
    CHECK(text.find("tokenHash") == std::string::npos);
    CHECK(text.find(invite) == std::string::npos);
  }
}

TEST_CASE("WHO-10: an invite can be accepted until the end of its last millisecond") {
  World world;
  const std::string first = invited(world, "outside", 1);
  world.advance_ms(60'000);
  CHECK(code_of(accept(world, first)) == "ok");
  const std::string second = invited(world, "outside", 1);
  world.advance_ms(60'001);
  CHECK(code_of(accept(world, second)) == "invalid_token");
}

TEST_CASE("WHO-10: whatever is wrong with an invite, the answer is the same") {
  World world;
  const std::string used = invited(world, "one");
  CHECK(code_of(accept(world, used)) == "ok");
  const std::string superseded = invited(world, "two");
  CHECK(code_of(accept(world, invited(world, "two"))) == "ok");
  const std::string expired = invited(world, "three", 1);
  world.advance_ms(60'001);
  const auto unknown = accept(world, "ait_0000000000000000000000000000000000000000");
  CHECK(code_of(unknown) == "invalid_token");
  for (const std::string& invite : {used, superseded, expired}) {
    CHECK(accept(world, invite) == unknown);
  }
}

TEST_CASE("WHO-10: accepting one invite revokes the agent's others, and only those") {
  World world;
  const std::string other = invited(world, "somebody-else");
  const std::string left = invited(world, "outside");
  const auto taken = accept(world, invited(world, "outside"));
  CHECK(code_of(accept(world, left)) == "invalid_token");
  CHECK(code_of(accept(world, other)) == "ok");
  const auto revoked = world.ok("ansible_list_agent_invites", {{"includeRevoked", true}});
  REQUIRE(revoked.at("total") == 1);
  CHECK(revoked.at("invites").at(0).at("revokedReason") ==
        json::value("superseded-by:" + text_of(taken, "invite_id")));
}

TEST_CASE("WHO-10: invites are listed by what became of them") {
  World world;
  world.ok("ansible_invite_agent", {{"agent_id", "waits"}, {"ttl_minutes", 1440}});
  accept(world, invited(world, "took"));
  invited(world, "late", 1);
  world.advance_ms(60'001);
  const auto total = [&](const json::object& args) {
    return world.ok("ansible_list_agent_invites", args).at("total").as_int64();
  };
  CHECK(total({}) == 1);
  CHECK(total({{"includeUsed", true}}) == 2);
  CHECK(total({{"includeExpired", true}}) == 2);
  CHECK(total({{"includeUsed", true}, {"includeExpired", true}, {"includeRevoked", true}}) == 3);
  CHECK(total({{"all", true}}) == 3);
  const auto active = world.ok("ansible_list_agent_invites", {}).at("invites").at(0);
  CHECK(active.at("agent_id") == json::value("waits"));
  CHECK(active.at("status") == json::value("active"));
}

TEST_CASE("WHO-6: neither an invite nor an acceptance is there for a disabled agent") {
  World world;
  const std::string invite = invited(world, "outside");
  world.ok("ansible_disable_agent", {{"agent_id", "outside"}});
  CHECK(code_of(world.call("ansible_invite_agent", {{"agent_id", "outside"}})) == "agent_disabled");
  CHECK(code_of(accept(world, invite)) == "agent_disabled");
  world.ok("ansible_enable_agent", {{"agent_id", "outside"}});
  CHECK(code_of(accept(world, invite)) == "ok");  // the refusal did not use it up
}

TEST_CASE("WHO-10: internal agents are not invited, and odd names neither") {
  World world;
  world.agent("builder");
  CHECK(code_of(world.call("ansible_invite_agent", {{"agent_id", "builder"}})) == "conflict");
  CHECK(code_of(world.call("ansible_invite_agent", {{"agent_id", "../x"}})) == "invalid_argument");
  for (const int minutes : {0, 1441}) {
    CHECK(code_of(world.call("ansible_invite_agent",
                             {{"agent_id", "x"}, {"ttl_minutes", minutes}})) == "invalid_argument");
  }
  CHECK(shown(world, "x").empty());
}

TEST_CASE(
    "WHO-10: ended invites are taken away by the sweep, seven days after they could be used") {
  World world;
  for (int i = 0; i < 150; ++i) invited(world, "a" + std::to_string(i), 1);
  invited(world, "stays", 1440);
  world.advance_ms(60'000 + 7 * 86'400'000LL);
  CHECK(world.sweep("invites").at("pruned") == 0);
  world.advance_ms(1);
  CHECK(world.sweep("invites").at("pruned") == 150);
  CHECK(world.steps > 1);
  std::size_t left = 0;
  for (const auto& [key, value] : world.store) {
    left += key.starts_with("agent-invite") || key.starts_with("prune/") ? 1 : 0;
  }
  CHECK(left == 4);  // the record, its two indexes and its end
  world.sweeps = false;
  CHECK(world.sweep("invites").contains("skipped"));
}

TEST_CASE("WHO-8: a replayed issue gives everything but the secret, and has no second effect") {
  World world;
  const json::object cases[] = {
      {{"tool", "ansible_register_agent"}, {"secret", "agent_token"}, {"id", "one"}},
      {{"tool", "ansible_issue_agent_token"}, {"secret", "agent_token"}, {"id", "one"}},
      {{"tool", "ansible_invite_agent"}, {"secret", "invite_token"}, {"id", "two"}}};
  for (const json::object& row : cases) {
    const std::string tool = text_of(row, "tool");
    CAPTURE(tool);
    const json::object args{{"agent_id", row.at("id")}, {"idempotency_key", "k"}};
    json::object first = world.ok(tool, args);
    const std::string secret = text_of(first, text_of(row, "secret"));
    REQUIRE_FALSE(secret.empty());
    const auto before = world.store;
    const json::object again = world.ok(tool, args);
    CHECK(world.store == before);
    CHECK(again.at("idempotent") == true);
    first.erase(text_of(row, "secret"));
    first["idempotent"] = true;
    CHECK(again == first);
    CHECK_FALSE(stored_anywhere(world, secret));
    const json::object other{{"agent_id", "three"}, {"idempotency_key", "k"}};
    CHECK(code_of(world.call(tool, other)) == "idempotency_conflict");
  }
}

TEST_CASE(
    "WHO-9: rotating a token keeps when the first was issued, and works for a disabled agent") {
  World world;
  const std::string old = world.agent("builder");
  const std::int64_t issued = world.now_ms;
  world.advance_ms(1'000);
  world.ok("ansible_disable_agent", {{"agent_id", "builder"}});
  const auto reply = world.ok("ansible_issue_agent_token",
                              {{"agent_id", "builder"}, {"expires_in_seconds", 3600}});
  const std::string token = text_of(reply, "agent_token");
  CHECK(actor(world, old) == "invalid_token");
  CHECK(actor(world, token) == "agent_disabled");
  world.ok("ansible_enable_agent", {{"agent_id", "builder"}});
  CHECK(actor(world, token) == "builder");
  const json::value auth = shown(world, "builder").at("auth");
  CHECK(auth.at("issuedAt") == issued);
  CHECK(auth.at("rotatedAt") == issued + 1'000);
  CHECK(auth.at("expiresAt") == issued + 1'000 + 3'600'000);
}

TEST_CASE("WHO-5: naming 'admin' beside the admin's own token names nobody else") {
  World world(R"({"tier":"backbone","adminAgentId":"architect"})");
  const std::string token =
      text_of(world.ok("ansible_issue_agent_token", {{"agent_id", "architect"}}), "agent_token");
  world.caller.kind = CallerKind::kAnonymous;
  CHECK(code_of(world.call("ansible_invite_agent",
                           {{"agent_id", "x"}, {"from_agent", "admin"}, {"agent_token", token}})) ==
        "ok");
}

TEST_CASE("WHO-2: an agent whose gateway is spelled otherwise lives here, unless that is a node") {
  World world;
  world.ok("ansible_register_agent",
           {{"agent_id", "old"}, {"type", "internal"}, {"gateway", "Node_A-host"}});
  CHECK(code_of(world.call("ansible_read_messages", {{"agent", "old"}})) == "ok");
  world.store["node/Node_A-host"] = R"({"name":"Node_A-host","tier":"edge"})";
  CHECK(code_of(world.call("ansible_read_messages", {{"agent", "old"}})) == "invalid_token");
}

TEST_CASE("WHO-10: an internal agent moves to a node, an external one does not") {
  World world;
  world.store["node/node-b"] = R"({"name":"node-b","tier":"edge"})";
  world.agent("builder");
  world.agent("outside", "external");
  const auto rebind = [&](const char* agent, const char* gateway) {
    return world.call("ansible_rebind_agent", {{"agent_id", agent}, {"gateway", gateway}});
  };
  const auto moved = rebind("builder", "node-b");
  CHECK(moved.at("changed") == true);
  CHECK(text_of(moved, "from_gateway") == "node-a");
  CHECK(text_of(shown(world, "builder"), "gateway") == "node-b");
  CHECK(shown(world, "builder").at("reboundBy") == json::value("node-a"));
  const auto before = world.store;
  CHECK(rebind("builder", "node-b").at("changed") == false);
  CHECK(world.store == before);
  CHECK(code_of(rebind("builder", "nowhere")) == "not_found");
  CHECK(code_of(rebind("nobody", "node-b")) == "not_found");
  CHECK(code_of(rebind("outside", "node-b")) == "conflict");
}

TEST_CASE("WHO-10: gateways in another spelling are normalized where exactly one node is meant") {
  World world;
  world.store["node/vps-jane"] = R"({"name":"vps-jane","tier":"edge"})";
  world.store["node/twin.one"] = R"({"name":"twin.one","tier":"edge"})";
  world.store["node/twin-one"] = R"({"name":"twin-one","tier":"edge"})";
  for (const auto& [id, gateway] : {std::pair<const char*, const char*>{"a", "VPS_Jane-host"},
                                    {"b", "vps-jane"},
                                    {"c", "twin_one"},
                                    {"d", "elsewhere"}}) {
    world.ok("ansible_register_agent",
             {{"agent_id", id}, {"type", "internal"}, {"gateway", gateway}});
  }
  const auto before = world.store;
  const auto dry = world.ok("ansible_normalize_internal_gateways", {{"dry_run", true}});
  CHECK(world.store == before);
  CHECK(dry.at("candidates") == 1);
  CHECK(dry.at("changed") == 0);
  const auto done = world.ok("ansible_normalize_internal_gateways", {});
  CHECK(done.at("changed") == 1);
  CHECK(done.at("scannedInternalAgents") == 6);  // and the node's own and the admin
  CHECK(done.at("changes") ==
        json::value(json::array{json::object{
            {"agent_id", "a"}, {"from_gateway", "VPS_Jane-host"}, {"to_gateway", "vps-jane"}}}));
  CHECK(shown(world, "a").at("reboundReason") == json::value("normalize_internal_gateways"));
  CHECK(world.ok("ansible_normalize_internal_gateways", {}).at("changed") == 0);
}

TEST_CASE("WHO-10: invites, moves and admission need an admin") {
  World world;
  world.agent("builder");
  world.store["node/node-b"] = R"({"name":"node-b","tier":"edge"})";
  const std::string node_invite =
      text_of(world.ok("ansible_invite_node", {{"tier", "backbone"}}), "invite_token");
  for (const auto& [tool, args] :
       {std::pair<const char*, json::object>{"ansible_invite_agent", {{"agent_id", "x"}}},
        {"ansible_list_agent_invites", {}},
        {"ansible_rebind_agent", {{"agent_id", "builder"}, {"gateway", "node-a"}}},
        {"ansible_normalize_internal_gateways", {}},
        {"ansible_set_gateway_admin", {{"gateway_id", "node-a"}, {"admin_agent_id", "admin"}}},
        {"ansible_seed_gateway_admins", {}},
        {"ansible_invite_node", {}},
        {"ansible_mint_ws_ticket", {{"invite_token", node_invite}, {"node_id", "node-c"}}},
        {"ansible_exchange_ws_ticket",
         {{"invite_token", node_invite}, {"node_id", "node-c"}, {"nonce", "n"}}},
        {"ansible_join_node", {{"invite_token", node_invite}}},
        {"ansible_revoke_node", {{"node_id", "node-b"}}}}) {
    CAPTURE(tool);
    json::object named = args;
    named["from_agent"] = "builder";
    const auto before = world.store;
    CHECK(code_of(world.call(tool, named)) == "not_authorized");
    CHECK(world.store == before);
    world.caller.kind = CallerKind::kAnonymous;
    CHECK(code_of(world.call(tool, args)) == "not_authorized");
    world.caller = {};
    CHECK(code_of(world.call(tool, args)) == "ok");
  }
}
