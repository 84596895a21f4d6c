// When a tool that hangs is not called, and when it is again.
#include "execution/breaker.hpp"

#include <doctest/doctest.h>

using gateway::Breaker;

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kPause = 30;  // seconds
constexpr std::uint64_t kHour = 3'600;

// One tool, and a second's hand.
struct Tool {
  Breaker breaker{std::chrono::seconds(kPause)};
  std::uint64_t now = 1'000;  // seconds

  bool admitted(const char* name = "act") { return breaker.admits("sha", name, now * kSecond); }
  void returns(const char* name = "act") { breaker.returned("sha", name); }
  void hangs(const char* name = "act") { breaker.hung("sha", name, now * kSecond); }
  void hangs_three_times() {
    for (int i = 0; i < 3; ++i) hangs();
  }
  // How long from now on it is not called, in seconds.
  std::uint64_t refused_for() {
    const std::uint64_t from = now;
    while (!admitted()) ++now;
    return now - from;
  }
};

}  // namespace

TEST_CASE("a tool that hung three times is not called for a while; other tools are") {
  Tool tool;
  tool.hangs();
  tool.hangs();
  CHECK(tool.admitted());
  tool.hangs();
  CHECK_FALSE(tool.admitted());
  CHECK(tool.admitted("look"));
  CHECK(tool.refused_for() == kPause);
}

TEST_CASE("one call is let through after the while; when it returns, all are") {
  Tool tool;
  tool.hangs_three_times();
  tool.refused_for();
  CHECK_FALSE(tool.admitted());  // while the one is under way
  tool.returns();
  CHECK(tool.admitted());
  CHECK(tool.admitted());
}

TEST_CASE("a call from before that returns does not open the way") {
  Tool tool;
  tool.hangs_three_times();
  tool.returns();
  CHECK_FALSE(tool.admitted());
}

TEST_CASE("every further call that hangs doubles the while, up to an hour") {
  Tool tool;
  tool.hangs_three_times();
  std::uint64_t expected = kPause;
  for (int i = 0; i < 10; ++i) {
    CAPTURE(i);
    CHECK(tool.refused_for() == expected);
    tool.hangs();
    expected = std::min(expected * 2, kHour);
  }
}

TEST_CASE("a bad request among good ones closes the way too, for longer every time") {
  Tool tool;
  const auto good_ones_between = [&] {
    for (int i = 0; i < 1'000; ++i) {
      if (tool.admitted()) tool.returns();
    }
    tool.now += 60;
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(tool.admitted());
    tool.hangs();
    if (i < 2) good_ones_between();
  }
  CHECK(tool.refused_for() == kPause);
  tool.returns();
  good_ones_between();
  CHECK(tool.admitted());
  tool.hangs();
  CHECK(tool.refused_for() == 2 * kPause);
}

TEST_CASE("a tool that hangs once in an hour stays open") {
  Tool tool;
  for (int i = 0; i < 20; ++i) {
    CHECK(tool.admitted());
    tool.hangs();
    tool.returns();
    tool.now += kHour;
  }
}

TEST_CASE("when many threads are left behind, what ever hung is not called any more") {
  Tool tool;
  std::uint32_t hung = 0;
  for (; hung < Breaker::kMostLeftBehind; ++hung) {
    CHECK(tool.admitted());
    tool.hangs();
    tool.now += kHour;
  }
  CHECK_FALSE(tool.admitted());
  tool.returns();
  tool.now += 100 * kHour;
  CHECK_FALSE(tool.admitted());
  CHECK(tool.admitted("look"));
}
