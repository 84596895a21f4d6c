// Removing an agent with everything that is its own (ansible_purge_agent): as if it had never been, but for the audit log.
//
// First everything that would forbid it is looked for; then the agent is disabled and removed in steps, because what it
// wrote may be much. Killed in between, it is called again and goes on with what is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/agent.hpp"
#include "tools/tool.hpp"

namespace ansible {

// How far a purge is, and what it has removed; the continuation of its steps.
struct Purge {
  enum class Stage : std::uint8_t { kTasks, kMessages, kBroadcasts, kSink, kLedger, kRest };
  std::string agent{};
  Stage stage = Stage::kTasks;
  std::string cursor{};  // of messages: key of the last row that was looked at; empty: none yet
  std::int64_t tasks = 0;
  std::int64_t messages = 0;
  std::int64_t capabilities = 0;
};

json::object to_json(const Purge& purge);
Purge purge_from_json(const json::object& from);

// What forbids it: a role it has, tasks it holds or that wait for it, capabilities it offers, other open tasks that it
// created or is assigned. Errors: conflict, naming what to do.
std::optional<Error> refuse_purge(Context& context, const Agent& agent);

// The last of these: it names the first such task.
std::optional<Error> refuse_open_tasks(Context& context, const std::string& agent);

// Each does a part of its stage's work. True: the stage is done.
//
// Removes the closed tasks that it created, was assigned or had claimed, with its ledger entries. Those of others stay
// their seven days (T-5).
bool purge_tasks(Context& context, Purge& purge);
// Erases what it sent, and what was sent to it alone; takes its row of the rest.
bool purge_messages(Context& context, Purge& purge);
bool purge_broadcasts(Context& context, Purge& purge);
// Its sink, with what waits to be delivered there.
bool purge_sink(Context& context, const Purge& purge);
// What it was told where, and its ledger of created things.
bool purge_ledger(Context& context, const Purge& purge);
// The capabilities that it withdrew, and the agent with its tokens, invites, skills, context and inbox state.
void purge_capabilities(Context& context, Purge& purge);
void purge_record(Context& context, const Agent& agent);

// Writes down in the audit log, under "agent:<id>", that it was purged.
void note_purge(Context& context, const Purge& purge, const std::string& by,
                const std::optional<std::string>& reason);

}  // namespace ansible
