#include "cli/session.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "cli/json_text.hpp"

namespace gateway_app {
namespace {

constexpr const char* kOutcomeUnknown = "outcome_unknown";
constexpr std::chrono::seconds kGetLimit{5};
constexpr std::chrono::seconds kWhereLimit{2};  // for a daemon to say where it listens

// "http://host:port" -> where to connect; 100.64.0.0/10 is the range of overlay networks.
std::optional<HttpTarget> parse_url(std::string url, std::string& problem) {
  constexpr std::string_view kHttp = "http://";
  if (!url.starts_with(kHttp)) {
    problem = "gateway URL '" + url + "': expected http://HOST:PORT";
    return std::nullopt;
  }
  url.erase(0, kHttp.size());
  while (!url.empty() && url.back() == '/') url.pop_back();
  const std::size_t colon = url.rfind(':');
  HttpTarget target;
  target.host = url.substr(0, colon);
  target.port = 80;
  if (colon != std::string::npos) {
    const auto [end, ec] =
        std::from_chars(url.data() + colon + 1, url.data() + url.size(), target.port);
    if (ec != std::errc() || end != url.data() + url.size()) {
      problem = "gateway URL: '" + url.substr(colon + 1) + "' is not a port";
      return std::nullopt;
    }
  }
  if (target.host.starts_with('[') && target.host.ends_with(']')) {
    target.host = target.host.substr(1, target.host.size() - 2);
  }
  return target;
}

bool overlay_network(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) != 1) return false;
  return (ntohl(address.s_addr) & 0xFFC00000) == 0x64400000;
}

// A token must not travel in clear text over a network (reference 8).
bool may_use_plain_http(const std::string& host) {
  if (host == "localhost" || is_loopback(host) || overlay_network(host)) return true;
  const char* allowed = std::getenv("OPENCLAW_ALLOW_INSECURE_REMOTE_HTTP");
  return allowed != nullptr && std::string_view(allowed) == "1";
}

json::object object_of(const std::string& body) {
  auto parsed = json::parse(body);
  return parsed.ok() && parsed->is_object() ? std::move(*parsed).get_object() : json::object{};
}

int exit_of(unsigned status, std::string_view code) {
  if (status == 401 || status == 403 || denies(code)) return kExitDenied;
  return code == kOutcomeUnknown ? kExitInconclusive : kExitRefused;
}

// The failure that an answer carries. Every answer of ours has "ok", so one without is not ours.
Reply transport_failure(const HttpResponse& response, const json::object& body,
                        const std::string& url) {
  Reply reply;
  const json::object error = object_in(body, "error");
  std::string code = text_of(error, "code");
  reply.message = text_of(error, "message");
  if (!body.contains("ok") || code.empty()) {
    code = "not_a_gateway";
    reply.message = "what answers at " + url + " (HTTP " + std::to_string(response.status) +
                    ") is not this gateway; another program may hold its port: start the gateway "
                    "with another --port, or correct gateway.port or gateway.url";
    reply.exit = kExitUnreachable;
  } else {
    reply.exit = exit_of(response.status, code);
  }
  reply.body = {{"error", reply.message}, {"code", code}};
  return reply;
}

// Of the host's verbs: whether it matters that one was done without an answer.
bool changes_something(std::string_view verb) {
  static constexpr std::array<std::string_view, 10> kChanging = {
      "plugins/install", "plugins/swap",  "plugins/rollback", "plugins/canary",
      "plugins/promote", "plugins/pause", "plugins/resume",   "plugins/quarantine",
      "plugins/abort",   "storage/backup"};
  return std::find(kChanging.begin(), kChanging.end(), verb) != kChanging.end();
}

bool succeeded(const HttpResponse& response, const json::object& body) {
  return response.status < 400 && bool_of(body, "ok");
}

}  // namespace

bool denies(std::string_view code) {
  static constexpr std::array<std::string_view, 6> kDenials = {
      "not_authorized", "invalid_token", "agent_disabled",
      "not_assignee",   "not_claimer",   "approval_required"};
  return std::find(kDenials.begin(), kDenials.end(), code) != kDenials.end();
}

Session::Session(GlobalOptions options, Environment env)
    : options_(std::move(options)), env_(std::move(env)) {}

gateway::Result<LoadedConfig>& Session::loaded() {
  if (!loaded_) loaded_ = load_config({options_.config, options_.state_dir}, env_);
  return *loaded_;
}

std::string Session::url() {
  if (const char* url = std::getenv("OPENCLAW_GATEWAY_URL"); url != nullptr && *url != '\0') {
    return url;
  }
  if (!loaded().ok()) return gateway_url(GatewayConfig{});
  const GatewayConfig& configured = loaded()->config.gateway;
  if (!configured.url.empty()) return configured.url;
  if (url_.empty()) url_ = running_url();
  if (url_.empty()) url_ = gateway_url(configured);
  return url_;
}

