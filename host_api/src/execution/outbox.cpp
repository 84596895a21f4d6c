#include "gateway/outbox.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "base/json.hpp"

namespace gateway {
namespace {

namespace json = base::json;

// How often the clock is looked at, in real time (see sweeper.cpp).
constexpr std::chrono::milliseconds kLook{100};
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr std::uint64_t kAfterFailureNs = 1'000 * kNsPerMs;

constexpr std::uint32_t kOutcomeOf[] = {GW_DELIVERED, GW_RETRY_LATER, GW_GIVE_UP};

std::string text_member(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

// What `next` answered.
struct Page {
  std::vector<Delivery> deliveries;
  std::string cursor;                  // empty: no more
  std::optional<std::int64_t> due_ms;  // when the next one is due
};

std::optional<Page> read_page(std::string_view text) {
  auto parsed = json::parse(text);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const json::object& reply = parsed->get_object();
  const json::value* deliveries = reply.if_contains("deliveries");
  if (deliveries == nullptr || !deliveries->is_array()) return std::nullopt;
  Page page;
  page.cursor = text_member(reply, "cursor");
  const json::value* due = reply.if_contains("dueMs");
  if (due != nullptr && due->is_int64()) page.due_ms = due->get_int64();
  for (const json::value& item : deliveries->get_array()) {
    if (!item.is_object()) return std::nullopt;
    const json::object& from = item.get_object();
    Delivery delivery{text_member(from, "id"), text_member(from, "stream"),
                      text_member(from, "target"), "null", 1};
    if (const auto* payload = from.if_contains("payload")) {
      delivery.payload_json = json::canonical(*payload);
    }
    const json::value* attempt = from.if_contains("attempt");
    if (attempt != nullptr && attempt->is_int64()) {
      delivery.attempt = static_cast<std::uint32_t>(attempt->get_int64());
    }
    if (delivery.id.empty()) return std::nullopt;
    page.deliveries.push_back(std::move(delivery));
  }
  return page;
}

Request host_request(Request::Kind kind, std::string name) {
  Request request;
  request.kind = kind;
  request.name = std::move(name);
  request.caller_kind = GW_CALLER_HOST;
  request.client = "host:outbox";
  request.timeout = std::chrono::milliseconds(0);
  return request;
}

}  // namespace

struct OutboxDrainer::Impl : std::enable_shared_from_this<Impl> {
  Impl(Executor& calls, Clock& time, Sinks streams, OutboxOptions chosen, LogSink sink)
      : executor(calls),
        clock(time),
        sinks(std::move(streams)),
        options(chosen),
        log(std::move(sink)) {}

  // The deliveries of one target, made one after the other.
  using LaneName = std::pair<std::string, std::string>;  // stream, target
  struct Lane {
    std::deque<Delivery> waiting;
    bool busy = false;  // one is with its sink, or being settled
  };

  void loop();
  bool time_to_look() const;
  bool look();
  bool full() const { return lanes.size() >= options.max_targets; }
  bool take(Page page);
  std::vector<Delivery> startable();
  void hand_out(const Delivery& delivery);
  void done(const Delivery& delivery, const DeliveryResult& result);
  void settled(const Delivery& delivery, bool delivered, const Outcome& outcome);
  void complain(const std::string& what) const {
    if (log) log(GW_LOG_WARN, "host", "outbox: " + what);
  }

  Executor& executor;  // not used once stopped
  Clock& clock;
  const Sinks sinks;
  const OutboxOptions options;
  const LogSink log;

  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool stopped = false;  // late results are dropped
  bool woken = true;     // something may have become due
  std::uint64_t look_at_ns = 0;
  std::optional<std::int64_t> due_ms;
  std::map<LaneName, Lane> lanes;
  std::set<LaneName> ended;  // since the look began: what it reads of them may be from before
  std::size_t busy = 0;
  std::size_t settling = 0;  // calls that still refer to the executor
  std::thread thread;
};

OutboxDrainer::OutboxDrainer(Executor& executor, Clock& clock, Sinks sinks, OutboxOptions options,
                             LogSink log)
    : impl_(std::make_shared<Impl>(executor, clock, std::move(sinks), options, std::move(log))) {}

OutboxDrainer::~OutboxDrainer() { stop(std::chrono::milliseconds(0)); }

void OutboxDrainer::start() {
  if (impl_->thread.joinable() || impl_->stopped) return;
  impl_->thread = std::thread([impl = impl_.get()] { impl->loop(); });
}

void OutboxDrainer::wake() {
  const std::lock_guard lock(impl_->mutex);
  impl_->woken = true;
  impl_->changed.notify_all();
}

void OutboxDrainer::stop(std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  std::unique_lock lock(impl_->mutex);
  impl_->changed.wait_for(lock, limit, [&] { return impl_->busy == 0; });
  impl_->stopped = true;
  impl_->changed.wait(lock, [&] { return impl_->settling == 0; });
}

// While all lanes are taken, nothing more could be: whoever ends wakes the next look.
bool OutboxDrainer::Impl::time_to_look() const {
  if (full()) return false;
  return woken || clock.steady_ns() >= look_at_ns || (due_ms && clock.now_ms() >= *due_ms);
}

void OutboxDrainer::Impl::loop() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    const bool looks = time_to_look();
    bool cheap = false;
    if (looks) {
      lock.unlock();
      cheap = look();
      lock.lock();
      if (stopping) return;
    }
    for (const Delivery& delivery : startable()) {
      lock.unlock();
      hand_out(delivery);
      lock.lock();
    }
    if (looks) {
      // What waits behind a delivery that has ended goes on at once.
      changed.wait_for(lock, options.pause, [&] { return stopping || (cheap && !ended.empty()); });
    } else {
      changed.wait_for(lock, kLook, [&] { return stopping || time_to_look(); });
    }
  }
}

