// What the gateway tells about itself, as JSON and as Prometheus text.
#pragma once

#include <string>

#include "base/json.hpp"
#include "daemon/http_server.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

// One row of `plugins list` (SLOT in README.md). Without a host: state "none" and why.
base::json::object slot_row(const Runtime& runtime);
base::json::object slot_row(const gateway::Host& host);
base::json::object slot_row(const gateway::SlotStatus& status);

// SLOT with the tools, sweeps, ABI and data formats of the active release.
base::json::object slot_info(const gateway::Host& host);

// CANARY in README.md.
base::json::object canary_row(const gateway::CanaryStatus& status);

// RELEASE in README.md.
base::json::object release_row(const gateway::KnownRelease& known);

// What plugins/rollback answers: RELEASE, and the canary that it ended.
base::json::object rolled_back_row(const gateway::RolledBack& back);

// MARK in README.md, and {"quarantine":[MARK]} of those in quarantine.
base::json::object mark_row(const gateway::Mark& mark);
base::json::object quarantine_list(const gateway::Host& host);

// {"releases":[...],"entries":[...]}
base::json::object slot_history(const gateway::Host& host);

// STATUS in README.md. `now_ms` is Unix time.
base::json::object gateway_status(Runtime& runtime, const HttpCounters& http, std::int64_t now_ms);

// The metrics page, Prometheus text format 0.0.4.
std::string metrics_text(Runtime& runtime, const HttpCounters& http);

}  // namespace gateway_app
