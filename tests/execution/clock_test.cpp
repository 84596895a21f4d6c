#include <doctest/doctest.h>

#include <vector>

#include "execution/slewed_clock.hpp"
#include "gateway/histogram.hpp"
#include "gateway/node.hpp"

using namespace gateway;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kHourMs = 3'600'000;

struct Machine {
  std::int64_t wall_ns = 1'000'000 * kSecond;
  std::int64_t boot_ns = 50 * kSecond;

  void pass(std::int64_t seconds) {
    wall_ns += seconds * kSecond;
    boot_ns += seconds * kSecond;
  }
  std::int64_t wall_ms() const { return wall_ns / 1'000'000; }
  TimeSources sources() {
    return {[this] { return wall_ns; }, [this] { return boot_ns; },
            [this] { return static_cast<std::uint64_t>(boot_ns); }};
  }
};

std::vector<std::int64_t> g_steps;
void note_step(std::int64_t ms) { g_steps.push_back(ms); }

}  // namespace

TEST_CASE("the clock follows a wall clock that nobody touches, suspends included") {
  g_steps.clear();
  Machine machine;
  SlewedClock clock(machine.sources(), 0, note_step);
  CHECK(clock.now_ms() == machine.wall_ms());
  machine.pass(8 * 3600);
  CHECK(clock.now_ms() == machine.wall_ms());
  CHECK(g_steps.empty());
}

TEST_CASE("a wall clock that jumps an hour is reported once and followed by 1 percent") {
  for (const std::int64_t direction : {1, -1}) {
    g_steps.clear();
    Machine machine;
    SlewedClock clock(machine.sources(), 0, note_step);
    const std::int64_t start = clock.now_ms();
    machine.wall_ns += direction * kHourMs * 1'000'000;
    CHECK(clock.now_ms() == start);
    CHECK(g_steps == std::vector<std::int64_t>{direction * kHourMs});

    machine.pass(100);
    CHECK(clock.now_ms() == start + 100'000 + direction * 1'000);
    for (int i = 0; i < 200; ++i) {
      machine.pass(3600);
      clock.now_ms();
    }
    CHECK(clock.now_ms() == machine.wall_ms());
    CHECK(g_steps.size() == 1);
  }
}

TEST_CASE("the clock never falls below its floor, and says when it starts ahead of the wall") {
  g_steps.clear();
  Machine machine;
  const std::int64_t floor = machine.wall_ms() + kHourMs;
  SlewedClock clock(machine.sources(), floor, note_step);
  CHECK(clock.now_ms() == floor);
  CHECK(g_steps == std::vector<std::int64_t>{-kHourMs});
  machine.pass(100);
  CHECK(clock.now_ms() == floor + 99'000);  // time goes on, a little slower
}

TEST_CASE("the clock never decreases, whatever its sources do") {
  Machine machine;
  SlewedClock clock(machine.sources(), 0, nullptr);
  std::int64_t last = clock.now_ms();
  for (int i = 0; i < 1000; ++i) {
    machine.wall_ns += (i * 7919 % 11 - 5) * kSecond;
    machine.boot_ns += (i * 104729 % 5 - 1) * kSecond / 100;
    const std::int64_t now = clock.now_ms();
    CHECK(now >= last);
    last = now;
  }
}

TEST_CASE("the system's clock tells the time of day and keeps to its floor") {
  const auto clock = system_clock(0);
  const std::int64_t year_2020 = 1'577'836'800'000;
  CHECK(clock->now_ms() > year_2020);
  CHECK(clock->steady_ns() > 0);
  const auto ahead = system_clock(clock->now_ms() + kHourMs);
  CHECK(ahead->now_ms() > clock->now_ms() + kHourMs / 2);
}

TEST_CASE("a histogram tells percentiles as the upper bound of their bucket") {
  Histogram histogram;
  CHECK(histogram.percentile_us(50) == 0);
  for (int i = 0; i < 90; ++i) histogram.add(3);
  for (int i = 0; i < 9; ++i) histogram.add(1000);
  histogram.add(1'000'000'000'000);
  CHECK(histogram.percentile_us(0) == 4);
  CHECK(histogram.percentile_us(50) == 4);
  CHECK(histogram.percentile_us(90) == 4);
  CHECK(histogram.percentile_us(91) == 1024);
  CHECK(histogram.percentile_us(99) == 1024);
  CHECK(histogram.percentile_us(100) == std::uint64_t{1} << 27);
  CHECK(histogram.total == 100);
  CHECK(histogram.sum_us == 90 * 3 + 9 * 1000 + 1'000'000'000'000);

  Histogram edges;
  for (const std::uint64_t us : {0, 1, 2, 4, 8}) edges.add(us);
  CHECK(edges.counts[0] == 2);
  CHECK(edges.counts[1] == 1);
  CHECK(edges.counts[2] == 1);
  CHECK(edges.counts[3] == 1);
}

TEST_CASE("one node sweeps: this one, unless it may not or another is nominated") {
  const NodeState backbone({"n1", true});
  CHECK(backbone.role("").sweeps);
  CHECK(backbone.role("n1").sweeps);
  CHECK(backbone.role("").lease_holder == "n1");
  CHECK(backbone.role("").lease_epoch == 1);
  CHECK(backbone.role("").reason.empty());
  CHECK_FALSE(backbone.role("n2").sweeps);
  CHECK(backbone.role("n2").reason == "node n2 is the nominated coordinator");
  CHECK(backbone.role("n2").lease_holder == "n2");

  const NodeState edge({"e1", false});
  CHECK_FALSE(edge.role("").sweeps);
  CHECK_FALSE(edge.role("e1").sweeps);
  CHECK(edge.role("").reason == "node e1 is not a backbone node");
  CHECK(edge.role("").lease_holder.empty());
}
