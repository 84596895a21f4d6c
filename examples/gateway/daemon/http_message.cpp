#include "daemon/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"

namespace gateway_app {
namespace {

struct CodeStatus {
  std::string_view code;
  unsigned status;
};

constexpr CodeStatus kStatuses[] = {
    {"invalid_json", 400},       {"invalid_request", 400},     {"unauthorized", 401},
    {"invalid_token", 401},      {"unknown_tool", 404},        {"not_found", 404},
    {"method_not_allowed", 405}, {"too_large", 413},           {"overloaded", 429},
    {"internal", 500},           {"storage_unavailable", 503}, {"shutting_down", 503},
    {"plugin_unavailable", 503}, {"not_ready", 503},           {"outcome_unknown", 504},
};

unsigned status_of(std::string_view code) {
  for (const CodeStatus& entry : kStatuses) {
    if (entry.code == code) return entry.status;
  }
  return 500;
}

std::string quoted(std::string_view text) { return base::json::canonical(base::json::value(text)); }

}  // namespace

HttpResponse ok_response(std::string_view result_json) {
  HttpResponse response;
  response.body = fmt::format(R"({{"ok":true,"result":{}}})", result_json);
  return response;
}

HttpResponse error_response_as(unsigned status, std::string_view code, std::string_view message,
                               std::string_view extra) {
  HttpResponse response;
  response.status = status;
  response.body = fmt::format(R"({{"ok":false,"error":{{"code":{},"message":{}{}{}}}}})",
                              quoted(code), quoted(message), extra.empty() ? "" : ",", extra);
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse error_response(std::string_view code, std::string_view message,
                            std::string_view extra) {
  return error_response_as(status_of(code), code, message, extra);
}

HttpResponse overloaded_response(std::string_view message, long long retry_after_ms) {
  const long long ms = std::max(retry_after_ms, 1LL);
  HttpResponse response =
      error_response("overloaded", message, fmt::format(R"("retryAfterMs":{})", ms));
  response.headers.emplace_back("Retry-After", std::to_string((ms + 999) / 1000));
  return response;
}

}  // namespace gateway_app
