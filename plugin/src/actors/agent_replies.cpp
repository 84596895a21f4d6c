#include "actors/agent_replies.hpp"

#include <utility>

#include "actors/agent_store.hpp"
#include "core/ids.hpp"

namespace ansible {

std::optional<Error> check_id(std::string_view pointer, std::string_view id) {
  if (valid_id(id)) return std::nullopt;
  const std::string got = brief(json::value(id));
  const std::string expected =
      "1-100 characters of A-Z a-z 0-9 . _ : @ -, not beginning with '.' or '-'";
  return Error{code::kInvalidArgument,
               std::string(pointer.substr(1)) + ": expected " + expected + ", got " + got,
               {{"pointer", pointer}, {"expected", expected}, {"got", got}}};
}

Result<Agent> existing_agent(Context& context, const Args& args) {
  const std::string id = *args.text("agent_id");
  auto agent = load_agent(context.txn, id);
  if (!agent) {
    return Error{code::kNotFound,
                 "agent '" + id + "' is not registered; ansible_list_agents shows who is"};
  }
  return std::move(*agent);
}

json::object with_token(const Agent& agent, const std::string& token, const std::string& message) {
  return {{"success", true},
          {"agent_id", agent.id},
          {"agent", public_json(agent)},
          {"agent_token", token},
          {"message", message}};
}

json::object changed_agent(const Agent& agent, bool changed, const std::string& message) {
  return {{"success", true},
          {"changed", changed},
          {"agent_id", agent.id},
          {"agent", public_json(agent)},
          {"message", message}};
}

}  // namespace ansible
