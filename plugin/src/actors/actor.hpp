// Who acts (domain.md, WHO-1 ... WHO-10).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "tools/args.hpp"

namespace ansible {

// The authenticated author of a call.
struct Actor {
  std::string id;  // agent id, or the node id for the operator and the host
  bool operator_ =
      false;           // the gateway's operator (or the host itself): admin rights on this gateway
  bool admin = false;  // operator_, or the gateway's effective admin agent

  // "operator:<node>" or the agent id: how approvals and administration are recorded.
  std::string recorded_as() const;
};

// Resolves the actor from the caller, the agent it names (`named`, may be empty) and a token (WHO-1 ... WHO-6).
// Errors: invalid_token (text contains "agent_token is required" when a token would help), not_authorized (nobody, or an
// agent that is not registered), agent_disabled, invalid_argument (token and another agent's name).
Result<Actor> resolve_actor(Context& context, const std::optional<std::string>& named,
                            const std::optional<std::string>& token);

// The same, from the arguments: `agentId`, `from_agent` and `agent`, whichever are given, and `agent_token`.
// Errors: also invalid_argument when two of the names say two agents.
Result<Actor> resolve_actor(Context& context, const Args& args);

// As above, and refuses everybody but admins with not_authorized (WHO-10), and admins too on a node that was revoked;
// `what` names the operation for the text.
Result<Actor> resolve_admin(Context& context, const Args& args, std::string_view what);

// The agent with admin rights on this gateway: its gateway admin in the store, else that of a gateway whose name is this
// one's in another spelling, else adminAgentId of the config.
std::string effective_admin(Context& context);

// WHO-5: who is meant by a name. `admin`, where nobody is called that, is the gateway's admin.
std::string meant_agent(Context& context, const std::string& named);

// The same of a list, each agent once.
std::vector<std::string> meant_agents(Context& context, const std::vector<std::string>& named);

// Is `gateway` this one? A name that differs only in spelling is, unless a node of that very name has joined.
bool is_here(Context& context, std::string_view gateway);

}  // namespace ansible
