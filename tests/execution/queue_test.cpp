// How calls wait, share commits, expire and are drained.
#include <thread>

#include "execution/fair_queue.hpp"
#include "execution/rig.hpp"

using namespace gateway;
using namespace test_support;
using Kind = Outcome::Kind;

TEST_CASE("the queue gives every client one turn after the other") {
  FairQueue<int> queue;
  for (int i = 0; i < 3; ++i) queue.push("a", 10 + i);
  queue.push("b", 20);
  queue.push("c", 30);
  queue.push("c", 31);
  std::vector<int> order;
  while (!queue.empty()) order.push_back(queue.pop());
  CHECK(order == std::vector<int>{10, 20, 30, 11, 31, 12});
}

TEST_CASE("a client that fills the queue makes room for one that has little in it") {
  FairQueue<int> queue;
  for (int i = 0; i < 4; ++i) queue.push("flood", i);
  int out = -1;
  CHECK(queue.push_out("other", out));
  CHECK(out == 3);
  queue.push("other", 100);
  CHECK(queue.size() == 4);
  CHECK_FALSE(queue.push_out("flood", out));
  CHECK(queue.push_out("other", out));
  queue.push("other", 101);
  CHECK_FALSE(queue.push_out("other", out));  // 2 and 2
}

TEST_CASE("calls that wait together share one commit, and see each other in order") {
  Rig rig;
  auto held = rig.hold_worker();
  std::vector<std::future<Outcome>> calls;
  for (int i = 0; i < 100; ++i) {
    calls.push_back(rig.start(call("count", R"({"key":"n"})", std::to_string(i))));
  }
  rig.release_worker();
  held.get();
  std::uint64_t sequence = 0;
  for (int i = 0; i < 100; ++i) {
    const Outcome outcome = calls[static_cast<std::size_t>(i)].get();
    CHECK(outcome.body == R"({"count":)" + std::to_string(i + 1) + "}");
    if (i == 0) sequence = outcome.sequence;
    CHECK(outcome.sequence == sequence);
  }
  CHECK(rig.engine.commits() == 1);
}

TEST_CASE("a batch ends at its limits of calls and bytes, and the rest comes next") {
  ExecutorOptions options;
  options.max_batch_calls = 4;
  options.max_batch_bytes = 1000;
  Rig rig(options);
  auto held = rig.hold_worker();
  std::vector<std::future<Outcome>> calls;
  for (int i = 0; i < 8; ++i) calls.push_back(rig.start(call("count", R"({"key":"n"})")));
  rig.release_worker();
  for (auto& each : calls) CHECK(each.get().status == GW_OK);
  CHECK(rig.engine.commits() == 2);

  gate().close();
  held = rig.start(call("wait"));
  gate().wait_for_visitors(1);
  calls.clear();
  for (int i = 0; i < 4; ++i) {
    calls.push_back(rig.start(call("put", kv("k" + std::to_string(i), std::string(600, 'v')))));
  }
  rig.release_worker();
  for (auto& each : calls) CHECK(each.get().status == GW_OK);
  CHECK(rig.engine.commits() == 4);
}

TEST_CASE("many callers at once lose nothing and need fewer commits than calls") {
  Rig rig;
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  rig.engine.block_commits(true);
  std::vector<std::thread> threads;
  std::atomic<int> replies{0};
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const bool read = i % 10 == 9;
        const Outcome outcome =
            rig.run(call(read ? "get" : "count", R"({"key":"n"})", std::to_string(t)));
        if (outcome.kind == Kind::kReply) ++replies;
      }
    });
  }
  rig.engine.wait_until_commit_blocked();
  rig.engine.block_commits(false);
  for (auto& thread : threads) thread.join();
  CHECK(replies == kThreads * kEach);
  CHECK(rig.stored("n") == std::to_string(kThreads * kEach * 9 / 10));
  CHECK(rig.executor->metrics().batches == rig.engine.commits());
}

