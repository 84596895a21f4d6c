// One effect per idempotency key for tools that create something else than a task (T-2). When the reply shows a secret
// (WHO-8), the ledger keeps the reply without it, so a replay returns the rest.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "actors/actor.hpp"
#include "core/context.hpp"
#include "core/error.hpp"
#include "tools/args.hpp"
#include "tools/param.hpp"

namespace ansible {

inline constexpr Param kIssueKey = {.name = "idempotency_key",
                                    .type = ParamType::kString,
                                    .description =
                                        "Your own key for this request: repeating it has no second "
                                        "effect and returns the first reply "
                                        "without its secret.",
                                    .max_length = 200};

struct IssueOnce {
  std::string ledger_key;  // empty: the request has no key
  std::string digest;
  std::optional<json::object> replay;  // the reply, when this request had its effect before
};

// Looks into the ledger for `actor`, `tool` and the argument `idempotency_key`. Errors: idempotency_conflict.
Result<IssueOnce> open_issue(Context& context, const Args& args, const Actor& actor,
                             std::string_view tool);

// Remembers `reply`, but for its member `secret` if it has one, and returns it whole.
json::object finish_issue(Context& context, const IssueOnce& once, json::object reply,
                          std::string_view secret = {});

}  // namespace ansible
