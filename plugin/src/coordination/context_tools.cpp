// ansible_update_context, ansible_advertise_skills, ansible_context_block (reference 5.1, 7).
#include <algorithm>
#include <array>

#include "actors/actor.hpp"
#include "coordination/context_block.hpp"
#include "coordination/context_store.hpp"
#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"
#include "messages/lifecycle_event.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kMostSkills = 100;
constexpr Param kFrom = acting_agent("from_agent");

constexpr std::array<Param, 1> kThreadMembers = {{{.name = "summary",
                                                   .type = kString,
                                                   .description = "What it is about",
                                                   .required = true,
                                                   .max_length = 200}}};
constexpr std::array<Param, 2> kDecisionMembers = {{
    {.name = "decision",
     .type = kString,
     .description = "What was decided",
     .required = true,
     .max_length = 200},
    {.name = "reasoning", .type = kString, .description = "Why", .max_length = 5'000},
}};

constexpr std::array<Param, 5> kUpdateParams = {{
    {.name = "currentFocus",
     .type = kString,
     .description = "What the agent is working on; empty: nothing any more",
     .max_length = 5'000},
    {.name = "addThread",
     .type = kObject,
     .description = "A thread to remember, newest first (10 are kept)",
     .members = kThreadMembers},
    {.name = "addDecision",
     .type = kObject,
     .description = "A decision to remember, newest first (10 are kept)",
     .members = kDecisionMembers},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 3> kAdvertiseParams = {{
    {.name = "skills",
     .type = kStrings,
     .description = "All skills of the agent; they replace what it advertised before",
     .required = true,
     .max_length = 200,
     .min_items = 1},
    kFrom,
    kAgentToken,
}};

constexpr std::array<Param, 2> kBlockParams = {{acting_agent("agent"), kAgentToken}};

template <class Entry>
void add_newest(std::vector<Entry>& entries, Entry entry) {
  entries.insert(entries.begin(), std::move(entry));
  if (entries.size() > AgentContext::kMostEntries) entries.resize(AgentContext::kMostEntries);
}

ToolResult update(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  if (!args.has("currentFocus") && !args.has("addThread") && !args.has("addDecision")) {
    return Error{code::kInvalidArgument,
                 "expected at least one of currentFocus, addThread, addDecision",
                 {{"pointer", ""}, {"expected", "at least one value"}, {"got", "none"}}};
  }
  AgentContext own = load_context(context.txn, actor->id);
  if (const auto focus = args.text("currentFocus")) own.current_focus = trimmed(*focus);
  if (args.has("addThread")) {
    add_newest(own.threads,
               {new_uuid(context.txn, "thread-id"),
                text_field(args.object("addThread"), "summary").value_or(""), context.now_ms});
  }
  if (args.has("addDecision")) {
    const json::object decision = args.object("addDecision");
    add_newest(own.decisions, {text_field(decision, "decision").value_or(""),
                               text_field(decision, "reasoning").value_or(""), context.now_ms});
  }
  own.updated_at = context.now_ms;
  save_context(context.txn, actor->id, own);
  return json::object{{"success", true},
                      {"agentId", actor->id},
                      {"context", to_json(own)},
                      {"message", "Context of '" + actor->id + "' updated"}};
}

ToolResult advertise(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  std::vector<std::string> skills = args.texts("skills");
  if (skills.empty() || skills.size() > kMostSkills) {
    const std::string expected =
        "1 to " + std::to_string(kMostSkills) + " skills that are not blank";
    return Error{
        code::kInvalidArgument,
        "skills: expected " + expected + ", got " + std::to_string(skills.size()),
        {{"pointer", "/skills"}, {"expected", expected}, {"got", std::to_string(skills.size())}}};
  }
  std::sort(skills.begin(), skills.end());
  const bool changed = skills != skills_of(context.txn, actor->id);
  json::object reply{{"success", true},
                     {"agentId", actor->id},
                     {"skills", to_array(skills)},
                     {"changed", changed},
                     {"message", "'" + actor->id + "' advertises " + listed(skills)}};
  if (!changed) return reply;
  save_skills(context.txn, actor->id, skills);
  reply["lifecycleMessageId"] = broadcast_event(
      context, "skill-advertised", actor->id, actor->id + " advertises " + listed(skills),
      {{"agentId", actor->id}, {"nodeId", context.node_id()}, {"skills", to_array(skills)}});
  return reply;
}

// Which agents get a block: those that the configuration lists; without a list everybody.
bool injects(const Config& config, const std::string& agent) {
  const auto& allowed = config.inject_context_agents;
  return config.inject_context &&
         (allowed.empty() || std::find(allowed.begin(), allowed.end(), agent) != allowed.end());
}

ToolResult block(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  json::object reply{{"success", true}, {"agent", actor->id}};
  if (!injects(context.config, actor->id)) return reply;
  std::string text = context_block(context, actor->id);
  if (!text.empty()) reply["prependContext"] = std::move(text);
  return reply;
}

constexpr Tool kTools[] = {
    {.name = "ansible_update_context",
     .description = "Say what the acting agent is working on, and remember threads and decisions",
     .params = kUpdateParams,
     .handler = update},
    {.name = "ansible_advertise_skills",
     .description = "Say which skills the acting agent has, so that tasks find it",
     .params = kAdvertiseParams,
     .handler = advertise},
    {.name = "ansible_context_block",
     .description = "Show what an agent should know before its next turn, as text for its prompt",
     .params = kBlockParams,
     .handler = block,
     .read_only = true},
};

}  // namespace

std::span<const Tool> context_tools() { return kTools; }

}  // namespace ansible
