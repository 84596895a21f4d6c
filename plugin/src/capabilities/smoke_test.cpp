#include "capabilities/smoke_test.hpp"

#include <string>
#include <utility>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/nested_view.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

// One call of a tool, as its user makes it.
Result<json::object> use(Context& context, std::string_view name, json::object args) {
  const Tool* tool = find_tool(name);
  const auto read = Args::read(tool->params, std::move(args));
  if (!read.ok()) return read.error();
  ToolResult result = tool->handler(context, *read);
  if (auto* reply = std::get_if<json::object>(&result)) return std::move(*reply);
  if (auto* error = std::get_if<Error>(&result)) return std::move(*error);
  return Error{code::kInternal, "it did not end", {}};
}

Error failed(std::string_view step, const Error& why) {
  return {code::kSmokeFailed,
          "the smoke test's " + std::string(step) + " was refused: " + why.text,
          {{"step", step}, {"reason", why.code}}};
}

}  // namespace

std::optional<Error> smoke_test(Context& context, const Manifest& manifest) {
  NestedView dropped(context.txn);
  Context trial = context.on(dropped);
  dropped.erase(key::agent_load(manifest.owner_agent_id));
  trial.caller = CallerKind::kHost;
  const auto created =
      use(trial, "ansible_delegate_task",
          {{"title", "Smoke test of " + manifest.capability_id + " " + manifest.version},
           {"description", "Claimed, updated and completed on trial before it is published."},
           {"assignedTo", manifest.owner_agent_id}});
  if (!created.ok()) return failed("delegation", created.error());

  trial.caller = CallerKind::kAgent;
  trial.caller_agent = manifest.owner_agent_id;
  const json::value task(text_field(*created, "taskId").value_or(""));
  struct Step {
    std::string_view name;
    std::string_view tool;
    json::object args;
  };
  const Step steps[] = {
      {"claim", "ansible_claim_task", {{"taskId", task}, {"etaSeconds", 60}}},
      {"update", "ansible_update_task", {{"taskId", task}, {"status", "in_progress"}}},
      {"completion", "ansible_complete_task", {{"taskId", task}, {"result", "done"}}},
  };
  for (const Step& step : steps) {
    const auto done = use(trial, step.tool, step.args);
    if (!done.ok()) return failed(step.name, done.error());
  }
  return std::nullopt;
}

}  // namespace ansible
