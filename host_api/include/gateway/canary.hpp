// A candidate on trial: its stages, what is counted, the rules it is judged by, and how it ended.
//
//     shadow  beside the active release, in a process of its own: replies and writes are compared, nothing is kept
//     split   in this process: a growing share of the calls
//     soak    promoted, every call; the release before it waits, loaded, to take over again
//
// At the end of the soak the release is marked good. When a rule is broken in any stage the release before it serves
// again at once and the candidate is quarantined; when there is too little traffic to tell, it is only dropped.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"
#include "gateway/instance.hpp"
#include "gateway/latency.hpp"

namespace gateway {

enum class CanaryStage : std::uint8_t { kShadow, kSplit, kSoak };
std::string_view stage_name(CanaryStage stage);  // "shadow" | "split" | "soak"
std::optional<CanaryStage> parse_stage(std::string_view name);

// An intended difference of a candidate: in the shadow's comparison of `tool` (a sweep is "sweep:<name>", "*" is any),
// what lies at or below `pointer` is not compared. The compared document is
//     {"status": "ok", "reply": {...}, "writes": {"<key>": value or null}}
// and "*" stands for any one part of the pointer: "/reply/plugin", "/writes/*/updatedAt".
struct AllowedDifference {
  std::string tool;
  std::string pointer;
};

struct CanaryPolicy {
  CanaryStage from_stage = CanaryStage::kShadow;
  std::uint32_t min_samples = 200;  // the candidate's calls that a stage needs to pass
  std::int64_t stage_ms = 10'000;   // least time of shadow and of split
  std::int64_t soak_ms = 300'000;   // least time of the soak
  std::int64_t timeout_ms =
      0;  // still short of samples after that: inconclusive; 0 = from the least time
  std::uint32_t shadow_percent = 100;  // share of the active release's calls that are shadowed
  std::vector<AllowedDifference> allow;

  // With a timeout of its own the least time of shadow and of split is at most a quarter of it. A soak that is not
  // short of samples by then goes on to its end.
  std::int64_t least_ms(CanaryStage stage) const;
  std::int64_t timeout_of(CanaryStage stage) const;  // max(10 s, 4x the least time)
};

// How a shadow's answer differs from that of the active release.
enum class Difference : std::uint8_t { kReply, kWrites, kStatus, kCrash, kSlow };
inline constexpr std::size_t kDifferences = 5;
std::string_view difference_name(Difference difference);  // "reply", "writes", ...

// What is counted of one release in one stage, by steps of calls and sweeps.
struct CanaryCounters {
  std::uint64_t calls = 0;
  std::uint64_t internal_errors = 0;  // GW_INTERNAL, another breach of the ABI, or too slow
  Latencies latency;                  // inside the plugin
  std::uint64_t violations = 0;       // of the judging release's invariants
  // New records that match a signal. Of the candidate only those that the other release, asked the same on the same
  // state, would not have written.
  std::uint64_t escalations = 0;
  std::uint64_t over_budget = 0;  // steps that wrote more escalations than their budget allows
  std::uint64_t pipeline_failures = 0;
  std::array<std::uint64_t, kDifferences> differences{};  // not on the allow-list
};

// One rule with its numbers, broken or not.
struct CanaryMeasure {
  std::string rule;  // "internal_error_rate", "p99_us", "shadow_differences", "escalations", ...
  // Of the candidate, and of the active release. "p99_us": of the tools that both ran, in the candidate's proportions;
  // what its slowest hundredth, three calls or more, took at least, and 0 where fewer can be compared.
  double value = 0;
  double baseline = 0;
  double threshold = 0;  // the rule is broken above it
  bool broken = false;
};

enum class Judgement : std::uint8_t { kGoOn, kPass, kFail, kInconclusive };
std::string_view judgement_name(Judgement judgement);  // "go_on" | "pass" | "fail" | "inconclusive"

struct CanaryVerdict {
  Judgement judgement = Judgement::kGoOn;
  std::string rule;    // the broken one, or "too_few_samples"
  std::string reason;  // for people, with numbers
  std::vector<CanaryMeasure> measures;
  std::uint64_t needed_samples = 0;
};

// A canary, running or ended.
struct CanaryStatus {
  std::string id;  // also the name of its directory of evidence
  ReleaseId candidate;
  ReleaseId active;  // the release it is judged against
  CanaryStage stage = CanaryStage::kShadow;
  bool running = false;
  bool paused = false;
  // "" while it runs, else "promoted" (marked good), "rolled_back", "inconclusive" or "aborted"
  std::string outcome;
  std::uint32_t share_percent = 0;  // of the calls: shadowed, or run by the candidate
  std::int64_t started_ms = 0;      // Unix
  std::int64_t stage_started_ms = 0;
  std::int64_t stage_elapsed_ms = 0;  // without pauses
  CanaryPolicy policy;
  CanaryCounters active_counters;  // of this stage
  CanaryCounters candidate_counters;
  std::uint64_t shed = 0;      // samples that the shadow had no time for
  std::uint64_t stale = 0;     // samples whose state had moved on before it could be read
  std::uint64_t restarts = 0;  // of the shadow's process
  CanaryVerdict verdict;       // the newest
  std::string evidence;        // directory; empty: nothing was kept
};

// Reads a policy as an operator writes it, a JSON object with any of
//     fromStage, minSamples, stageSeconds, soakSeconds, stageTimeoutSeconds, shadowPercent,
//     allow: [{tool, pointer}], up to 100 of up to 1000 bytes each
// on top of `defaults`. Errors: invalid_request (the member, expected, got).
Result<CanaryPolicy> read_policy(std::string_view json, CanaryPolicy defaults);

// CANARY in the gateway's README: the status as a JSON object, for status pages, decisions and reports.
std::string to_json(const CanaryStatus& status);

}  // namespace gateway
