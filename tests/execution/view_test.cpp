#include "execution/view.hpp"

#include <doctest/doctest.h>

#include "execution/limits.hpp"
#include "gateway/memory_engine.hpp"

using namespace gateway;

namespace {

struct Base {
  MemoryEngine engine;

  Base() = default;
  explicit Base(std::vector<Write> rows) { commit(std::move(rows)); }
  Base(const Base&) = delete;
  void commit(std::vector<Write> rows) {
    REQUIRE(engine.commit({}, rows).kind == CommitOutcome::Kind::kCommitted);
  }
  std::unique_ptr<Snapshot> snapshot() { return std::move(*engine.snapshot()); }
};

std::shared_ptr<const Layer> layer(std::vector<Write> writes) {
  auto made = std::make_shared<Layer>();
  made->merge(writes);
  return made;
}

std::string rows_of(View& view, Range range, std::uint64_t limit = 100) {
  std::string out;
  auto scanned = view.scan(range, limit, [&](std::string_view key, std::string_view value) {
    out += std::string(key) + "=" + std::string(value) + " ";
    return true;
  });
  REQUIRE(scanned.ok());
  return out;
}

std::string checks_of(const View& view) {
  std::string out;
  for (const Check& check : view.checks()) {
    out += check.key + "@" + std::to_string(check.version) + " ";
  }
  return out;
}

}  // namespace

TEST_CASE(
    "a step reads the committed state, the layers above it and its own writes, newest first") {
  Base base({{"a", "base"}, {"b", "base"}, {"c", "base"}, {"d", "base"}});
  auto snapshot = base.snapshot();
  View view(*snapshot, {layer({{"c", "new"}, {"d", std::nullopt}}),
                        layer({{"b", "old"}, {"c", "old"}, {"d", "old"}})});
  REQUIRE(view.put("e", "own").ok());

  CHECK(view.get("a")->value() == "base");
  CHECK(view.get("b")->value() == "old");
  CHECK(view.get("c")->value() == "new");
  CHECK_FALSE(view.get("d")->has_value());
  CHECK(view.get("e")->value() == "own");
  CHECK_FALSE(view.get("f")->has_value());
}

TEST_CASE("a scan merges snapshot, layers and own writes, and an erasure hides the row") {
  Base base({{"a", "1"}, {"b", "1"}, {"c", "1"}, {"e", "1"}, {"g", "1"}});
  auto snapshot = base.snapshot();
  View view(*snapshot, {layer({{"b", std::nullopt}, {"c", "2"}, {"d", "2"}}),
                        layer({{"b", "old"}, {"d", "old"}, {"h", "old"}})});
  REQUIRE(view.put("f", "3").ok());
  REQUIRE(view.erase("g").ok());
  REQUIRE(view.put("d", "3").ok());

  CHECK(rows_of(view, {"", "", false}) == "a=1 c=2 d=3 e=1 f=3 h=old ");
  CHECK(rows_of(view, {"", "", true}) == "h=old f=3 e=1 d=3 c=2 a=1 ");
  CHECK(rows_of(view, {"c", "f", false}) == "c=2 d=3 e=1 ");
  CHECK(rows_of(view, {"c", "f", true}) == "e=1 d=3 c=2 ");
  CHECK(rows_of(view, {"", "", false}, 2) == "a=1 c=2 ");
  CHECK(rows_of(view, {"", "", true}, 4) == "h=old f=3 e=1 d=3 ");
  CHECK(rows_of(view, {"f", "c", false}).empty());
}

TEST_CASE("a scan ends when its visitor says so, in the snapshot's rows and in the layers' rows") {
  Base base({{"b", "1"}, {"d", "1"}});
  auto snapshot = base.snapshot();
  View view(*snapshot, {layer({{"a", "2"}, {"c", "2"}, {"e", "2"}})});
  for (std::string_view last : {"a", "b", "c", "d", "e"}) {
    std::string seen;
    REQUIRE(view.scan({"", "", false}, 100,
                      [&](std::string_view key, std::string_view) {
                        seen += key;
                        return key != last;
                      })
                .ok());
    CHECK(seen == std::string("abcde").substr(0, seen.size()));
    CHECK(seen.back() == last.front());
  }
}

