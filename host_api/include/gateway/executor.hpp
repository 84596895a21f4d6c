// Runs calls: one order of transitions, durable before it is told.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/clock.hpp"
#include "gateway/engine.hpp"
#include "gateway/histogram.hpp"
#include "gateway/latency.hpp"
#include "gateway/log.hpp"
#include "gateway/node.hpp"
#include "gateway/slot.hpp"

namespace gateway {

class Breadcrumbs;
class Journal;
class Referee;  // of the host library's canary

struct Request {
  enum class Kind : std::uint8_t {
    kTool,
    kSweep,
    kStart,
    kStop,
    kOutboxNext,
    kOutboxSettle,
    kMigrate
  };
  Kind kind = Kind::kTool;
  std::string
      name;  // tool or sweep; of the outbox the cursor (empty: from the start), or the delivery
  std::string args_json = "{}";  // a JSON object
  std::uint32_t caller_kind = GW_CALLER_ANONYMOUS;
  std::string caller_agent;                // with GW_CALLER_AGENT
  std::uint32_t outcome = GW_RETRY_LATER;  // kOutboxSettle: how the delivery ended, and why
  std::string detail;
  std::string client;      // who shares one fair turn in the queue (a connection, an agent)
  std::string request_id;  // empty: the executor draws one
  std::string trace_id;
  std::chrono::milliseconds timeout{30'000};  // from arrival; 0 = none
};

// How a call ended, as a caller sees it.
struct Outcome {
  enum class Kind : std::uint8_t {
    kReply,  // the plugin answered: GW_OK, GW_REFUSED or GW_REFUSED_RECORDED; `body` is its JSON
    kUnknownName,   // no such tool or sweep, or the plugin has no outbox
    kNoPlugin,      // nothing is active
    kOverloaded,    // the queue is full; try again after retry_after_ms
    kExpired,       // the deadline passed before it ran; nothing happened
    kUnknown,       // it may have been committed: ask again with the same idempotency key
    kShuttingDown,  // not run
    kStorage,   // `status` is GW_NO_SPACE, GW_CORRUPT, ...; nothing of the last step was written
    kInternal,  // a bug in the plugin or the host; nothing was written
  };
  Kind kind = Kind::kInternal;
  gw_status status = GW_INTERNAL;
  std::string body;     // kReply: the reply (of the last step)
  std::string message;  // otherwise: what happened, for people
  std::string request_id;
  std::uint32_t steps = 0;
  std::int64_t retry_after_ms = 0;
  std::uint64_t sequence = 0;  // the newest commit it could see; durable by now
  ReleaseId release;           // which release answered
};

using Completion = std::function<void(Outcome)>;

struct ExecutorOptions {
  std::size_t max_queue = 4096;       // calls waiting, over all clients; more are kOverloaded
  std::size_t max_batch_calls = 256;  // calls sharing one commit
  std::size_t max_batch_bytes = 16u << 20;
  std::size_t readers = 2;                      // threads for read-only calls
  std::chrono::microseconds step_slice{2'000};  // should_yield() after that
  std::uint32_t max_attempts = 8;               // runs of one step over conflicts
  std::uint64_t seed = 0;                       // of services.random; 0 = from the system's CSPRNG
  std::function<void()> on_commit;  // after each durable commit, on the worker's thread: short
  // How long a hook may take before it is told `cancelled`; a tenth of that later it is given up.
  std::chrono::milliseconds hook_limit{30'000};
  std::shared_ptr<Breadcrumbs> breadcrumbs;  // where it is noted which release runs; may be none
  std::shared_ptr<Journal> journal;          // where steps are recorded; mostly none
};

// A call that speaks against the release that ran it.
struct FailedCall {
  std::int64_t at_ms = 0;
  std::string name;  // of the tool or sweep
  std::string request_id;
  std::string what;  // "internal", "overrun", "violation", "hung"
  std::string message;
};

// How the steps ended that a release ran.
struct ReleaseCounts {
  std::uint64_t steps = 0;       // that came to an end; conflicts, which run again, do not count
  std::uint64_t internal = 0;    // GW_INTERNAL
  std::uint64_t overruns = 0;    // beyond their deadline, the hard limit, or the age of their view
  std::uint64_t violations = 0;  // writes that the active release's declared invariants forbid
  std::uint64_t hung = 0;        // given up: over the hard limit and deaf to `cancelled`
  std::vector<FailedCall> failures;  // newest first, at most kMaxFailures

  static constexpr std::size_t kMaxFailures = 20;
};

// A call that was given up.
struct HungCall {
  ReleaseId release;
  FailedCall call;
};

// What a call was seen to do, for tests and benchmarks.
struct CallTrace {
  std::uint64_t keys_read = 0;  // distinct point reads and scanned rows
  std::uint64_t keys_written = 0;
  std::uint64_t bytes_written = 0;
};

// Callers -> bounded fair queue -> one worker that runs the plugin on (committed snapshot + overlay
// of the batch + the call's own writes) -> one durable commit for the batch -> replies. Read-only
// calls run beside it, each on a snapshot of its own. (Stop-and-go: the worker waits for its
// commit. Execution and commit can overlap later behind this interface.)
//
// Every outcome, whatever its kind, carries the newest write it could see and is released only when
// that is durable.
//
// A deadline ends a call only while nothing of it has happened (kExpired). Once a step of it is
// merged, the call goes on to its end: a late reply is delivered, because it is durable and true,
// and spares the caller a doubt.
//
// A hook that runs over its hard limit and does not return when it is told so is given up: its
// thread is left behind and replaced, its caller is told, what it would write is refused, and its
// release stays loaded for good. Nobody kills a thread. A tool that hangs again and again is not
// called for a while.
//
// Thread rule: submit(), role() and metrics() from any thread; completions must not block and run
// on the executor's threads, or inside submit() when the call is refused at once. drain() on one
// thread, never on a completion's.
class Executor {
 public:
  Executor(ExecutorOptions options, Engine& engine, Slot& slot, Clock& clock, NodeState& node,
           LogSink log);
  // As drain(0). With wedged() threads, what they may still touch is never freed; the clock, the node
  // and the log's sink must then live as long as the process.
  ~Executor();

  void submit(Request request, Completion done);
  Outcome run(Request request);  // submit and wait; never from a completion

  // Commits keys of the host's own (first byte 0x00) in the order of the calls, and waits until they
  // are durable; never from a completion. Errors: what the store returns; GW_CANCELLED when the
  // executor is draining.
  StoreResult<void> commit_host(std::vector<Write> writes);

  // Refuses new calls (other than kStop), finishes what waits within `limit`, then refuses the rest
  // with kShuttingDown (kUnknown when some of a call's steps are committed) and tells running hooks
  // that they are cancelled. Returns when every call has its outcome.
  void drain(std::chrono::milliseconds limit);

  ExecutorMetrics metrics() const;

  // How the steps of the release with this digest ended since restart_counts(), or since the
  // executor began.
  ReleaseCounts counts(const std::string& sha256) const;
  void restart_counts(const std::string& sha256);
  // How long those steps took inside the plugin, by the clock, since the executor began; of the four releases that ran
  // last. Thread rule: any.
  Latencies latencies(const std::string& sha256) const;
  // To be called for each write that breaks an invariant. Thread rule: any.
  void count_violation(const std::string& sha256, FailedCall call);

  // The calls that were given up since the last time it was asked; each is told once.
  std::vector<HungCall> take_hung();
  // Threads left behind inside hooks, so far.
  std::size_t wedged() const;

  // Whether coordinator sweeps run on this node, as of the newest committed state. Errors: what the
  // store returns.
  StoreResult<NodeRole> role() const;

  // From the next call on; calls that were assigned by another referee stay with it. None: null.
  void set_referee(std::shared_ptr<Referee> referee);

  // Tests and benchmarks: called after each step that ran, on the thread that ran it.
  void observe(std::function<void(const Request&, const CallTrace&)> observer);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
