// Agents, their tokens and invites, gateway admins; how nodes get in and out.
#include "bench/tool_calls.hpp"

namespace bench {
namespace {

json::object nothing(Mesh&) { return {}; }

json::object of_agent(const std::string& id, json::object more = {}) {
  more["agent_id"] = id;
  return more;
}

json::object exchange(Mesh& mesh) {
  return {{"invite_token", mesh.node_invite()},
          {"node_id", mesh.fresh("node")},
          {"nonce", mesh.fresh("nonce")}};
}

constexpr ToolCall kCalls[] = {
    {"register_agent", "", [](Mesh& mesh) { return of_agent(mesh.fresh("new")); }},
    {"issue_agent_token", "", [](Mesh& mesh) { return of_agent(mesh.agent()); }},
    {"disable_agent", "", [](Mesh& mesh) { return of_agent(mesh.agent()); }},
    {"enable_agent", "",
     [](Mesh& mesh) {
       const std::string id = mesh.agent();
       mesh.gateway().tool("ansible_disable_agent", of_agent(id));
       return of_agent(id);
     }},
    {"purge_agent", "", [](Mesh& mesh) { return of_agent(mesh.agent()); }},
    {"list_agents", "", nothing},
    {"invite_agent", "", [](Mesh& mesh) { return of_agent(mesh.fresh("guest")); }},
    {"accept_agent_invite", "",
     [](Mesh& mesh) {
       const json::object invite =
           mesh.gateway().tool("ansible_invite_agent", of_agent(mesh.fresh("guest")));
       return json::object{{"invite_token", text_at(invite, "invite_token")}};
     }},
    {"list_agent_invites", "", nothing},
    {"rebind_agent", "",
     [](Mesh& mesh) {
       return of_agent(mesh.agent(), {{"gateway", mesh.node()}});
     }},
    {"normalize_internal_gateways", "", nothing},
    {"set_agent_distribution_opt_in", "",
     [](Mesh&) {
       return of_agent("agent-9", {{"opt_in", true}});
     }},
    {"set_gateway_admin", "",
     [](Mesh& mesh) {
       return json::object{{"gateway_id", mesh.node()}, {"admin_agent_id", "agent-1"}};
     }},
    {"seed_gateway_admins", "", nothing},
    {"list_gateway_admins", "", nothing},
    {"bootstrap_node", "", nothing, false, true},
    {"invite_node", "", nothing},
    {"join_node", "",
     [](Mesh& mesh) {
       return json::object{{"invite_token", mesh.node_invite()}};
     }},
    {"mint_ws_ticket", "",
     [](Mesh& mesh) {
       return json::object{{"invite_token", mesh.node_invite()}, {"node_id", mesh.fresh("node")}};
     }},
    {"consume_ws_ticket", "",
     [](Mesh& mesh) {
       const std::string node = mesh.fresh("node");
       return json::object{{"ticket", mesh.ticket(node)}, {"node_id", node}};
     }},
    {"exchange_ws_ticket", "", exchange},
    {"revoke_node", "",
     [](Mesh& mesh) {
       return json::object{{"node_id", mesh.node()}};
     }},
};

}  // namespace

std::span<const ToolCall> agent_calls() { return kCalls; }

}  // namespace bench
