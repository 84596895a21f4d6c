#include "boundary/self_test.hpp"

#include "coordination/lifecycle.hpp"
#include "core/fields.hpp"
#include "tools/dispatch.hpp"

namespace ansible {
namespace {

struct Step {
  const char* tool;
  json::object args;
};

}  // namespace

std::optional<std::string> self_test(Context& context) {
  context.caller = CallerKind::kOperator;
  start_node(context);
  const auto run = [&](const Step& step) -> base::Result<json::object, std::string> {
    const auto reply = run_tool(context, step.tool, json::canonical(step.args));
    if (reply.kind != DispatchReply::Kind::kOk) {
      return std::string(step.tool) + " answered " + reply.body;
    }
    return parse_document(step.tool, reply.body);
  };
  const auto created = run({"ansible_delegate_task",
                            {{"title", "self-test"},
                             {"description", "proves that this build works"},
                             {"assignedTo", context.node_id()}}});
  if (!created.ok()) return created.error();
  const std::string id = text_field(*created, "taskId").value_or("");
  const Step life[] = {
      {"ansible_claim_task", {{"taskId", id}, {"etaSeconds", 60}}},
      {"ansible_update_task", {{"taskId", id}, {"status", "in_progress"}}},
      {"ansible_complete_task", {{"taskId", id}, {"result", "done"}}},
      {"ansible_status", {}},
  };
  for (const Step& step : life) {
    if (const auto reply = run(step); !reply.ok()) return reply.error();
  }
  return std::nullopt;
}

}  // namespace ansible
