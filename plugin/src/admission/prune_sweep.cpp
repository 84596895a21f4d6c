#include "admission/prune_sweep.hpp"

#include <charconv>
#include <string>

#include "actors/invite_store.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::size_t kPerStep = 64;

struct Kind {
  std::string_view name;  // in the prune index
  void (*forget)(Transaction& txn, std::string_view id);
};

constexpr Kind kKinds[] = {
    {"agent-invite", erase_agent_invite},
    {"node-invite",
     [](Transaction& txn, std::string_view hash) { txn.erase(key::node_invite(hash)); }},
    {"node-ticket",
     [](Transaction& txn, std::string_view hash) { txn.erase(key::node_ticket(hash)); }},
    {"node-nonce",
     [](Transaction& txn, std::string_view hash) { txn.erase(key::node_nonce(hash)); }},
};

// Forgets at most kPerStep of one kind; returns how many.
std::size_t prune(Context& context, const Kind& kind) {
  const std::string first = "prune/" + std::string(kind.name) + '/';
  const Rows over =
      collect(context.txn, first, first + key::ms(context.now_ms), {.limit = kPerStep});
  for (const auto& [key, empty] : over) {
    kind.forget(context.txn, key::last_part(key));
    context.txn.erase(key);
  }
  return over.size();
}

std::int64_t pruned_before(const std::string& continuation) {
  std::int64_t count = 0;
  std::from_chars(continuation.data(), continuation.data() + continuation.size(), count);
  return count;
}

}  // namespace

ToolResult prune_invites(Context& context) {
  if (!context.node.sweeps) {
    return json::object{{"success", true}, {"skipped", context.node.reason}};
  }
  std::int64_t pruned = pruned_before(context.continuation);
  bool more = false;
  for (const Kind& kind : kKinds) {
    const std::size_t gone = prune(context, kind);
    pruned += static_cast<std::int64_t>(gone);
    more = more || gone == kPerStep;
  }
  if (more) return More{std::to_string(pruned)};
  return json::object{{"success", true}, {"pruned", pruned}};
}

}  // namespace ansible