// Empty when no daemon answers, or when it has another configuration, and so another token.
std::string Session::running_url() {
  if (!std::filesystem::exists(host_socket())) return {};
  const Reply status = host("gateway/status", {}, kWhereLimit);
  if (!status.ok() || text_of(status.body, "configFile") != loaded()->file) return {};
  return text_of(status.body, "url");
}

std::string Session::host_socket() {
  return loaded().ok() ? loaded()->state_dir + "/host.sock" : std::string();
}

Reply Session::failed(const gateway::Error& error) const {
  Reply reply;
  reply.exit = error.code == "unreachable"     ? kExitUnreachable
               : error.code == kOutcomeUnknown ? kExitInconclusive
                                               : kExitRefused;
  reply.message = error.message;
  reply.body = {{"error", reply.message}, {"code", error.code}};
  return reply;
}

std::optional<HttpTarget> Session::target(std::string& problem) {
  auto target = parse_url(url(), problem);
  if (target && !may_use_plain_http(target->host)) {
    problem = "plain http to '" + target->host +
              "' would show the token on the network; use a tunnel, or set "
              "OPENCLAW_ALLOW_INSECURE_REMOTE_HTTP=1";
    return std::nullopt;
  }
  return target;
}

Reply Session::invoke(std::string_view tool, json::object args) {
  if (!loaded().ok()) return failed(loaded().error());
  std::string problem;
  const auto where = target(problem);
  if (!where) return failed({"bad_url", problem});
  HttpRequest request;
  request.method = "POST";
  request.path = "/tools/invoke";
  request.bearer = loaded()->config.gateway.token;
  request.body = json::canonical(json::object{{"tool", tool}, {"args", std::move(args)}});
  const auto response = http_request(*where, request);
  if (!response.ok()) return no_answer(response.error());
  json::object body = object_of(response->body);
  if (!succeeded(*response, body)) return transport_failure(*response, body, url());
  Reply reply;
  reply.body = object_in(object_in(body, "result"), "details");
  if (reply.body.contains("error")) {
    reply.message = text_of(reply.body, "error", "refused");
    reply.exit = denies(text_of(reply.body, "code", "")) ? kExitDenied : kExitRefused;
  }
  return reply;
}

// A call whose connection broke after it was sent may have been done.
Reply Session::no_answer(const gateway::Error& error) {
  if (error.code == "no_answer") {
    return failed({kOutcomeUnknown, "the gateway at " + url() + " gave no answer (" +
                                        error.message +
                                        "), so whether it did this is unknown; run it again with "
                                        "the same --idempotency-key"});
  }
  return failed({"unreachable", "no gateway answers at " + url() + " (" + error.message +
                                    "); start one with: openclaw gateway start"});
}

Reply Session::get(std::string_view path) {
  if (!loaded().ok()) return failed(loaded().error());
  std::string problem;
  const auto where = target(problem);
  if (!where) return failed({"bad_url", problem});
  HttpRequest request;
  request.path = path;
  request.bearer = loaded()->config.gateway.token;
  request.timeout = kGetLimit;
  const auto response = http_request(*where, request);
  if (!response.ok()) {
    return failed(
        {"unreachable", "no gateway answers at " + url() + " (" + response.error().message + ")"});
  }
  json::object body = object_of(response->body);
  if (!succeeded(*response, body)) return transport_failure(*response, body, url());
  Reply reply;
  reply.body = object_in(body, "result");
  return reply;
}

Reply Session::host(std::string_view verb, const json::object& body, std::chrono::seconds timeout) {
  if (!loaded().ok()) return failed(loaded().error());
  HttpTarget where;
  where.unix_socket = host_socket();
  HttpRequest request;
  request.method = "POST";
  request.path = "/host/" + std::string(verb);
  request.body = json::canonical(body);
  request.timeout = timeout;
  const auto response = http_request(where, request);
  if (!response.ok() && response.error().code == "no_answer") {
    const std::string silent = "the gateway on " + where.unix_socket + " gave no answer (" +
                               response.error().message + ")";
    if (!changes_something(verb)) return failed({"unreachable", silent});
    return failed({kOutcomeUnknown,
                   silent + ", so whether it did this is unknown; see: openclaw plugins history"});
  }
  if (!response.ok()) {
    return failed({"unreachable", "no gateway listens on " + where.unix_socket + " (" +
                                      response.error().message +
                                      "); start one with: openclaw gateway start"});
  }
  json::object answer = object_of(response->body);
  if (!succeeded(*response, answer)) {
    return transport_failure(*response, answer, where.unix_socket);
  }
  Reply reply;
  reply.body = object_in(answer, "result");
  return reply;
}

}  // namespace gateway_app
