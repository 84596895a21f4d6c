#include "canary/guard.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace gateway;

namespace {

const char* const kLaw = R"({
  "invariants": [
    {"prefix": "task/", "pointer": "/status",
     "transitions": [["pending", "claimed"], ["claimed", "done"], ["done", "pending"]],
     "terminal": ["done"]},
    {"prefix": "audit/", "writeOnce": true}],
  "signals": [
    {"name": "notices", "prefix": "message/", "where": {"pointer": "/intent", "value": "late"},
     "kind": "escalation"},
    {"name": "failed", "prefix": "pipeline/", "where": {"pointer": "/ok", "value": false},
     "kind": "pipeline_failure"}]})";

struct Court {
  Manifest manifest;
  std::map<std::string, std::string, std::less<>> rows;

  Court() {
    auto parsed = parse_manifest(kLaw);
    REQUIRE(parsed.ok());
    manifest = std::move(*parsed);
  }
  Conduct judge(const std::vector<Write>& writes) const {
    return watch(manifest, writes,
                 [&](std::string_view key) -> StoreResult<std::optional<std::string>> {
                   const auto row = rows.find(key);
                   if (row == rows.end()) return std::optional<std::string>();
                   return std::optional<std::string>(row->second);
                 });
  }
  std::string violation(const std::string& key, std::optional<std::string> value) const {
    const Conduct conduct = judge({{key, std::move(value)}});
    return conduct.violations.empty() ? "" : conduct.violations.front();
  }
};

}  // namespace

TEST_CASE("A record changes only as its invariant declares") {
  Court law;
  law.rows = {{"task/p", R"({"status":"pending"})"},
              {"task/d", R"({"status":"done","n":1})"},
              {"other/x", R"({"status":"done"})"}};
  CHECK(law.violation("task/p", R"({"status":"claimed"})") == "");
  CHECK(law.violation("task/p", R"({"status":"pending","n":2})") == "");
  CHECK(law.violation("task/new", R"({"status":"done"})") == "");
  CHECK(law.violation("task/d", std::nullopt) == "");
  CHECK(law.violation("task/d", R"({"status":"done","n":2})") == "");
  CHECK(law.violation("other/x", R"({"status":"pending"})") == "");
  CHECK(law.violation("task/p", R"({"status":"done"})") ==
        R"("task/p": /status "pending" -> "done", which is no declared transition)");
  CHECK(law.violation("task/p", R"({})") ==
        R"("task/p": /status "pending" -> nothing, which is no declared transition)");
  CHECK(law.violation("task/d", R"({"status":"pending"})") ==
        R"("task/d": /status "done" -> "pending", but the first is final)");
  CHECK(law.violation("task/p", "oops") == R"("task/p": the value is no JSON any more)");
  CHECK(law.violation("task/\xff\n", "oops") == "");
  law.rows["task/\xff\n"] = "{}";
  CHECK(law.violation("task/\xff\n", "oops") ==
        R"("task/\xff\x0a": the value is no JSON any more)");
}

TEST_CASE("What is written once is never written again, but may be pruned") {
  Court law;
  law.rows = {{"audit/1", "{}"}};
  CHECK(law.violation("audit/2", "{}") == "");
  CHECK(law.violation("audit/1", std::nullopt) == "");
  CHECK(law.violation("audit/1", "{}") ==
        R"("audit/1": a key that may be written once was written again)");
}

TEST_CASE("New records that match a signal are counted, old ones are not") {
  Court law;
  law.rows = {{"message/old", R"({"intent":"late"})"}, {"message/other", R"({"intent":"fyi"})"}};
  const Conduct conduct = law.judge({{"message/old", R"({"intent":"late","read":true})"},
                                     {"message/other", R"({"intent":"late"})"},
                                     {"message/new", R"({"intent":"late"})"},
                                     {"message/fyi", R"({"intent":"fyi"})"},
                                     {"message/gone", std::nullopt},
                                     {"pipeline/1", R"({"ok":false})"},
                                     {"pipeline/2", R"({"ok":true})"}});
  CHECK(conduct.signals == std::vector<std::uint64_t>{2, 1});
  CHECK(conduct.violations.empty());
  CHECK(!conduct.clean());
  CHECK(law.judge({{"task/new", R"({"status":"pending"})"}}).clean());
}

TEST_CASE("A key whose value before cannot be read is not judged, and not taken for sound") {
  Court law;
  const Conduct conduct = watch(law.manifest, std::vector<Write>{{"audit/1", "{}"}},
                                [](std::string_view) -> StoreResult<std::optional<std::string>> {
                                  return StoreError{GW_UNAVAILABLE, "moved on"};
                                });
  CHECK(conduct.violations.empty());
  CHECK(conduct.unknown);
  CHECK_FALSE(conduct.clean());
}
