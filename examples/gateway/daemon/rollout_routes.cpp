#include "daemon/rollout_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "daemon/host_answer.hpp"
#include "daemon/reports.hpp"
#include "rollout/fields.hpp"
#include "rollout/report.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::Error;
using gateway::Result;

constexpr std::string_view kPrefix = "/host/rollout/";
constexpr std::int64_t kMostNotifications = 1'000'000;
constexpr double kMostSettleSeconds = 3'600;

Error invalid(std::string message) { return {"invalid_request", std::move(message)}; }

// ROLLOUT, with its trial as it goes on.
json::object rollout_row(const HostRoutes& routes, const RolloutRecord& record) {
  json::object row = to_json(record);
  const auto host = routes.runtime.host();
  if (!host) return row;
  const auto canary = host->canary();
  if (canary && canary->running && canary->candidate.sha256 == record.to.sha256) {
    row["canary"] = canary_row(*canary);
  }
  return row;
}

HostAnswer shown(const HostRoutes& routes, const Result<RolloutRecord>& record) {
  if (!record) return record.error();
  return json::object{{"rollout", rollout_row(routes, *record)}};
}

// What a member has to be; nullptr: it is fine.
const char* mismatch(std::string_view name, const json::value& value) {
  boost::system::error_code error;
  if (name == "to" || name == "id") return value.is_string() ? nullptr : "a string";
  if (name == "policy") return value.is_object() ? nullptr : "an object";
  if (name == "notifications") {
    const bool fine =
        value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= kMostNotifications;
    return fine ? nullptr : "a whole number from 1 to 1000000";
  }
  const double seconds = value.is_number() ? value.to_number<double>(error) : -1;
  return seconds >= 0 && seconds <= kMostSettleSeconds ? nullptr : "seconds, up to 3600";
}

using Names = std::initializer_list<std::string_view>;

Result<json::object> read_body(const std::string& body, const Names& known) {
  auto parsed = json::parse(body.empty() ? "{}" : body);
  if (!parsed) return invalid("the body is not valid JSON: " + parsed.error().message);
  if (!parsed->is_object()) return invalid("expected a JSON object");
  for (const auto& member : parsed->get_object()) {
    const std::string_view name(member.key().data(), member.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string list;
      for (const std::string_view one : known) {
        list += fmt::format("{}{}", list.empty() ? "" : ", ", one);
      }
      return invalid(fmt::format("unknown member \"{}\"; this verb takes: {}", name,
                                 list.empty() ? "nothing" : list));
    }
    if (const char* expected = mismatch(name, member.value())) {
      return invalid(fmt::format("{}: expected {}", name, expected));
    }
  }
  return std::move(parsed->get_object());
}

HostAnswer start(const HostRoutes& routes, const json::object& body) {
  RolloutPlan plan;
  plan.what = fields::text(body, "to");
  plan.canary = fields::object(body, "policy");
  if (plan.what.empty()) return invalid("to: missing; a version, a SHA-256 prefix or a file");
  if (plan.what.find('/') != std::string::npos && plan.what.front() != '/') {
    return invalid("to: expected an absolute path, a SHA-256 prefix or a version, got " +
                   plan.what);
  }
  if (body.contains("notifications")) plan.notifications = fields::integer(body, "notifications");
  if (body.contains("settleSeconds")) plan.settle_seconds = fields::number(body, "settleSeconds");
  if (routes.runtime.stopping) return Error{"shutting_down", "the gateway is stopping"};
  return shown(routes, routes.rollouts->start(std::move(plan)));
}

HostAnswer status(const HostRoutes& routes, const json::object&) {
  const auto record = routes.rollouts->current();
  if (!record) return json::object{{"rollout", nullptr}};
  return json::object{{"rollout", rollout_row(routes, *record)}};
}

HostAnswer report(const HostRoutes& routes, const json::object& body) {
  auto record = routes.rollouts->find(fields::text(body, "id"));
  if (!record) return record.error();
  return json::object{
      {"id", record->id}, {"markdown", rollout_markdown(*record)}, {"rollout", to_json(*record)}};
}

template <RolloutOrder Order>
HostAnswer order(const HostRoutes& routes, const json::object&) {
  return shown(routes, routes.rollouts->order(Order));
}

struct RolloutVerb {
  std::string_view name;
  bool waits;  // for the disk, or for the slot
  Names members;
  HostAnswer (*run)(const HostRoutes&, const json::object&);
};
const RolloutVerb kVerbs[] = {
    {"start", true, {"to", "policy", "notifications", "settleSeconds"}, start},
    {"status", false, {}, status},
    {"report", true, {"id"}, report},
    {"pause", true, {}, order<RolloutOrder::kPause>},
    {"resume", true, {}, order<RolloutOrder::kResume>},
    {"promote", true, {}, order<RolloutOrder::kPromote>},
    {"abort", true, {}, order<RolloutOrder::kAbort>},
    {"rollback", true, {}, order<RolloutOrder::kRollback>},
};

}  // namespace

bool is_rollout_path(std::string_view path) { return path.starts_with(kPrefix); }

void answer_rollout(const HostRoutes& routes, const HttpRequest& request, const HttpReply& reply) {
  const std::string_view name = std::string_view(request.path).substr(kPrefix.size());
  const auto* verb = std::find_if(std::begin(kVerbs), std::end(kVerbs),
                                  [&](const RolloutVerb& v) { return v.name == name; });
  if (verb == std::end(kVerbs)) return reply(error_response("not_found", "no such host operation"));
  if (request.method != "POST") {
    HttpResponse response = error_response("method_not_allowed", "host operations answer to POST");
    response.headers.emplace_back("Allow", "POST");
    return reply(std::move(response));
  }
  auto body = read_body(request.body, verb->members);
  if (!body) return reply(host_refusal(body.error()));
  auto work = [routes, verb, body = *std::move(body), reply] {
    reply(host_response(verb->run(routes, body)));
  };
  if (verb->waits) return routes.control.post(std::move(work));
  work();
}

}  // namespace gateway_app