TEST_CASE(
    "a full queue refuses with a time to come back, but not the client that has nothing in it") {
  ExecutorOptions options;
  options.max_queue = 4;
  Rig rig(options);
  auto held = rig.hold_worker();
  std::vector<std::future<Outcome>> flood;
  for (int i = 0; i < 4; ++i) flood.push_back(rig.start(call("count", R"({"key":"n"})", "flood")));
  const Outcome refused = rig.run(call("count", R"({"key":"n"})", "flood"));
  CHECK(refused.kind == Kind::kOverloaded);
  CHECK(refused.retry_after_ms > 0);

  auto other = rig.start(call("count", R"({"key":"n"})", "other"));
  CHECK(flood.back().get().kind == Kind::kOverloaded);  // its newest made room
  CHECK(rig.executor->metrics().queued == 4);
  rig.release_worker();
  CHECK(other.get().status == GW_OK);
  CHECK(rig.stored("n") == "4");  // three of the flood, and the other
}

TEST_CASE("a call whose deadline passes in the queue is not run") {
  Rig rig;
  auto held = rig.hold_worker();
  Request request = call("put", kv("late", "v"));
  request.timeout = std::chrono::milliseconds(100);
  auto late = rig.start(request);
  request.timeout = std::chrono::milliseconds(0);
  request.args_json = kv("patient", "v");
  auto patient = rig.start(request);
  rig.clock.advance(101);
  rig.release_worker();
  CHECK(late.get().kind == Kind::kExpired);
  CHECK(patient.get().status == GW_OK);
  CHECK(rig.stored("late") == "-");
  CHECK(rig.executor->metrics().tools.at("put").outcomes.at("expired") == 1);
}

TEST_CASE("a reply whose deadline passes during its commit is delivered: it is durable and true") {
  Rig rig;
  rig.engine.block_commits(true);
  Request request = call("put", kv("k", "v"));
  request.timeout = std::chrono::milliseconds(100);
  auto outcome = rig.start(request);
  rig.engine.wait_until_commit_blocked();
  rig.clock.advance(60'000);
  rig.engine.block_commits(false);
  CHECK(outcome.get().kind == Kind::kReply);
}

TEST_CASE("a long call lets waiting callers pass between its steps, and they cannot starve it") {
  ExecutorOptions options;
  options.max_batch_calls = 2;
  Rig rig(options);
  auto held = rig.hold_worker();
  std::vector<std::string> order;
  rig.executor->observe([&](const Request& request, const CallTrace&) {
    order.push_back(request.name);  // on the worker alone: nothing here is read-only
  });
  auto steps = rig.start(call("steps", R"({"key":"s","n":4})", "long"));
  std::vector<std::future<Outcome>> calls;
  for (int i = 0; i < 6; ++i) calls.push_back(rig.start(call("count", R"({"key":"n"})", "short")));
  rig.release_worker();
  CHECK(steps.get().body == R"({"seen":4})");
  for (auto& each : calls) each.get();
  rig.executor->drain(std::chrono::seconds(10));
  const std::vector<std::string> expected = {"wait",  "steps", "count", "count", "steps", "count",
                                             "steps", "count", "steps", "count", "count"};
  CHECK(order == expected);
}

TEST_CASE("draining finishes what waits, refuses what comes, and then has nothing left") {
  Rig rig;
  auto held = rig.hold_worker();
  auto waiting = rig.start(call("count", R"({"key":"n"})"));
  std::thread drainer([&] { rig.executor->drain(std::chrono::seconds(60)); });
  while (rig.run("get", kv("k", "")).kind != Kind::kShuttingDown) std::this_thread::yield();
  rig.release_worker();
  drainer.join();
  CHECK(ready(held));
  CHECK(ready(waiting));
  CHECK(waiting.get().body == R"({"count":1})");
}

TEST_CASE("a drain that takes too long refuses what waits and cancels what runs") {
  Rig rig;
  auto held = rig.hold_worker();
  auto waiting = rig.start(call("count", R"({"key":"n"})"));
  std::thread drainer([&] { rig.executor->drain(std::chrono::milliseconds(0)); });
  CHECK(waiting.get().kind == Kind::kShuttingDown);
  rig.release_worker();
  drainer.join();
  CHECK(held.get().kind == Kind::kShuttingDown);
  CHECK(rig.stored("n") == "-");
}

TEST_CASE("an executor that goes away with calls waiting answers every one of them") {
  auto rig = std::make_unique<Rig>();
  auto held = rig->hold_worker();
  std::vector<std::future<Outcome>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(rig->start(call("count", R"({"key":"n"})")));
  std::thread end([&] { rig->executor.reset(); });
  for (auto& each : calls) CHECK(each.get().kind == Kind::kShuttingDown);
  gate().open();
  end.join();
  CHECK(ready(held));
}
