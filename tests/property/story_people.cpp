// What the story does with people and their gateways: invites, tokens, homes, admins; nodes that come and go.
#include "property/story.hpp"

namespace property {

Step Story::invite_people() {
  static const std::vector<std::string> kGuests = {"ext-1", "ext-2", "guest-1", "guest-2", "bob"};
  switch (number(4)) {
    case 0: {
      json::object args{{"agent_id", one_of(kGuests)}, {"ttl_minutes", 1 + number(60)}};
      maybe_key(args);
      return tool("invite_agent", std::move(args));
    }
    case 1:
      return tool("list_agent_invites", {{"all", chance(50)}});
    default:
      return accept_invite();
  }
}

// Mostly the newest one, which has not run out.
Step Story::accept_invite() {
  const std::string token = invites_.empty() ? "ait_none"
                            : chance(70)     ? invites_.back()
                                             : one_of(invites_);
  json::object args{{"invite_token", token}};
  if (chance(20)) args["from_agent"] = agent();
  return tool("accept_agent_invite", std::move(args));
}

Step Story::exchange_invite() {
  return tool("exchange_ws_ticket", {{"invite_token", node_invites_.back()},
                                     {"node_id", chance(50) ? "node-b" : "node-c"},
                                     {"nonce", "nonce-" + std::to_string(++keys_)}});
}

Step Story::come_with_ticket() {
  return tool("consume_ws_ticket", {{"ticket", tickets_.empty() ? "none" : tickets_.back()},
                                    {"node_id", chance(50) ? "node-b" : "node-c"}});
}

// Somebody acts by a token of its own, new or old.
Step Story::use_token() {
  if (tokens_.empty() || chance(30)) {
    json::object args{{"agent_id", agent()}};
    if (chance(30)) args["expires_in_seconds"] = 60 + number(3'000);
    maybe_key(args);
    return tool("issue_agent_token", std::move(args));
  }
  json::object args{{"agent_token", one_of(tokens_)}};
  if (chance(50)) return tool("read_messages", std::move(args));
  args["content"] = "by token";
  if (chance(70)) args["to"] = agent();
  return tool("send_message", std::move(args));
}

Step Story::move_people() {
  static const std::vector<std::string> kNodes = {"node-a", "node-b", "node-c"};
  switch (number(4)) {
    case 0:
      return tool("rebind_agent", {{"agent_id", agent()}, {"gateway", one_of(kNodes)}});
    case 1:
      return tool("normalize_internal_gateways", {{"dry_run", chance(50)}});
    case 2:
      return tool("seed_gateway_admins", {{"dry_run", chance(50)}});
    default:
      return tool("set_gateway_admin",
                  {{"gateway_id", one_of(kNodes)}, {"admin_agent_id", agent()}});
  }
}

// Somebody comes, leaves finished work behind, and is purged with it.
Step Story::welcome_visitor() {
  return tool("register_agent", {{"agent_id", "visitor"}, {"type", "internal"}});
}

// Imported, because no tool lets the visitor take what is others' to do.
Step Story::work_of_visitor() {
  const json::object task{{"title", "from before"},
                          {"description", "what it said"},
                          {"status", chance(50) ? "completed" : "failed"},
                          {"createdBy_agent", chance(50) ? "visitor" : agent()},
                          {"createdAt", 1'700'000'000'000 + number(100'000)},
                          {"assignedTo_agent", chance(30) ? "visitor" : agent()},
                          {"claimedBy_agent", chance(70) ? "visitor" : agent()}};
  const std::string id = "visit-" + std::to_string(++keys_);
  tasks_.push_back(id);
  return tool("import", {{"section", "tasks"}, {"items", {{{"key", id}, {"value", task}}}}});
}

// Now and then the admin is to go, which is refused.
Step Story::purge_visitor() {
  return tool("purge_agent", {{"agent_id", chance(90) ? "visitor" : "architect"}});
}

// Nodes are invited, exchange their invite for a ticket, come with it, and are revoked.
Step Story::admit_nodes() {
  static const std::vector<std::string> kNodes = {"node-b", "node-c"};
  const std::string& node = one_of(kNodes);
  const std::string invite = node_invites_.empty() ? "none" : one_of(node_invites_);
  switch (number(5)) {
    case 0: {
      json::object args{{"tier", chance(50) ? "edge" : "backbone"}};
      if (chance(50)) args["node_id"] = node;
      maybe_key(args);
      return tool("invite_node", std::move(args));
    }
    case 1:
      return tool("mint_ws_ticket", {{"invite_token", invite}, {"node_id", node}});
    case 2:
      return tool("exchange_ws_ticket", {{"invite_token", invite},
                                         {"node_id", node},
                                         {"nonce", "nonce-" + std::to_string(number(20))}});
    case 3:
      return tool("consume_ws_ticket",
                  {{"ticket", tickets_.empty() ? "none" : one_of(tickets_)}, {"node_id", node}});
    default:
      if (chance(60)) return tool("status", {});
      return tool("revoke_node", {{"node_id", node}, {"reason", "lost"}});
  }
}

}  // namespace property