TEST_CASE("what a step read of the committed state is checked at commit, absence included") {
  Base base({{"a", "1"}, {"b", "1"}});
  base.commit({{"b", "2"}, {"c", "2"}});
  auto snapshot = base.snapshot();
  View view(*snapshot, {layer({{"x", "batch"}})});

  CHECK(view.get("a")->has_value());
  CHECK_FALSE(view.get("nothing")->has_value());
  CHECK(view.get("x")->value() == "batch");  // the batch's own: needs no check
  REQUIRE(view.put("own", "1").ok());
  CHECK(view.get("own")->value() == "1");
  CHECK(rows_of(view, {"b", "c", false}) == "b=2 ");
  CHECK(view.peek("c")->value() == "2");  // untracked

  CHECK(checks_of(view) == "a@1 b@2 nothing@0 ");
  CHECK(view.keys_read() == 3);
}

TEST_CASE("a value that was read stays as it was, whatever the step writes and reads later") {
  Base base({Write{"a", "committed"}});
  auto snapshot = base.snapshot();
  View view(*snapshot);
  REQUIRE(view.put("short", "s").ok());
  REQUIRE(view.put("long", std::string(1000, 'l')).ok());
  const std::string_view committed = view.get("a")->value();
  const std::string_view brief = view.get("short")->value();
  const std::string_view lengthy = view.get("long")->value();
  for (int i = 0; i < 100; ++i) {
    for (std::string_view key : {"a", "short", "long"}) {
      REQUIRE(view.put(key, std::to_string(i)).ok());
    }
    REQUIRE(view.erase("a").ok());
    CHECK_FALSE(view.get("a")->has_value());
  }
  CHECK(committed == "committed");
  CHECK(brief == "s");
  CHECK(lengthy == std::string(1000, 'l'));
  CHECK(view.get("short")->value() == "99");
}

TEST_CASE("an empty value is present, an erased one is absent") {
  Base base({Write{"a", ""}});
  auto snapshot = base.snapshot();
  View view(*snapshot);
  REQUIRE(view.put("b", "").ok());
  CHECK(view.get("a")->has_value());
  CHECK(view.get("a")->value().data() != nullptr);
  CHECK(view.get("b")->has_value());
}

TEST_CASE("the host's keys can be neither read, written nor scanned") {
  const std::string host_key("\0host/clock", 11);
  Base base({{host_key, "secret"}, {"a", "1"}});
  auto snapshot = base.snapshot();
  View view(*snapshot);
  CHECK(view.get(host_key).error().status == GW_INVALID);
  CHECK(view.put(host_key, "x").error().status == GW_INVALID);
  CHECK(view.erase(host_key).error().status == GW_INVALID);
  CHECK(rows_of(view, {"", "", false}) == "a=1 ");
  CHECK(rows_of(view, {"", "", true}) == "a=1 ");
  CHECK(rows_of(view, {host_key, "", false}) == "a=1 ");
  CHECK(rows_of(view, {"", host_key, true}).empty());
}

TEST_CASE("keys and values over the limits are refused") {
  Base base;
  auto snapshot = base.snapshot();
  View view(*snapshot);
  CHECK(view.put(std::string(512, 'k'), "v").ok());
  CHECK(view.put(std::string(513, 'k'), "v").error().status == GW_INVALID);
  CHECK(view.get("").error().status == GW_INVALID);
  CHECK(view.put("a", std::string(limits::kMaxValue, 'v')).ok());
  CHECK(view.put("a", std::string(limits::kMaxValue + 1, 'v')).error().status == GW_TOO_LARGE);
}

TEST_CASE("a step's writes are limited as a whole, and a key that is written again counts once") {
  Base base;
  auto snapshot = base.snapshot();
  View view(*snapshot);
  const std::string mebibyte(limits::kMaxValue, 'v');
  for (int i = 0; i < 10; ++i) REQUIRE(view.put("same", mebibyte).ok());
  REQUIRE(view.put("two", mebibyte).ok());
  REQUIRE(view.put("three", mebibyte).ok());
  CHECK(view.put("four", mebibyte).error().status == GW_TOO_LARGE);  // keys count too
  CHECK(view.put("four", "small").ok());
  CHECK(view.take_writes().size() == 4);
}
