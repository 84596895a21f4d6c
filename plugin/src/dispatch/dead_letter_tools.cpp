// ansible_list_dead_letters, ansible_replay_dead_letter, ansible_discard_dead_letter.
#include <algorithm>
#include <array>

#include "actors/actor.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "dispatch/dead_letters.hpp"
#include "tools/acting.hpp"
#include "tools/sizes.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr Param kFrom = acting_agent("from_agent");
constexpr Param kId = {.name = "id",
                       .type = kString,
                       .description = "Of the dead letter (dl-...)",
                       .required = true,
                       .max_length = 100};

constexpr std::array<Param, 5> kListParams = {{
    {.name = "agent",
     .type = kString,
     .description = "Only what did not reach this agent",
     .max_length = 100},
    {.name = "limit",
     .type = kInteger,
     .description = "At most so many, newest first (20)",
     .min = 1,
     .max = 500},
    {.name = "cursor",
     .type = kString,
     .description = "nextCursor of the page before",
     .max_length = 100},
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 3> kOneParams = {{kId, kFrom, kAgentToken}};

ToolResult list(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  auto agent = args.text("agent");
  if (!actor->admin) {
    if (agent && *agent != actor->id) {
      return Error{code::kNotAuthorized, "'" + actor->id + "' sees its own dead letters only"};
    }
    agent = actor->id;
  }
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(20));
  DeadLetterPage page = dead_letters(context.txn, agent, args.text_or("cursor", ""), limit);
  json::array shown;
  ReplySize size;
  std::string last;
  for (const DeadLetter& letter : page.letters) {
    json::value row = to_json(letter);
    if (!size.takes(row)) {
      page.next = last;
      break;
    }
    last = letter.id;
    shown.push_back(std::move(row));
  }
  const std::size_t total = shown.size();
  json::object reply{{"deadLetters", std::move(shown)}, {"total", total}};
  if (!page.next.empty()) reply["nextCursor"] = page.next;
  return reply;
}

// The letter, if the caller is an admin or the only one it did not reach.
Result<DeadLetter> open(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const std::string id = *args.text("id");
  auto letter = load_dead_letter(context.txn, id);
  if (!letter) {
    return Error{code::kNotFound, "there is no dead letter '" + id +
                                      "'; ansible_list_dead_letters shows those there are"};
  }
  if (actor->admin || letter->agents == std::vector<std::string>{actor->id}) return *letter;
  return Error{code::kNotAuthorized, "dead letters of others need an admin"};
}

ToolResult replay_one(Context& context, const Args& args) {
  const auto letter = open(context, args);
  if (!letter.ok()) return letter.error();
  const auto queued = replay(context, *letter);
  if (!queued.ok()) return queued.error();
  return json::object{
      {"success", true},
      {"id", letter->id},
      {"kind", letter->kind},
      {"subject", letter->subject},
      {"agents", to_array(letter->agents)},
      {"queued", to_array(*queued)},
      {"message",
       "Replayed " + letter->kind + ' ' + letter->subject + " for " + listed(letter->agents) +
           (queued->empty() ? "; none of them has a sink, so it waits in the inbox" : "")}};
}

ToolResult discard(Context& context, const Args& args) {
  const auto letter = open(context, args);
  if (!letter.ok()) return letter.error();
  context.txn.erase(key::dead_letter(letter->id));
  return json::object{
      {"success", true}, {"id", letter->id}, {"message", "Discarded dead letter " + letter->id}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_list_dead_letters",
     .description = "List what could not be delivered or was never read, newest first",
     .params = kListParams,
     .handler = list,
     .read_only = true},
    {.name = "ansible_replay_dead_letter",
     .description = "Deliver a dead letter again to whom it did not reach (admin, or that agent)",
     .params = kOneParams,
     .handler = replay_one},
    {.name = "ansible_discard_dead_letter",
     .description = "Remove a dead letter for good (admin, or the agent it did not reach)",
     .params = kOneParams,
     .handler = discard},
};

}  // namespace

std::span<const Tool> dead_letter_tools() { return kTools; }

}  // namespace ansible
