#include "gateway/outbox.hpp"

#include <algorithm>
#include <condition_variable>
#include <optional>
#include <stdexcept>

#include "base/json.hpp"
#include "execution/rig.hpp"

using namespace gateway;
using namespace test_support;
namespace json = base::json;

namespace {

// ---- The smallest outbox: what lies under "out/<stream>/<target>/<n>" waits; "tries/<id>" counts.

std::string_view view(gw_bytes bytes) { return {static_cast<const char*>(bytes.ptr), bytes.len}; }
gw_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

struct Row {
  std::string id, payload;
};

gw_status collect(void* ctx, gw_bytes key, gw_bytes value) {
  auto& rows = *static_cast<std::vector<Row>*>(ctx);
  rows.push_back({std::string(view(key).substr(4)), std::string(view(value))});
  return GW_OK;
}

int tries_of(const gw_call* call, const std::string& id) {
  const std::string key = "tries/" + id;
  gw_bytes value{};
  call->store->get(call->txn, bytes(key), &value);
  return value.ptr == nullptr ? 0 : std::stoi(std::string(view(value)));
}

gw_status next(const gw_instance*, const gw_call* call, gw_bytes cursor, const gw_sink* sink) {
  std::vector<Row> rows;
  const std::string first = "out/" + std::string(view(cursor)) + (cursor.len > 0 ? "~" : "");
  call->store->scan(call->txn, bytes(first), bytes("out0"), 0, 3, &rows, collect);
  json::array deliveries;
  for (const Row& row : rows) {
    const std::size_t slash = row.id.find('/');
    deliveries.push_back({{"id", row.id},
                          {"stream", row.id.substr(0, slash)},
                          {"target", row.id.substr(slash + 1, row.id.rfind('/') - slash - 1)},
                          {"payload", {{"text", row.payload}}},
                          {"attempt", tries_of(call, row.id) + 1}});
  }
  json::object reply{{"deliveries", deliveries}, {"cursor", nullptr}, {"dueMs", nullptr}};
  if (rows.size() == 3) reply["cursor"] = rows.back().id;
  return sink->write(sink->ctx, bytes(json::canonical(reply)));
}

gw_status settle(const gw_instance*, const gw_call* call, gw_bytes id, std::uint32_t outcome,
                 gw_bytes detail) {
  const std::string key = "out/" + std::string(view(id));
  if (outcome != GW_RETRY_LATER) return call->store->erase(call->txn, bytes(key));
  const std::string tries = "tries/" + std::string(view(id));
  const std::string count = std::to_string(tries_of(call, std::string(view(id))) + 1);
  call->store->put(call->txn, bytes(tries), bytes(count));
  return call->store->put(call->txn, bytes("why"), detail);
}

constexpr gw_outbox kOutbox = {sizeof(gw_outbox), 0, next, settle};
const void* query(gw_bytes name) { return view(name) == GW_OUTBOX_V1 ? &kOutbox : nullptr; }

std::unique_ptr<Instance> instance_with_outbox() {
  gw_plugin table = test_plugin();
  table.query = query;
  auto made = Instance::create(&table, {"1.0.0", "linked-in", ""}, "{}", nullptr);
  REQUIRE(made.ok());
  return std::move(*made);
}

// ---- A sink that notes what it gets and answers when the test says so.
class Receiver {
 public:
  DeliverySink sink() {
    return [this](const Delivery& delivery, DeliveryDone done) {
      const std::lock_guard lock(mutex_);
      got_.push_back(delivery);
      open_.emplace_back(delivery.id, std::move(done));
      most_open_ = std::max(most_open_, open_.size());
      changed_.notify_all();
    };
  }
  // The ids that arrived so far, once there are `n`.
  std::vector<std::string> wait_for(std::size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return got_.size() >= n; });
    std::vector<std::string> ids;
    for (const Delivery& delivery : got_) ids.push_back(delivery.id);
    return ids;
  }
  Delivery last() {
    const std::lock_guard lock(mutex_);
    return got_.back();
  }
  // Answers the delivery of that id that arrived last.
  DeliveryDone take(const std::string& id) {
    const std::lock_guard lock(mutex_);
    for (auto at = open_.begin(); at != open_.end(); ++at) {
      if (at->first != id) continue;
      DeliveryDone done = std::move(at->second);
      open_.erase(at);
      return done;
    }
    throw std::logic_error("not under way: " + id);
  }
  void deliver(const std::string& id) { take(id)({DeliveryResult::Kind::kDelivered, ""}); }
  std::size_t most_open() {
    const std::lock_guard lock(mutex_);
    return most_open_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Delivery> got_;
  std::vector<std::pair<std::string, DeliveryDone>> open_;
  std::size_t most_open_ = 0;
};

