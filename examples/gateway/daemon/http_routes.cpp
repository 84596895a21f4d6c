#include "daemon/http_routes.hpp"

#include <chrono>
#include <string>

#include "daemon/credential.hpp"
#include "daemon/reports.hpp"
#include "daemon/status_page.hpp"
#include "daemon/tool_route.hpp"

namespace gateway_app {
namespace {

using Counters = std::function<HttpCounters()>;

std::int64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

HttpResponse text(std::string body, std::string type) {
  HttpResponse response;
  response.body = std::move(body);
  response.content_type = std::move(type);
  return response;
}

HttpResponse healthz(Runtime&, const Counters&) { return ok_response(R"({"status":"alive"})"); }

HttpResponse readyz(Runtime& runtime, const Counters&) {
  const std::string why = why_not_ready(runtime);
  if (why.empty()) return ok_response(R"({"status":"ready"})");
  return error_response("not_ready", why);
}

HttpResponse status(Runtime& runtime, const Counters& counters) {
  return ok_response(base::json::canonical(gateway_status(runtime, counters(), unix_ms())));
}

HttpResponse metrics(Runtime& runtime, const Counters& counters) {
  return text(metrics_text(runtime, counters()), "text/plain; version=0.0.4; charset=utf-8");
}

HttpResponse front_page(Runtime& runtime, const Counters&) {
  HttpResponse response = text(status_page(runtime), "text/html; charset=utf-8");
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'");
  return response;
}

struct Page {
  std::string_view path;
  bool operator_only;
  HttpResponse (*answer)(Runtime&, const Counters&);
};

constexpr Page kPages[] = {
    {"/", true, front_page},     {"/healthz", false, healthz}, {"/readyz", false, readyz},
    {"/metrics", true, metrics}, {"/status", true, status},
};

HttpResponse wrong_method(const char* allowed) {
  HttpResponse response =
      error_response("method_not_allowed", std::string("this path answers to ") + allowed);
  response.headers.emplace_back("Allow", allowed);
  return response;
}

// A browser then asks for a name and a password.
HttpResponse ask_for_token(const Runtime& runtime, const Bearer& bearer) {
  HttpResponse response = unauthorized_response(runtime, bearer);
  for (auto& [name, value] : response.headers) {
    if (name == "WWW-Authenticate") value += R"(, Basic realm="openclawd")";
  }
  return response;
}

HttpResponse answer_page(const Page& page, Runtime& runtime, const Counters& counters,
                         const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  if (page.operator_only) {
    const Bearer bearer = read_page_credential(runtime, request.authorization);
    if (bearer.kind != Bearer::Kind::kOperator) return ask_for_token(runtime, bearer);
  }
  return page.answer(runtime, counters);
}

}  // namespace

HttpHandler http_routes(Runtime& runtime, ExchangeRoute& exchange, InboxFeed& feed,
                        std::function<HttpCounters()> counters) {
  return [&runtime, &exchange, &feed, counters = std::move(counters)](const HttpRequest& request,
                                                                      const HttpReply& reply) {
    if (request.path == "/tools/invoke") {
      if (request.method != "POST") return reply(wrong_method("POST"));
      return invoke_tool(runtime, request, reply);
    }
    if (exchange.answers(request.path)) return exchange.answer(runtime, request, reply);
    if (InboxFeed::serves(request)) {
      if (request.method != "GET") return reply(wrong_method("GET"));
      return feed.serve(request, reply);
    }
    for (const Page& page : kPages) {
      if (page.path == request.path) return reply(answer_page(page, runtime, counters, request));
    }
    reply(error_response("not_found", "no such path; tools are called with POST /tools/invoke"));
  };
}

}  // namespace gateway_app
