// Carries out what the plugin has put into its outbox (gateway.outbox/1).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gateway/executor.hpp"

namespace gateway {

// One effect that a committed transition asked for.
struct Delivery {
  std::string id;            // the same in every attempt: whoever gets it can tell a repetition
  std::string stream;        // what kind of effect
  std::string target;        // whose; deliveries of one target come in order, one after the other
  std::string payload_json;  // as the plugin and the embedding agreed for the stream
  std::uint32_t attempt = 1;
};

struct DeliveryResult {
  enum class Kind : std::uint8_t { kDelivered, kRetryLater, kGiveUp };
  Kind kind = Kind::kRetryLater;
  std::string detail;  // of a failure, for people
};

// To be called once, from any thread, also inside the sink. Never calling it leaves the target waiting until the
// gateway starts anew.
using DeliveryDone = std::function<void(DeliveryResult)>;

// The embedding's way to carry out one stream. Runs on the drainer's thread: it starts what takes long elsewhere.
using DeliverySink = std::function<void(const Delivery&, DeliveryDone)>;

struct OutboxOptions {
  std::chrono::milliseconds heartbeat{20'000};  // looks at least so often
  std::chrono::milliseconds pause{50};          // between two looks while commits keep coming
  std::size_t max_targets = 16;                 // deliveries under way at once
};

// After commits (wake()), when the plugin says that something becomes due, and on a heartbeat it asks the active
// release what is due, hands it to the sinks and settles what became of it; both as ordinary calls, so that it goes on
// over swaps and rollbacks. What waits behind a delivery that has ended is asked for at once. At least once: whatever is
// not settled is offered again, also after a crash. Streams without a sink are left alone.
//
// Thread rule: construct, start and stop on the control thread; wake() from any thread.
class OutboxDrainer {
 public:
  using Sinks = std::map<std::string, DeliverySink>;  // by stream

  OutboxDrainer(Executor& executor, Clock& clock, Sinks sinks, OutboxOptions options, LogSink log);
  ~OutboxDrainer();  // as stop(0)

  void start();
  void wake();

  // Starts nothing more and waits for what is under way to be settled, at most `limit`; the rest is offered again at
  // the next start.
  void stop(std::chrono::milliseconds limit);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // a late DeliveryDone still finds it
};

}  // namespace gateway
