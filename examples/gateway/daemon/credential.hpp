// Who sent a request, by its Authorization header.
#pragma once

#include <string>
#include <string_view>

#include "daemon/http_message.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

// The credential of a request.
struct Bearer {
  enum class Kind {
    kNone,      // no Authorization header
    kOperator,  // the gateway's token
    kAgent,     // at_...; the plugin decides whether it is good
    kWrong,     // anything else
  };
  Kind kind = Kind::kNone;
  std::string agent_token;
};

Bearer read_bearer(const Runtime& runtime, std::string_view authorization);

// Also takes what a browser sends when it asked its user: any name, and the gateway's token as the password. Only for
// pages that change nothing: a browser sends it along with requests that other sites make it send.
Bearer read_page_credential(const Runtime& runtime, std::string_view authorization);

// `unauthorized`, saying which credential would do.
HttpResponse unauthorized_response(const Runtime& runtime, const Bearer& bearer);

}  // namespace gateway_app
