#include "daemon/host_routes.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <initializer_list>
#include <memory>

#include "base/json.hpp"
#include "daemon/host_answer.hpp"
#include "daemon/reports.hpp"
#include "daemon/rollout_routes.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::Error;
using gateway::Host;
using gateway::KnownRelease;
using gateway::Result;

using Answer = HostAnswer;

Answer released(const Result<KnownRelease>& release) {
  if (!release) return release.error();
  return release_row(*release);
}

// A member that a verb takes: a string, true or false, or an object (which may be absent).
struct Member {
  enum class Kind { kRequired, kOptional, kFlag, kObject };
  std::string_view name;
  Kind kind = Kind::kRequired;
};
constexpr Member optional(std::string_view name) { return {name, Member::Kind::kOptional}; }
constexpr Member flag(std::string_view name) { return {name, Member::Kind::kFlag}; }
constexpr Member object(std::string_view name) { return {name, Member::Kind::kObject}; }
using Members = std::initializer_list<Member>;

struct Arguments {
  json::object object;
  // Empty when it is absent.
  std::string text(std::string_view key) const {
    const auto* member = object.if_contains(key);
    if (member == nullptr) return {};
    return {member->get_string().data(), member->get_string().size()};
  }
  bool flag(std::string_view key) const {
    const auto* member = object.if_contains(key);
    return member != nullptr && member->get_bool();
  }
};

Error invalid(std::string message) { return {"invalid_request", std::move(message)}; }

std::string names(const Members& members) {
  std::string list;
  for (const Member& member : members) {
    list += fmt::format("{}{}", list.empty() ? "" : ", ", member.name);
  }
  return list.empty() ? "nothing" : list;
}

// What was expected instead of `value`; nullptr: it is fine.
const char* mismatch(Member::Kind kind, const json::value& value) {
  switch (kind) {
    case Member::Kind::kFlag:
      return value.is_bool() ? nullptr : "true or false";
    case Member::Kind::kObject:
      return value.is_object() ? nullptr : "an object";
    case Member::Kind::kRequired:
    case Member::Kind::kOptional:
      break;
  }
  return value.is_string() ? nullptr : "a string";
}

Result<Arguments> read_arguments(const std::string& body, const Members& members) {
  auto parsed = json::parse(body.empty() ? "{}" : body);
  if (!parsed) return invalid("the body is not valid JSON: " + parsed.error().message);
  if (!parsed->is_object()) return invalid("expected a JSON object");
  Arguments arguments{std::move(parsed->get_object())};
  for (const auto& given : arguments.object) {
    const std::string key(given.key().data(), given.key().size());
    const auto* member = std::find_if(members.begin(), members.end(),
                                      [&](const Member& m) { return m.name == key; });
    if (member == members.end()) {
      return invalid(
          fmt::format("unknown member \"{}\"; this verb takes: {}", key, names(members)));
    }
    if (const char* expected = mismatch(member->kind, given.value())) {
      return invalid(fmt::format("{}: expected {}", key, expected));
    }
  }
  for (const Member& member : members) {
    if (member.kind == Member::Kind::kRequired && !arguments.object.contains(member.name)) {
      return invalid(fmt::format("{}: missing", member.name));
    }
  }
  if (arguments.object.contains("file") && arguments.text("file").substr(0, 1) != "/") {
    return invalid("file: expected an absolute path, got " + arguments.text("file"));
  }
  // A relative path would begin at the daemon's working directory, not at the caller's.
  if (arguments.object.contains("what")) {
    const std::string what = arguments.text("what");
    if (what.find('/') != std::string::npos && what.front() != '/') {
      return invalid("what: expected an absolute path, a SHA-256 prefix or a version, got " + what);
    }
  }
  if (arguments.object.contains("id") && arguments.text("id") != kPluginId) {
    return Error{"not_found", fmt::format("no plugin slot is called \"{}\"; there is \"{}\"",
                                          arguments.text("id"), kPluginId)};
  }
  return arguments;
}

Answer with_host(Runtime& runtime, const std::function<Answer(Host&)>& work) {
  const auto host = runtime.host();
  if (!host) return Error{"plugin_unavailable", runtime.why_no_host()};
  if (runtime.stopping) return Error{"shutting_down", "the gateway is stopping"};
  return work(*host);
}

Answer plugins_list(const HostRoutes& routes, const Arguments&) {
  return json::object{{"plugins", json::array{slot_row(routes.runtime)}}};
}

