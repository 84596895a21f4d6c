#include "messages/receipt.hpp"

#include <algorithm>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/text.hpp"
#include "messages/message_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kExcerptCharacters = 180;

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "broadcast" : out;
}

}  // namespace

std::vector<std::string> send_receipt(Context& context, const Sent& sent,
                                      const std::vector<std::string>& also) {
  std::vector<std::string> wanted = {effective_admin(context)};
  wanted.insert(wanted.end(), context.config.send_receipt_agents.begin(),
                context.config.send_receipt_agents.end());
  wanted.insert(wanted.end(), also.begin(), also.end());
  std::vector<std::string> targets;
  for (const std::string& agent : wanted) {
    const auto in = [&](const std::vector<std::string>& list) {
      return std::find(list.begin(), list.end(), agent) != list.end();
    };
    if (agent == sent.by_agent || in(targets) || in(sent.targets)) continue;
    if (can_receive(context.txn, agent)) targets.push_back(agent);
  }
  if (targets.empty()) return targets;
  Message receipt;
  receipt.from_agent = sent.by_agent;
  receipt.from_node = context.node_id();
  receipt.intent = "send_receipt";
  receipt.to_agents = targets;
  receipt.content = "from: " + sent.by_agent + "\nmessageId: " + sent.id +
                    "\nto: " + joined(sent.targets) +
                    "\nexcerpt: " + excerpt(sent.text, kExcerptCharacters);
  receipt.metadata = {{"kind", "send_receipt"},
                      {"corr", sent.id},
                      {"originalMessageId", sent.id},
                      {"originalTargets", to_array(sent.targets)},
                      {"notifyTo", to_array(targets)}};
  send_message(context, std::move(receipt), "receipt");
  return targets;
}

}  // namespace ansible
