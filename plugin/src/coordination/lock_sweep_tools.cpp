// ansible_lock_sweep_status, ansible_report_lock_sweep (reference 5.6, COO-3).
//
// Stale session locks are files, so the host sweeps them. After each run it calls ansible_report_lock_sweep, and everybody
// reads what it found with the tool that the reference names.
#include <array>

#include "actors/actor.hpp"
#include "coordination/pulse.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::array<Param, 2> kStatusParams = {{acting_agent("from_agent"), kAgentToken}};

constexpr Param count(std::string_view name, std::string_view description) {
  return {.name = name, .type = kInteger, .description = description, .required = true, .min = 0};
}

constexpr std::array<Param, 8> kRunMembers = {{
    count("at", "When it ended, epoch ms"),
    {.name = "rootDir",
     .type = kString,
     .description = "Where it looked",
     .required = true,
     .max_length = 4'096},
    count("everySeconds", "How often it runs"),
    count("staleSeconds", "Age of a stale lock"),
    count("found", "Lock files found"),
    count("removed", "Stale ones, removed"),
    count("kept", "Young ones, and those of a living process"),
    count("errors", "Those that could not be read or removed"),
}};
constexpr std::array<Param, 5> kTotalMembers = {{
    count("runs", "Runs since the host started"),
    count("found", "Lock files found"),
    count("removed", "Removed"),
    count("kept", "Kept"),
    count("errors", "Errors"),
}};
constexpr std::array<Param, 2> kReportParams = {{
    {.name = "lastStatus",
     .type = kObject,
     .description = "The run that just ended",
     .required = true,
     .members = kRunMembers},
    {.name = "totals",
     .type = kObject,
     .description = "All runs since the host started",
     .required = true,
     .members = kTotalMembers},
}};

ToolResult status(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const std::string at = key::lock_sweep(context.node_id());
  const auto stored = context.txn.get(at);
  json::object reply =
      stored
          ? parse_document(at, *stored)
          : json::object{{"lastStatus", nullptr},
                         {"totals",
                          {{"runs", 0}, {"found", 0}, {"removed", 0}, {"kept", 0}, {"errors", 0}}}};
  reply["enabled"] = context.config.lock_sweep_enabled;
  reply["config"] = {{"everySeconds", context.config.lock_sweep_every_seconds},
                     {"staleSeconds", context.config.lock_sweep_stale_seconds}};
  return reply;
}

ToolResult report(Context& context, const Args& args) {
  if (context.caller != CallerKind::kHost) {
    return Error{
        code::kNotAuthorized,
        "only the host reports its lock sweep; ansible_lock_sweep_status shows the report"};
  }
  const json::object document{{"lastStatus", args.object("lastStatus")},
                              {"totals", args.object("totals")}};
  context.txn.put(key::lock_sweep(context.node_id()), json::canonical(document));
  note_write(context);
  return json::object{{"success", true}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_lock_sweep_status",
     .description = "Show what this gateway's sweep of stale session locks found",
     .params = kStatusParams,
     .handler = status,
     .read_only = true},
    {.name = "ansible_report_lock_sweep",
     .description = "For the host alone: note what its sweep of session locks did",
     .params = kReportParams,
     .handler = report},
};

}  // namespace

std::span<const Tool> lock_sweep_tools() { return kTools; }

}  // namespace ansible
