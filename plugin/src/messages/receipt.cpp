#include "messages/receipt.hpp"

#include <algorithm>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "messages/message_store.hpp"

namespace ansible {
namespace {

constexpr std::size_t kExcerptBytes = 180;

// One line: blanks collapsed, cut at a character's border.
std::string excerpt(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
    if (out.size() >= kExcerptBytes) break;
  }
  while (!out.empty() && !json::valid_utf8(out)) out.pop_back();
  return out;
}

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
                    "\nto: " + joined(sent.targets) + "\nexcerpt: " + excerpt(sent.text);
  receipt.metadata = {{"kind", "send_receipt"},
                      {"corr", sent.id},
                      {"originalMessageId", sent.id},
                      {"originalTargets", to_array(sent.targets)},
                      {"notifyTo", to_array(targets)}};
  send_message(context, std::move(receipt), "receipt");
  return targets;
}

}  // namespace ansible
