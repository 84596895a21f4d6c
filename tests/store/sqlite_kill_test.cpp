// kill -9 loses no acknowledged commit.
#include "store/sqlite_support.hpp"
#include "support/process.hpp"

namespace {

using namespace store_test;

// The last whole line of what the writer printed.
std::uint64_t newest_acknowledged(const std::string& output) {
  const std::string text = test::read_file(output);
  const std::size_t end = text.rfind('\n');
  if (end == std::string::npos) return 0;
  const std::size_t before = end == 0 ? std::string::npos : text.rfind('\n', end - 1);
  return std::stoull(text.substr(before == std::string::npos ? 0 : before + 1));
}

TEST_CASE("kill -9 loses no acknowledged commit and tears none") {
  Place place;
  const std::string output = place / "acknowledged";
  std::uint64_t before = 0;
  for (std::uint64_t round = 1; round <= 8; ++round) {
    test::ProcessOptions child;
    child.argv = {KILL_WRITER, place.options.path};
    child.stdout_file = output;
    test::Process writer(child);
    // Other rounds, other moments: also in the middle of a checkpoint.
    const std::uint64_t goal = before + round * 23;
    REQUIRE(
        test::wait_until([&] { return newest_acknowledged(output) >= goal || !writer.running(); }));
    REQUIRE(writer.running());
    writer.kill_now();
    const std::uint64_t acknowledged = newest_acknowledged(output);
    REQUIRE(acknowledged >= goal);

    const auto engine = open(place.options);
    const auto report = engine->check();
    REQUIRE(report.ok());
    for (const std::string& problem : report->problems) FAIL_CHECK(problem);
    const std::uint64_t newest = report->sequence;
    CHECK(newest >= acknowledged);
    CHECK(newest <= acknowledged + 1);
    CHECK(report->rows == newest + 2);
    CHECK(get(*engine, "first") == std::to_string(newest));
    CHECK(get(*engine, "second") == std::to_string(newest));
    for (std::uint64_t number = 1; number <= newest; ++number) {
      REQUIRE(get(*engine, "row/" + std::to_string(number)).has_value());
    }
    before = newest;
  }
}

}  // namespace
