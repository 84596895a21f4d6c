#include "tools/dispatch.hpp"

#include <utility>

#include "core/fields.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

DispatchReply refused(const Error& error,
                      DispatchReply::Kind kind = DispatchReply::Kind::kRefused) {
  json::object body = error.details;
  body["error"] = error.text;
  body["code"] = error.code;
  return {kind, json::canonical(body)};
}

// ARG-1: agents invent extra arguments; they are told, not punished.
void add_warnings(json::object& reply, const Args& args) {
  if (args.unknown().empty()) return;
  json::array warnings;
  for (const std::string& name : args.unknown()) {
    warnings.emplace_back("unknown argument '" + name + "' was ignored");
  }
  reply["warnings"] = std::move(warnings);
}

DispatchReply finished(ToolResult result, const Args* args) {
  if (const auto* error = std::get_if<Error>(&result)) return refused(*error);
  if (const auto* evident = std::get_if<RecordedRefusal>(&result)) {
    return refused(evident->error, DispatchReply::Kind::kRefusedRecorded);
  }
  if (auto* more = std::get_if<More>(&result)) {
    return {DispatchReply::Kind::kMore, std::move(more->continuation)};
  }
  auto& reply = std::get<json::object>(result);
  if (args != nullptr) add_warnings(reply, *args);
  return {DispatchReply::Kind::kOk, json::canonical(reply)};
}

Result<json::object> parse_arguments(std::string_view args_json) {
  auto parsed = json::parse(args_json);
  if (!parsed.ok()) {
    return Error{code::kInvalidArgument,
                 "arguments are not valid JSON: " + parsed.error().message,
                 {{"pointer", parsed.error().pointer}}};
  }
  if (!parsed->is_object()) {
    return Error{code::kInvalidArgument,
                 "arguments: expected an object, got " + brief(*parsed),
                 {{"pointer", ""}, {"expected", "object"}, {"got", brief(*parsed)}}};
  }
  return std::move(*parsed).get_object();
}

}  // namespace

DispatchReply run_tool(Context& context, std::string_view name, std::string_view args_json) {
  const Tool* tool = find_tool(name);
  if (tool == nullptr) return {DispatchReply::Kind::kUnknownName, {}};
  auto object = parse_arguments(args_json);
  if (!object.ok()) return refused(object.error());
  const auto args = Args::read(tool->params, std::move(*object));
  if (!args.ok()) return refused(args.error());
  return finished(tool->handler(context, *args), &*args);
}

DispatchReply run_sweep(Context& context, std::string_view name) {
  const Sweep* sweep = find_sweep(name);
  if (sweep == nullptr) return {DispatchReply::Kind::kUnknownName, {}};
  return finished(sweep->handler(context), nullptr);
}

}  // namespace ansible
