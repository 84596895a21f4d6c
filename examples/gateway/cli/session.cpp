#include "cli/session.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "cli/json_text.hpp"

namespace gateway_app {
namespace {

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
  int second = 0;
  if (!host.starts_with("100.")) return false;
  std::from_chars(host.data() + 4, host.data() + host.size(), second);
  return second >= 64 && second <= 127;
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

Reply transport_failure(unsigned status, json::object body) {
  Reply reply;
  json::object error;
  if (json::value* e = body.if_contains("error"); e != nullptr && e->is_object()) {
    error = std::move(e->get_object());
  }
  const std::string code = text_of(error, "code", "http_" + std::to_string(status));
  reply.message = text_of(error, "message", "the gateway answered HTTP " + std::to_string(status));
  reply.exit = status == 401 || status == 403 || denies(code) ? kExitDenied : kExitRefused;
  reply.body = {{"error", reply.message}, {"code", code}};
  return reply;
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
  return gateway_url(loaded().ok() ? loaded()->config.gateway : GatewayConfig{});
}

std::string Session::host_socket() {
  return loaded().ok() ? loaded()->state_dir + "/host.sock" : std::string();
}

Reply Session::failed(const gateway::Error& error) const {
  Reply reply;
  reply.exit = error.code == "unreachable" ? kExitUnreachable : kExitRefused;
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
  if (!response.ok()) {
    return failed({"unreachable", "no gateway answers at " + url() + " (" +
                                      response.error().message +
                                      "); start one with: openclaw gateway start"});
  }
  json::object body = object_of(response->body);
  const json::value* ok = body.if_contains("ok");
  if (ok == nullptr || !ok->is_bool() || !ok->get_bool()) {
    return transport_failure(response->status, std::move(body));
  }
  Reply reply;
  reply.body = object_in(object_in(body, "result"), "details");
  if (reply.body.contains("error")) {
    reply.message = text_of(reply.body, "error", "refused");
    reply.exit = denies(text_of(reply.body, "code", "")) ? kExitDenied : kExitRefused;
  }
  return reply;
}

Reply Session::get(std::string_view path) {
  if (!loaded().ok()) return failed(loaded().error());
  std::string problem;
  const auto where = target(problem);
  if (!where) return failed({"bad_url", problem});
  HttpRequest request;
  request.path = path;
  request.bearer = loaded()->config.gateway.token;
  request.timeout = std::chrono::seconds(5);
  const auto response = http_request(*where, request);
  if (!response.ok()) {
    return failed(
        {"unreachable", "no gateway answers at " + url() + " (" + response.error().message + ")"});
  }
  json::object body = object_of(response->body);
  if (response->status >= 400) return transport_failure(response->status, std::move(body));
  Reply reply;
  reply.body = body.contains("result") ? object_in(body, "result") : std::move(body);
  return reply;
}

Reply Session::host(std::string_view verb, const json::object& body) {
  if (!loaded().ok()) return failed(loaded().error());
  HttpTarget where;
  where.unix_socket = host_socket();
  HttpRequest request;
  request.method = "POST";
  request.path = "/host/" + std::string(verb);
  request.body = json::canonical(body);
  request.timeout = std::chrono::seconds(600);
  const auto response = http_request(where, request);
  if (!response.ok()) {
    return failed({"unreachable", "no gateway listens on " + where.unix_socket + " (" +
                                      response.error().message +
                                      "); start one with: openclaw gateway start"});
  }
  json::object answer = object_of(response->body);
  if (response->status >= 400) return transport_failure(response->status, std::move(answer));
  Reply reply;
  reply.body = object_in(answer, "result");
  return reply;
}

}  // namespace gateway_app