Answer plugins_info(const HostRoutes& routes, const Arguments&) {
  return with_host(routes.runtime, [](Host& host) -> Answer { return slot_info(host); });
}

Answer plugins_install(const HostRoutes& routes, const Arguments& arguments) {
  return with_host(routes.runtime,
                   [&](Host& host) { return released(host.install(arguments.text("file"))); });
}

Answer plugins_verify(const HostRoutes& routes, const Arguments& arguments) {
  return with_host(routes.runtime,
                   [&](Host& host) { return released(host.verify(arguments.text("file"))); });
}

Answer plugins_swap(const HostRoutes& routes, const Arguments& arguments) {
  return with_host(routes.runtime, [&](Host& host) {
    const std::string what = arguments.text("what");
    return released(arguments.flag("oneWay") ? host.upgrade(what) : host.swap(what));
  });
}

Answer plugins_rollback(const HostRoutes& routes, const Arguments&) {
  return with_host(routes.runtime, [](Host& host) -> Answer {
    const auto back = host.rollback();
    if (!back) return back.error();
    return rolled_back_row(*back);
  });
}

Answer canary_answer(const Result<gateway::CanaryStatus>& status) {
  if (!status) return status.error();
  return canary_row(*status);
}

Answer plugins_canary(const HostRoutes& routes, const Arguments& arguments) {
  return with_host(routes.runtime, [&](Host& host) -> Answer {
    const auto* given = arguments.object.if_contains("policy");
    auto policy = gateway::read_policy(given != nullptr ? json::canonical(*given) : "{}",
                                       host.canary_policy());
    if (!policy) return policy.error();
    return canary_answer(host.start_canary(arguments.text("what"), *policy));
  });
}

template <gateway::CanaryOrder Order>
Answer plugins_steer(const HostRoutes& routes, const Arguments&) {
  return with_host(routes.runtime,
                   [](Host& host) { return canary_answer(host.steer_canary(Order)); });
}

Answer plugins_history(const HostRoutes& routes, const Arguments&) {
  return with_host(routes.runtime, [](Host& host) -> Answer { return slot_history(host); });
}

Answer marked(const Result<gateway::Mark>& mark) {
  if (!mark) return mark.error();
  return mark_row(*mark);
}

// Without `what`: the list.
Answer plugins_quarantine(const HostRoutes& routes, const Arguments& arguments) {
  return with_host(routes.runtime, [&](Host& host) -> Answer {
    const std::string what = arguments.text("what");
    const std::string reason = arguments.text("reason");
    if (what.empty()) {
      if (!reason.empty() || arguments.flag("lift")) return invalid("what: missing");
      return quarantine_list(host);
    }
    if (arguments.flag("lift")) return marked(host.lift_quarantine(what));
    if (reason.empty()) return invalid("reason: missing; say why nobody may load this release");
    return marked(host.quarantine(what, reason));
  });
}

// Why the verb cannot be carried out on this store; nothing when it can.
std::optional<Error> why_no_sqlite(const Runtime::Store& store, std::string_view verb) {
  if (store.sqlite != nullptr) return std::nullopt;
  if (store.engine == nullptr) {
    return Error{"not_ready", "the store is being opened; try again in a moment"};
  }
  return Error{
      "not_supported",
      fmt::format(
          "storage {} needs storage.engine \"sqlite\"; this gateway keeps its state in memory",
          verb)};
}

// A gateway that stops does not wait until a whole store is read.
Error storage_error(std::string_view code, const gateway::StoreError& error) {
  if (error.status == GW_CANCELLED) return {"shutting_down", "the gateway is stopping"};
  return {std::string(code), error.message};
}

Answer storage_backup(const HostRoutes& routes, const Arguments& arguments) {
  const Runtime::Store store = routes.runtime.store();
  if (auto why = why_no_sqlite(store, "backup")) return *std::move(why);
  const std::string file = arguments.text("file");
  if (auto done = store.sqlite->backup(file, &routes.runtime.stopping); !done) {
    return storage_error("backup_failed", done.error());
  }
  std::error_code ec;
  return json::object{{"file", file}, {"bytes", std::filesystem::file_size(file, ec)}};
}

