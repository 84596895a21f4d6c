// `setup` changes one member of somebody's configuration and leaves every other byte.
#include "common/json_edit.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "base/json.hpp"

namespace {

namespace json = base::json;

std::string set(std::string_view text, const std::vector<std::string>& path,
                const json::value& value) {
  auto edited = gateway_app::set_json_member(text, path, value);
  REQUIRE_MESSAGE(edited.ok(), edited.error().message);
  return *edited;
}

}  // namespace

TEST_CASE("setup: a member that exists is replaced, and nothing else") {
  CHECK(set(R"({"a": 1, /* b: */ "b" : "x", "c":[{"b":2}]} // end)", {"b"}, "y") ==
        R"({"a": 1, /* b: */ "b" : "y", "c":[{"b":2}]} // end)");
  CHECK(set(R"({"b":{"c":{"d":[1,2,{"x":"}"}]}},"d":0})", {"b", "c", "d"}, 7) ==
        R"({"b":{"c":{"d":7}},"d":0})");
  CHECK(set(R"({"a":"\"b\":1","b":null})", {"b"}, true) == R"({"a":"\"b\":1","b":true})");
}

TEST_CASE("setup: a missing member is added where its neighbours stand") {
  CHECK(set("{}", {"a"}, 1) == R"({ "a": 1 })");
  CHECK(set(R"({"a":1})", {"b"}, 2) == R"({"a":1, "b": 2})");
  CHECK(set("{\n  \"a\": 1\n}\n", {"b"}, 2) == "{\n  \"a\": 1,\n  \"b\": 2\n}\n");
  CHECK(set("{\n  \"a\": 1, // why\n}", {"b"}, 2) == "{\n  \"a\": 1,\n  \"b\": 2 // why\n}");
  CHECK(set("{\n  // nothing yet\n}", {"b", "c"}, 2) == "{ \"b\": {\"c\":2} \n  // nothing yet\n}");
  CHECK(set(R"({"a":{"x":1},"z":0})", {"a", "b", "c"}, "v") ==
        R"({"a":{"x":1, "b": {"c":"v"}},"z":0})");
}

TEST_CASE("setup: whatever is edited stays readable and says what was asked") {
  const std::string text = R"(// ours
{ "gateway": { "port": 1 /* one */, "auth": {"token":"t"}, },
  "plugins": { "entries": { "other": {"config": {"tier":"edge"}}, "ansible": { "enabled": true } } },
  "agents": {"list":[{"id":"a"},],}, /* theirs */ })";
  const std::vector<std::string> path{"plugins", "entries", "ansible", "config", "tier"};
  const std::string once = set(text, path, "backbone");
  const auto parsed = json::parse(once, {.comments = true});
  REQUIRE(parsed.ok());
  const json::value& entries = parsed->at("plugins").at("entries");
  CHECK(entries.at("ansible").at("config").at("tier") == json::value("backbone"));
  CHECK(entries.at("ansible").at("enabled") == true);
  CHECK(entries.at("other").at("config").at("tier") == json::value("edge"));
  for (const char* kept : {"// ours", "/* one */", "/* theirs */", R"({"list":[{"id":"a"},],})"}) {
    CHECK(once.find(kept) != std::string::npos);
  }
  CHECK(set(once, path, "backbone") == once);
}

TEST_CASE("setup: a text that is no JSON, or a way that leads through no object, is refused") {
  const std::vector<std::string> path{"a", "b"};
  CHECK(gateway_app::set_json_member("{", path, 1).error().code == "config_syntax");
  CHECK(gateway_app::set_json_member(R"({"a":1})", path, 1).error().code == "config_invalid");
  CHECK(gateway_app::set_json_member("[]", path, 1).error().code == "config_invalid");
}
