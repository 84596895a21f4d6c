#include "base/json.hpp"

#include <doctest/doctest.h>

#include <string>

using base::json::canonical;
using base::json::parse;

namespace {

struct Case {
  const char* input;
  const char* expected;
};

}  // namespace

TEST_CASE("Equal documents have equal canonical bytes, numbers as ECMAScript prints them") {
  const Case cases[] = {
      {R"({"b":1,"a":[true,null,"x"]})", R"({"a":[true,null,"x"],"b":1})"},
      {"900.0", "900"},
      {"9e2", "900"},
      {"0.5", "0.5"},
      {"-0.0", "0"},
      {"1e21", "1e+21"},
      {"123456789012345680000", "123456789012345680000"},
      {"1e-7", "1e-7"},
      {"0.000001", "0.000001"},
      {"-12.25", "-12.25"},
      {"5e-324", "5e-324"},
      {"18446744073709551615", "18446744073709551615"},
      {R"("\u00e9\n\u0001")", "\"\u00e9\\n\\u0001\""},
      {R"("a\/b")", R"("a/b")"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.input);
    const auto parsed = parse(c.input);
    REQUIRE(parsed.ok());
    CHECK(canonical(*parsed) == c.expected);
    const auto again = parse(canonical(*parsed));
    REQUIRE(again.ok());
    CHECK(canonical(*again) == c.expected);
  }
}

TEST_CASE("What Boost.JSON lets pass or hides is refused, with the place") {
  const Case cases[] = {
      {R"({"a":1,"a":2})", "/a"},
      {R"({"x":{"k":[0,{"d":1,"d":2}]}})", "/x/k/1/d"},
      {R"([1,1e400])", "/1"},
      {"[1] tail", ""},
      {"", ""},
      {"{", ""},
      {"\"\xff\"", ""},
      {R"("\ud800")", ""},
      {R"({"a/b":{"c":01}})", "/a~1b/c"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.input);
    const auto parsed = parse(c.input);
    REQUIRE_FALSE(parsed.ok());
    CHECK(parsed.error().pointer == c.expected);
    CHECK_FALSE(parsed.error().message.empty());
  }
  CHECK_FALSE(parse(std::string(40, '[') + std::string(40, ']')).ok());
}

TEST_CASE("Configuration files may have comments and trailing commas, requests may not") {
  const char* text = "{ // one\n \"a\": 1, /* two */ }";
  CHECK_FALSE(parse(text).ok());
  const auto parsed = parse(text, {.comments = true});
  REQUIRE(parsed.ok());
  CHECK(canonical(*parsed) == R"({"a":1})");
}

TEST_CASE("Long keys that arrive in parts are still compared whole") {
  const std::string key(5000, 'k');
  CHECK(parse("{\"" + key + "\":1,\"" + key + "x\":2}").ok());
  CHECK_FALSE(parse("{\"" + key + "\":1,\"" + key + "\":2}").ok());
}

TEST_CASE("Lengths count UTF-16 units, and ill-formed UTF-8 is recognised") {
  CHECK(base::json::utf16_length("a\u00e9\u20ac\U0001F600") == 5);
  CHECK(base::json::valid_utf8("a\u00e9\u20ac\U0001F600"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xE2\x82"}) {
    CHECK_FALSE(base::json::valid_utf8(bad));
  }
}