struct OutboxRig {
  std::atomic<OutboxDrainer*> woken{nullptr};
  Rig rig;
  Receiver receiver;
  OutboxOptions options{std::chrono::milliseconds(20'000), std::chrono::milliseconds(1), 16};
  std::optional<OutboxDrainer> drainer;

  OutboxRig() : rig(waking(*this)) { rig.slot.activate(instance_with_outbox()); }
  ~OutboxRig() { stop(); }

  static ExecutorOptions waking(OutboxRig& self) {
    ExecutorOptions out;
    out.on_commit = [&self] {
      if (auto* drainer = self.woken.load()) drainer->wake();
    };
    return out;
  }
  void start() {
    drainer.emplace(*rig.executor, rig.clock, OutboxDrainer::Sinks{{"mail", receiver.sink()}},
                    options, rig.log.sink());
    woken = &*drainer;
    drainer->start();
  }
  void stop(std::chrono::milliseconds limit = std::chrono::milliseconds(0)) {
    woken = nullptr;
    if (drainer) drainer->stop(limit);
  }
  void queue(const std::string& id) {
    REQUIRE(rig.run("put", kv("out/" + id, "hello")).status == GW_OK);
  }
  void wait_until_stored(const std::string& key, const std::string& value) {
    while (rig.stored(key) != value) std::this_thread::yield();
  }
};

}  // namespace

TEST_CASE("a delivery is made after the commit that asked for it, and settled") {
  OutboxRig box;
  box.start();
  box.queue("mail/ann/1");
  CHECK(box.receiver.wait_for(1).front() == "mail/ann/1");
  CHECK(box.receiver.last().target == "ann");
  CHECK(box.receiver.last().payload_json == R"({"text":"hello"})");
  box.receiver.deliver("mail/ann/1");
  box.wait_until_stored("out/mail/ann/1", "-");
}

TEST_CASE("one target is served in order, one after the other; others do not wait for it") {
  OutboxRig box;
  for (const char* id : {"mail/ann/1", "mail/ann/2", "mail/bob/1", "mail/bob/2"}) box.queue(id);
  box.start();
  auto got = box.receiver.wait_for(2);
  std::sort(got.begin(), got.end());
  CHECK(got == std::vector<std::string>{"mail/ann/1", "mail/bob/1"});
  box.receiver.deliver("mail/bob/1");
  CHECK(box.receiver.wait_for(3).back() == "mail/bob/2");
  box.receiver.deliver("mail/ann/1");
  CHECK(box.receiver.wait_for(4).back() == "mail/ann/2");
  CHECK(box.receiver.most_open() == 2);
}

TEST_CASE("what waits behind a delivery that has ended goes out at once, whatever the pause") {
  OutboxRig box;
  box.options.pause = std::chrono::hours(1);
  box.queue("mail/ann/1");
  box.start();
  for (int n = 1; n <= 5; ++n) {
    const std::string id = "mail/ann/" + std::to_string(n);
    REQUIRE(box.receiver.wait_for(static_cast<std::size_t>(n)).back() == id);
    box.queue("mail/ann/" + std::to_string(n + 1));
    box.receiver.deliver(id);
  }
}

TEST_CASE("what failed is offered again under the same id, before what waits behind it") {
  OutboxRig box;
  box.queue("mail/ann/1");
  box.queue("mail/ann/2");
  box.start();
  box.receiver.wait_for(1);
  box.receiver.take("mail/ann/1")({DeliveryResult::Kind::kRetryLater, "HTTP 500"});
  CHECK(box.receiver.wait_for(2).back() == "mail/ann/1");
  CHECK(box.receiver.last().attempt == 2);
  CHECK(box.rig.stored("why") == "HTTP 500");
  box.receiver.take("mail/ann/1")({DeliveryResult::Kind::kGiveUp, "HTTP 410"});
  CHECK(box.receiver.wait_for(3).back() == "mail/ann/2");
}

TEST_CASE("what was sent but not settled is sent again with the same id after a restart") {
  OutboxRig box;
  box.queue("mail/ann/1");
  box.start();
  box.receiver.wait_for(1);
  const DeliveryDone late = box.receiver.take("mail/ann/1");
  box.stop();
  late({DeliveryResult::Kind::kDelivered, ""});  // nobody listens any more
  CHECK(box.rig.stored("out/mail/ann/1") == "hello");
  box.start();
  CHECK(box.receiver.wait_for(2).back() == "mail/ann/1");
}

TEST_CASE("stopping waits for what is under way and starts nothing more") {
  OutboxRig box;
  box.queue("mail/ann/1");
  box.queue("mail/ann/2");
  box.start();
  box.receiver.wait_for(1);
  std::thread answer([&] { box.receiver.deliver("mail/ann/1"); });
  box.stop(std::chrono::milliseconds(60'000));
  answer.join();
  CHECK(box.rig.stored("out/mail/ann/1") == "-");
  CHECK(box.receiver.wait_for(1).size() == 1);
}

TEST_CASE("deliveries go on over a swap, and a release without an outbox is left alone") {
  OutboxRig box;
  box.queue("mail/ann/1");
  box.start();
  box.receiver.wait_for(1);
  box.rig.slot.activate(instance_with_outbox());
  box.receiver.deliver("mail/ann/1");
  box.wait_until_stored("out/mail/ann/1", "-");
  box.rig.slot.activate(test_instance());
  box.queue("mail/ann/2");
  CHECK(box.rig.slot.exchange());
  box.queue("mail/bob/1");
  box.receiver.wait_for(3);
}

TEST_CASE("no more than max_targets are served at once, and all are in the end") {
  OutboxRig box;
  box.options.max_targets = 2;
  for (int i = 0; i < 6; ++i) box.queue("mail/t" + std::to_string(i) + "/1");
  box.start();
  for (std::size_t n = 0; n < 6; ++n) {
    const auto got = box.receiver.wait_for(n + 1);
    box.receiver.deliver(got[n]);
  }
  CHECK(box.receiver.most_open() <= 2);
}

TEST_CASE("while nobody more can be served, nobody asks what else is due") {
  OutboxRig box;
  box.options.max_targets = 2;
  std::atomic<int> pages{0};
  box.rig.executor->observe([&](const Request& request, const CallTrace&) {
    if (request.kind == Request::Kind::kOutboxNext) ++pages;
  });
  constexpr int kTargets = 30;  // ten pages
  for (int i = 0; i < kTargets; ++i) box.queue("mail/t" + std::to_string(i) + "/1");
  box.start();
  box.receiver.wait_for(2);
  for (int i = 0; i < 50; ++i) box.queue("mail/late/" + std::to_string(i));  // wakes it
  CHECK(pages == 1);
  for (std::size_t n = 0; n < kTargets; ++n) {
    const auto got = box.receiver.wait_for(n + 1);
    box.receiver.deliver(got[n]);
  }
  CHECK(box.receiver.most_open() <= 2);
}

TEST_CASE("streams that the host does not know are left alone; a sink that throws has failed") {
  OutboxRig box;
  box.queue("fax/ann/1");
  box.queue("mail/ann/1");
  box.drainer.emplace(*box.rig.executor, box.rig.clock,
                      OutboxDrainer::Sinks{{"mail",
                                            [](const Delivery&, const DeliveryDone&) {
                                              throw std::runtime_error("the sink is broken");
                                            }}},
                      box.options, box.rig.log.sink());
  box.drainer->start();
  box.wait_until_stored("why", "the sink is broken");
  CHECK(box.rig.stored("out/fax/ann/1") == "hello");
}

TEST_CASE("the heartbeat finds what no commit announced") {
  OutboxRig box;
  box.start();
  box.queue("mail/ann/1");
  box.receiver.wait_for(1);
  box.receiver.take("mail/ann/1");  // lost: never answered
  box.stop();
  box.woken = nullptr;
  box.drainer.emplace(*box.rig.executor, box.rig.clock,
                      OutboxDrainer::Sinks{{"mail", box.receiver.sink()}}, box.options,
                      box.rig.log.sink());
  box.drainer->start();
  box.receiver.wait_for(2);
  box.queue("mail/bob/1");  // nobody is woken
  box.rig.clock.advance(20'000);
  box.receiver.wait_for(3);
}