Answer storage_check(const HostRoutes& routes, const Arguments&) {
  const Runtime::Store store = routes.runtime.store();
  if (auto why = why_no_sqlite(store, "check")) return *std::move(why);
  auto report = store.sqlite->check(&routes.runtime.stopping);
  if (!report) return storage_error("check_failed", report.error());
  json::array problems;
  for (const std::string& problem : report->problems) problems.emplace_back(problem);
  return json::object{{"ok", report->problems.empty()},
                      {"rows", report->rows},
                      {"sequence", report->sequence},
                      {"problems", std::move(problems)}};
}

Answer gateway_status_verb(const HostRoutes& routes, const Arguments&) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return gateway_status(routes.runtime, routes.counters(),
                        std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

Answer gateway_stop(const HostRoutes& routes, const Arguments&) {
  routes.stop();
  return json::object{{"pid", getpid()}};
}

enum class Where { kHere, kControl, kStorage };  // kHere: quick, and on the event loop

struct Verb {
  std::string_view path;
  Where where;
  Members arguments;
  Answer (*run)(const HostRoutes&, const Arguments&);
};

const Verb kVerbs[] = {
    {"plugins/list", Where::kHere, {}, plugins_list},
    {"plugins/info", Where::kHere, {{"id"}}, plugins_info},
    {"plugins/install", Where::kControl, {{"id"}, {"file"}}, plugins_install},
    {"plugins/verify", Where::kControl, {{"id"}, {"file"}}, plugins_verify},
    {"plugins/swap", Where::kControl, {{"id"}, {"what"}, flag("oneWay")}, plugins_swap},
    {"plugins/rollback", Where::kControl, {{"id"}}, plugins_rollback},
    {"plugins/canary", Where::kControl, {{"id"}, {"what"}, object("policy")}, plugins_canary},
    {"plugins/promote", Where::kControl, {{"id"}}, plugins_steer<gateway::CanaryOrder::kPromote>},
    {"plugins/pause", Where::kControl, {{"id"}}, plugins_steer<gateway::CanaryOrder::kPause>},
    {"plugins/resume", Where::kControl, {{"id"}}, plugins_steer<gateway::CanaryOrder::kResume>},
    {"plugins/abort", Where::kControl, {{"id"}}, plugins_steer<gateway::CanaryOrder::kAbort>},
    {"plugins/history", Where::kControl, {{"id"}}, plugins_history},
    {"plugins/quarantine",
     Where::kControl,
     {{"id"}, optional("what"), optional("reason"), flag("lift")},
     plugins_quarantine},
    {"storage/backup", Where::kStorage, {{"file"}}, storage_backup},
    {"storage/check", Where::kStorage, {}, storage_check},
    {"gateway/status", Where::kHere, {}, gateway_status_verb},
    {"gateway/stop", Where::kHere, {}, gateway_stop},
};

const Verb* find_verb(std::string_view path) {
  constexpr std::string_view kPrefix = "/host/";
  if (path.substr(0, kPrefix.size()) != kPrefix) return nullptr;
  for (const Verb& verb : kVerbs) {
    if (verb.path == path.substr(kPrefix.size())) return &verb;
  }
  return nullptr;
}

void run_verb(const HostRoutes& routes, const Verb& verb, Arguments arguments,
              const HttpReply& reply) {
  auto work = [routes, &verb, arguments = std::move(arguments), reply] {
    reply(host_response(verb.run(routes, arguments)));
  };
  switch (verb.where) {
    case Where::kHere:
      return work();
    case Where::kControl:
      return routes.control.post(std::move(work));
    case Where::kStorage:
      return routes.storage.post(std::move(work));
  }
}

}  // namespace

HttpHandler host_routes(HostRoutes routes) {
  return [routes = std::move(routes)](const HttpRequest& request, const HttpReply& reply) {
    if (routes.rollouts != nullptr && is_rollout_path(request.path)) {
      return answer_rollout(routes, request, reply);
    }
    const Verb* verb = find_verb(request.path);
    if (verb == nullptr) {
      return reply(error_response("not_found", "no such host operation"));
    }
    if (request.method != "POST") {
      HttpResponse response =
          error_response("method_not_allowed", "host operations answer to POST");
      response.headers.emplace_back("Allow", "POST");
      return reply(std::move(response));
    }
    auto arguments = read_arguments(request.body, verb->arguments);
    if (!arguments) return reply(host_refusal(arguments.error()));
    run_verb(routes, *verb, *std::move(arguments), reply);
  };
}

}  // namespace gateway_app
