#include "canary/compare.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace gateway;

namespace {

const Sides kSides{{"1.0.0", "build-a", "aa"}, {"1.1.0", "build-b", "bb"}};

wire::Answer answer(const std::string& body, std::vector<Write> writes = {},
                    gw_status status = GW_OK) {
  wire::Answer out;
  out.status = status;
  out.body = body;
  out.writes = std::move(writes);
  return out;
}

// "kind pointer, pointer; ..." of what differs.
std::string differs(const wire::Answer& a, const wire::Answer& b,
                    const std::vector<AllowedDifference>& allow = {}) {
  std::string out;
  for (const Mismatch& mismatch : compare(a, b, kSides, "work", allow)) {
    if (!out.empty()) out += "; ";
    out += difference_name(mismatch.kind);
    for (const std::string& pointer : mismatch.pointers) out += " " + pointer;
  }
  return out;
}

}  // namespace

TEST_CASE("Answers are compared as JSON, not as texts") {
  CHECK(differs(answer(R"({"a":1,"b":[1,2]})"), answer(R"({ "b" : [1, 2.0], "a": 1 })")) == "");
  CHECK(differs(answer("{}", {{"k", R"({"x":1,"y":2})"}}),
                answer("{}", {{"k", R"({"y":2,"x":1})"}})) == "");
}

TEST_CASE("Each difference is named by its kind and place") {
  CHECK(differs(answer("{}"), answer("{}", {}, GW_REFUSED)) == "status /status");
  CHECK(differs(answer(R"({"a":{"b":1},"c":[1]})"), answer(R"({"a":{"b":2},"c":[1,2],"d":0})")) ==
        "reply /reply/a/b /reply/c/1 /reply/d");
  CHECK(
      differs(answer("{}", {{"a/1", "{}"}, {"k", "1"}}), answer("{}", {{"k", "2"}, {"l", "1"}})) ==
      "writes /writes/a~11 /writes/k /writes/l");
  CHECK(differs(answer("{}", {{"k", std::nullopt}}), answer("{}", {{"k", "1"}})) ==
        "writes /writes/k");
  CHECK(differs(answer("continue at 5"), answer("continue at 6")) == "reply /reply/bytes");
  CHECK(differs(answer("{}", {{"k", "\xff"}}), answer("{}", {{"k", "\xfe"}})) ==
        "writes /writes/k/hex");
}

TEST_CASE("A release that names itself differs in nothing") {
  CHECK(differs(answer(R"({"plugin":{"version":"1.0.0","buildId":"build-a"}})"),
                answer(R"({"plugin":{"version":"1.1.0","buildId":"build-b"}})")) == "");
  CHECK(differs(answer(R"({"v":"1.0.0"})"), answer(R"({"v":"1.2.0"})")) == "reply /reply/v");
  CHECK(differs(answer(R"({"v":"1.1.0"})"), answer(R"({"v":"1.0.0"})")) == "reply /reply/v");
}

TEST_CASE("Intended differences are allowed by tool and pointer, with all that lies below") {
  const auto a = answer(R"({"s":{"x":1},"t":1})", {{"task/1", R"({"at":1,"n":1})"}});
  const auto b = answer(R"({"s":{"x":2},"t":1})", {{"task/1", R"({"at":2,"n":1})"}});
  CHECK(differs(a, b) == "reply /reply/s/x; writes /writes/task~11/at");
  CHECK(differs(a, b, {{"work", "/reply/s"}}) == "writes /writes/task~11/at");
  CHECK(differs(a, b, {{"work", "/reply/s"}, {"*", "/writes/*/at"}}) == "");
  CHECK(differs(a, b, {{"work", ""}}) == "");
  CHECK(differs(a, b, {{"other", ""}}) == "reply /reply/s/x; writes /writes/task~11/at");
  CHECK(differs(a, b, {{"work", "/reply/s/x/deeper"}, {"work", "/writes"}}) == "reply /reply/s/x");
}