// Whether it was cheap: one call told all that is due.
bool OutboxDrainer::Impl::look() {
  {
    const std::lock_guard lock(mutex);
    woken = false;
    ended.clear();
    due_ms.reset();
    look_at_ns =
        clock.steady_ns() + static_cast<std::uint64_t>(options.heartbeat.count()) * kNsPerMs;
  }
  std::string cursor;
  int calls = 0;
  do {
    ++calls;
    const Outcome outcome = executor.run(host_request(Request::Kind::kOutboxNext, cursor));
    if (outcome.kind != Outcome::Kind::kReply) {
      const bool quiet = outcome.kind == Outcome::Kind::kNoPlugin ||
                         outcome.kind == Outcome::Kind::kUnknownName ||
                         outcome.kind == Outcome::Kind::kShuttingDown;
      if (!quiet) complain("next failed: " + outcome.message);
      return false;  // the heartbeat asks again
    }
    auto page = read_page(outcome.body);
    if (!page) {
      complain("next answered something else than deliveries");
      return false;
    }
    cursor = page->cursor;
    const bool room = take(std::move(*page));
    if (!room && !cursor.empty()) return false;
  } while (!cursor.empty());
  return calls == 1;
}

// Lanes that are under way keep what they have: it is the beginning of the same queue. False when all
// lanes are taken: what is due besides has to wait anyway, and reading it costs the worker's time.
bool OutboxDrainer::Impl::take(Page page) {
  const std::lock_guard lock(mutex);
  if (page.due_ms && (!due_ms || *page.due_ms < *due_ms)) due_ms = page.due_ms;
  std::map<LaneName, std::deque<Delivery>> fresh;
  for (Delivery& delivery : page.deliveries) {
    const LaneName name{delivery.stream, delivery.target};
    if (!sinks.contains(delivery.stream) || lanes.contains(name)) continue;
    if (ended.contains(name)) continue;  // it has woken the next look
    fresh[name].push_back(std::move(delivery));
  }
  for (auto& [name, waiting] : fresh) {
    if (full()) return false;
    lanes[name].waiting = std::move(waiting);
  }
  return !full();
}

std::vector<Delivery> OutboxDrainer::Impl::startable() {
  std::vector<Delivery> out;
  for (auto& [name, lane] : lanes) {
    if (lane.busy || lane.waiting.empty()) continue;
    lane.busy = true;
    ++busy;
    out.push_back(std::move(lane.waiting.front()));
    lane.waiting.pop_front();
  }
  return out;
}

void OutboxDrainer::Impl::hand_out(const Delivery& delivery) {
  auto told = std::make_shared<std::atomic<bool>>(false);
  const DeliveryDone finished = [self = weak_from_this(), delivery, told](DeliveryResult result) {
    if (told->exchange(true)) return;
    if (const auto impl = self.lock()) impl->done(delivery, result);
  };
  try {
    sinks.at(delivery.stream)(delivery, finished);
  } catch (const std::exception& error) {
    finished({DeliveryResult::Kind::kRetryLater, error.what()});
  }
}

void OutboxDrainer::Impl::done(const Delivery& delivery, const DeliveryResult& result) {
  {
    const std::lock_guard lock(mutex);
    if (stopped) return;
    ++settling;
  }
  Request request = host_request(Request::Kind::kOutboxSettle, delivery.id);
  request.outcome = kOutcomeOf[static_cast<std::size_t>(result.kind)];
  request.detail = result.detail;
  const bool delivered = result.kind == DeliveryResult::Kind::kDelivered;
  executor.submit(std::move(request),
                  [self = shared_from_this(), delivery, delivered](const Outcome& outcome) {
                    self->settled(delivery, delivered, outcome);
                  });
}

void OutboxDrainer::Impl::settled(const Delivery& delivery, bool delivered,
                                  const Outcome& outcome) {
  const bool recorded = outcome.kind == Outcome::Kind::kReply && outcome.status == GW_OK;
  if (!recorded && outcome.kind != Outcome::Kind::kShuttingDown) {
    complain("settling " + delivery.id + " failed, it will be delivered again: " +
             (outcome.kind == Outcome::Kind::kReply ? outcome.body : outcome.message));
  }
  const std::lock_guard lock(mutex);
  --settling;
  --busy;
  const auto lane = lanes.find({delivery.stream, delivery.target});
  if (lane != lanes.end()) {
    lane->second.busy = false;
    if (!recorded || !delivered || lane->second.waiting.empty()) {
      ended.insert(lane->first);
      lanes.erase(lane);
    }
  }
  if (recorded) {
    woken = true;
  } else {
    look_at_ns = std::min(look_at_ns, clock.steady_ns() + kAfterFailureNs);
  }
  changed.notify_all();
}

}  // namespace gateway
