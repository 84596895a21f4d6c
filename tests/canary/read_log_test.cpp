#include "execution/read_log.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "canary/base_state.hpp"
#include "canary/recorded_snapshot.hpp"
#include "execution/view.hpp"
#include "gateway/memory_engine.hpp"

using namespace gateway;

namespace {

std::string row(int i) { return "k" + std::string(i < 10 ? "0" : "") + std::to_string(i); }

// Rows 0, 3, 6 ... are committed; a layer above them changes, erases and adds some.
struct Base {
  MemoryEngine engine;
  std::shared_ptr<Layer> layer = std::make_shared<Layer>();

  Base() {
    std::vector<Write> writes;
    for (int i = 0; i < 60; i += 3) writes.push_back({row(i), "committed"});
    REQUIRE(engine.commit({}, writes).kind == CommitOutcome::Kind::kCommitted);
    layer->merge({{row(3), "changed"}, {row(6), std::nullopt}, {row(7), "added"}});
  }
};

// What a script of reads and writes sees, as text.
std::string play(View& view, std::uint32_t seed) {
  std::minstd_rand random(seed);
  std::string seen;
  for (int i = 0; i < 30; ++i) {
    const std::string key = row(static_cast<int>(random() % 60));
    const std::string other = row(static_cast<int>(random() % 60));
    switch (random() % 4) {
      case 0: {
        auto value = view.get(key);
        REQUIRE(value.ok());
        seen += key + "=" + std::string(value->value_or("-")) + " ";
        break;
      }
      case 1:
        REQUIRE(view.put(key, "own" + std::to_string(i)).ok());
        break;
      case 2:
        REQUIRE(view.erase(key).ok());
        break;
      default: {
        const Range range{std::min(key, other), std::max(key, other), random() % 2 == 0};
        REQUIRE(view.scan(range, 1 + random() % 8,
                          [&](std::string_view k, std::string_view v) {
                            seen += std::string(k) + ":" + std::string(v) + " ";
                            return true;
                          })
                    .ok());
      }
    }
  }
  return seen;
}

RecordedSnapshot::Source nothing_more(bool& asked) {
  RecordedSnapshot::Source source;
  source.get = [&asked](auto) -> StoreResult<std::vector<std::optional<std::string>>> {
    asked = true;
    return StoreError{GW_UNAVAILABLE, "not recorded"};
  };
  source.scan = [&asked](const Range&) -> StoreResult<ScanPage> {
    asked = true;
    return StoreError{GW_UNAVAILABLE, "not recorded"};
  };
  return source;
}

}  // namespace

TEST_CASE("What a step read is enough to run the same step again, and it sees the same") {
  Base base;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    auto snapshot = base.engine.snapshot();
    View view(**snapshot, {base.layer});
    ReadLog log;
    view.record(log);
    const std::string seen = play(view, seed);
    view.note_reads();
    bool asked = false;
    RecordedSnapshot recorded(log, nothing_more(asked));
    View again(recorded);
    CHECK(play(again, seed) == seen);
    CHECK(!asked);
    const auto first = view.take_writes();
    const auto second = again.take_writes();
    REQUIRE(first.size() == second.size());
    for (std::size_t i = 0; i < first.size(); ++i) {
      CHECK(first[i].key == second[i].key);
      CHECK(first[i].value == second[i].value);
    }
  }
}

TEST_CASE("Reads beyond the record are answered as of the step, or not at all") {
  Base base;
  RecentWrites recent;
  const std::uint64_t at = (*base.engine.snapshot())->sequence();
  const auto source = state_at(at, base.engine, recent);
  ReadLog empty;
  RecordedSnapshot recorded(empty, source);
  View view(recorded);
  CHECK(view.get(row(3))->value() == "committed");
  CHECK(!view.get(row(4))->has_value());
  std::size_t rows = 0;
  const auto counted = [&](auto, auto) { return ++rows > 0; };
  REQUIRE(view.scan({row(0), row(30), false}, 100, counted).ok());
  CHECK(rows == 10);

  // A later batch erases one row and changes another.
  const std::vector<Write> later{{row(9), std::nullopt}, {row(12), "newer"}};
  recent.note(later, at);
  REQUIRE(base.engine.commit({}, later).kind == CommitOutcome::Kind::kCommitted);
  View afterwards(recorded);
  CHECK(!afterwards.get(row(9)).ok());
  CHECK(!afterwards.get(row(12)).ok());
  CHECK(afterwards.get(row(15)).ok());
  CHECK(!afterwards.scan({row(0), row(30), false}, 100, counted).ok());
  CHECK(afterwards.scan({row(13), row(30), false}, 100, counted).ok());

  // Who ran on the later state is not bothered by what was written before.
  const auto fresh = state_at(at + 1, base.engine, recent);
  const std::string key = row(12);
  const std::string_view name = key;
  CHECK(fresh.get({&name, 1}).ok());
}

TEST_CASE("A record that grows too large says so instead of holding half") {
  ReadLog log;
  const std::string value(1u << 20, 'v');
  for (int i = 0; i < 7; ++i) log.note(row(i), value);
  CHECK(!log.overflowed());
  for (int i = 7; i < 9; ++i) log.note(row(i), value);
  CHECK(log.overflowed());
}
