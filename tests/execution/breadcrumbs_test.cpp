// Where it is noted which release runs.
#include "execution/breadcrumbs.hpp"

#include <doctest/doctest.h>

#include <latch>
#include <string>
#include <thread>

#include "host/files.hpp"

using namespace gateway;

namespace {

ReleaseId release(char digit) { return {"1.0.0", "build", std::string(64, digit)}; }

std::size_t times(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("Threads that sat down before the watch begins keep their crumbs to themselves") {
  test::TempDir temp;
  const std::string path = temp / "breadcrumbs";
  auto crumbs = Breadcrumbs::open(path);
  REQUIRE(crumbs.ok());
  std::latch seated(2);
  std::latch begun(1);
  std::latch running(3);
  std::latch looked(1);
  const auto run = [&](char digit) {
    const ReleaseId mine = release(digit);
    const Breadcrumbs::Hook hook(mine, "tool", "t");
    running.count_down();
    looked.wait();
  };
  const auto early = [&](char digit) {
    const Breadcrumbs::Seat seat(crumbs->get());
    seated.count_down();
    begun.wait();
    run(digit);
  };
  std::thread first(early, 'a');
  std::thread second(early, 'b');
  seated.wait();
  (*crumbs)->begin();
  std::thread third([&] {
    const Breadcrumbs::Seat seat(crumbs->get());
    begun.count_down();
    run('c');
  });
  running.wait();
  const std::string file = test::read_text(path);
  looked.count_down();
  for (std::thread* thread : {&first, &second, &third}) thread->join();
  for (const char digit : {'a', 'b', 'c'}) CHECK(times(file, std::string(64, digit)) == 1);
}
