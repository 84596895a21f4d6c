#include "daemon/credential.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

#include "daemon/secret.hpp"

namespace gateway_app {
namespace {

constexpr std::string_view kAgentTokenPrefix = "at_";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// What follows the scheme (given in lower case) in an Authorization header; nothing: it is another scheme, or empty.
std::optional<std::string_view> after_scheme(std::string_view authorization,
                                             std::string_view scheme) {
  authorization = trim(authorization);
  const auto space = std::min(authorization.find(' '), authorization.size());
  const std::string_view given = authorization.substr(0, space);
  const bool same =
      std::equal(given.begin(), given.end(), scheme.begin(), scheme.end(),
                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
  const std::string_view rest = trim(authorization.substr(space));
  if (!same || rest.empty()) return std::nullopt;
  return rest;
}

}  // namespace

Bearer read_bearer(const Runtime& runtime, std::string_view authorization) {
  if (trim(authorization).empty()) return {};
  const auto token = after_scheme(authorization, "bearer");
  if (!token) return {Bearer::Kind::kWrong, {}};
  if (runtime.is_operator(*token)) return {Bearer::Kind::kOperator, {}};
  if (token->starts_with(kAgentTokenPrefix)) return {Bearer::Kind::kAgent, std::string(*token)};
  return {Bearer::Kind::kWrong, {}};
}

Bearer read_page_credential(const Runtime& runtime, std::string_view authorization) {
  const auto basic = after_scheme(authorization, "basic");
  if (!basic) return read_bearer(runtime, authorization);
  const std::string pair = base64_decoded(*basic);
  const auto colon = pair.find(':');
  const bool good =
      colon != std::string::npos && runtime.is_operator(std::string_view(pair).substr(colon + 1));
  return {good ? Bearer::Kind::kOperator : Bearer::Kind::kWrong, {}};
}

HttpResponse unauthorized_response(const Runtime& runtime, const Bearer& bearer) {
  if (bearer.kind == Bearer::Kind::kAgent) {
    return error_response("unauthorized",
                          "this needs the gateway's token; an agent's token is not enough");
  }
  if (!runtime.has_operator()) {
    return error_response(
        "unauthorized",
        "this gateway has no operator token: set gateway.auth.token in its configuration");
  }
  return error_response("unauthorized", bearer.kind == Bearer::Kind::kNone
                                            ? "no credential: send Authorization: Bearer "
                                              "<gateway.auth.token> or an agent's at_... token"
                                            : "the credential is wrong: expected Bearer "
                                              "<gateway.auth.token> or an agent's at_... token");
}

}  // namespace gateway_app
