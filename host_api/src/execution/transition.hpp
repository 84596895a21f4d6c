// One step of one transition: calls a hook of the plugin on a View and says what came of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execution/crypto.hpp"
#include "execution/limits.hpp"
#include "execution/view.hpp"
#include "gateway/executor.hpp"
#include "gateway/instance.hpp"
#include "gateway/node.hpp"

namespace gateway {

enum class Hook : std::uint8_t {
  kTool,
  kSweep,
  kStart,
  kStop,
  kMigrate,
  kSelfTest,
  kOutboxNext,
  kOutboxSettle
};

// What a step gets. Everything is borrowed until run_step() returns.
struct StepInput {
  Hook hook = Hook::kTool;
  std::string_view name;  // of the tool or sweep; the outbox's cursor or delivery
  std::string_view args_json = "{}";
  std::string_view request_id;
  std::string_view trace_id;  // empty: absent
  std::string_view node_id;
  std::string_view caller_agent;           // empty: absent
  std::string_view continuation;           // absent in step 0
  std::uint32_t outcome = GW_RETRY_LATER;  // of a delivery
  std::string_view detail;                 // the same; empty: absent
  std::uint32_t flags = 0;                 // GW_CALL_*
  std::uint32_t caller_kind = GW_CALLER_ANONYMOUS;
  std::uint32_t attempt = 0;
  std::uint32_t step = 0;
  std::int64_t now_ms = 0;
  std::uint64_t deadline_ns = 0;           // CLOCK_MONOTONIC; 0 = none
  NodeRole role;                           // what gateway.node/1 answers
  crypto::Seed seed{};                     // of services.random
  std::chrono::microseconds slice{2'000};  // should_yield() after that; 0 = from the start
  // should_yield() says no so many times and then yes, whatever the time; none: by the slice.
  std::optional<std::uint32_t> yield_after{};
  std::uint64_t max_reply = limits::kMaxReply;   // bytes
  const std::atomic<bool>* cancelled = nullptr;  // given up by the host; may be none
  const std::atomic<bool>* cut = nullptr;        // as `cancelled`, for this call alone
};

struct LogLine {
  std::uint32_t level = GW_LOG_INFO;
  std::string text;
};

// What came of it. Writes, checks, logs and metrics are there only if they are to be kept: nothing
// of a step that failed, was refused, or made a failing store or sink call is.
struct StepResult {
  gw_status status =
      GW_INTERNAL;   // one of the header's table; a failure that stuck wins over the hook's own
  std::string body;  // the reply (GW_OK, GW_REFUSED, GW_REFUSED_RECORDED) or continuation (GW_MORE)
  std::string error;  // of a failed step, for people
  std::vector<Write> writes;
  std::vector<Check> checks;  // also of GW_REFUSED: a refusal is judged by what it read
  std::vector<LogLine> logs;
  std::map<std::string, double> metrics;  // summed by name
  CallTrace trace;
  std::uint32_t yields_denied = 0;   // how often should_yield() said no before it said yes
  bool yielded = false;              // and whether it did
  std::chrono::nanoseconds took{0};  // inside the hook
  std::string record;                // the step as the journal keeps it; empty: it does not
};

// A status that is the release's own fault: a bug, or a broken rule of the ABI.
bool is_fault(gw_status status);

// Answers that the store and the host have no part in: another run of the step can be compared with them.
bool comparable(gw_status status);

// True for the statuses whose writes are kept: GW_OK, GW_REFUSED_RECORDED, GW_MORE.
bool commits(gw_status status);

// "ok", "refused", "no_space", ...: for metrics and messages.
std::string_view status_name(gw_status status);

// Runs one step. `view` must be fresh: its writes and reads become the result's. Whatever the
// plugin does short of crashing ends in a status: a C++ exception, an unknown status, and GW_MORE
// from a hook that has no steps are GW_INTERNAL.
// Thread rule: as the hook; `view` belongs to this thread.
StepResult run_step(const Instance& instance, View& view, const StepInput& input);

}  // namespace gateway
