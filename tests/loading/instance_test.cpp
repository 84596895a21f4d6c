#include "gateway/instance.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

#include "table_plugin.hpp"

using test::contains;
using test::good_table;
using test::make;
using test::tell;

TEST_CASE("A table with everything it needs becomes an instance, and is destroyed once") {
  const gw_plugin table = good_table("2.1.0");
  {
    const auto instance = make(table);
    REQUIRE(instance.ok());
    CHECK(test::living == 1);
    CHECK((*instance)->release().version == "2.1.0");
    CHECK((*instance)->release().build_id == "b1");
    CHECK((*instance)->manifest().tool("look") != nullptr);
    CHECK((*instance)->manifest().tool("loo") == nullptr);
    CHECK((*instance)->manifest().sweep("tidy") != nullptr);
  }
  CHECK(test::living == 0);
}

TEST_CASE("The library is released only after the instance is destroyed") {
  std::vector<int> living_at_release;
  std::shared_ptr<void> library(nullptr, [&](void*) { living_at_release.push_back(test::living); });
  const gw_plugin table = good_table();
  {
    const auto instance = gateway::Instance::create(&table, {}, "{}", std::move(library));
    REQUIRE(instance.ok());
    CHECK(living_at_release.empty());
  }
  CHECK(living_at_release == std::vector<int>{0});
}

TEST_CASE("Fields beyond the host's own table are ignored: a newer plugin that accepts this host") {
  struct Newer {
    gw_plugin known;
    void* appended;
  } table{good_table(), nullptr};
  table.known.size = sizeof table;
  table.known.abi_minor = GW_ABI_MINOR + 3;
  CHECK(make(table.known).ok());
}

TEST_CASE("Each unusable table is refused with what was expected, what was found and a remedy") {
  struct Case {
    const char* name;
    void (*spoil)(gw_plugin&);
    const char* code;
    std::vector<const char*> words;
  };
  const Case cases[] = {
      {"major",
       [](gw_plugin& p) { p.abi_major = 2; },
       "abi_mismatch",
       {"expected major 1, got 2", "rebuild"}},
      {"host minor",
       [](gw_plugin& p) { p.abi_minor = p.min_host_minor = GW_ABI_MINOR + 4; },
       "abi_mismatch",
       {"or newer", "upgrade the gateway"}},
      {"written format",
       [](gw_plugin& p) { p.data_format_write = 3; },
       "bad_table",
       {"data formats 1 to 2 and writes 3"}},
      {"formats", [](gw_plugin& p) { p.data_format_read_min = 5; }, "bad_table", {"5 to 2"}},
      {"short",
       [](gw_plugin& p) { p.size = offsetof(gw_plugin, health); },
       "bad_table",
       {"too short", "expected at least", "size = sizeof(gw_plugin)"}},
      {"no versions", [](gw_plugin& p) { p.size = 4; }, "bad_table", {"too short: 4 bytes"}},
      {"hooks",
       [](gw_plugin& p) { p.call = nullptr, p.query = nullptr; },
       "bad_table",
       {"call, query", "migrate may be NULL"}},
      {"id", [](gw_plugin& p) { p.id = {}; }, "bad_table", {"id has 0 bytes"}},
      {"null id",
       [](gw_plugin& p) {
         p.id = {nullptr, 9};
       },
       "bad_table",
       {"id has 0 bytes"}},
      {"version",
       [](gw_plugin& p) { p.version = test::bytes("../1"); },
       "bad_table",
       {"version is \"../1\""}},
      {"no manifest",
       [](gw_plugin& p) { p.manifest_json = {}; },
       "bad_manifest",
       {"has no manifest"}},
      {"manifest",
       [](gw_plugin& p) { p.manifest_json = test::bytes("[]"); },
       "bad_manifest",
       {"expected a JSON object"}},
  };
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    gw_plugin table = good_table();
    c.spoil(table);
    const auto instance = make(table);
    REQUIRE(!instance.ok());
    CAPTURE(instance.error().message);
    CHECK(instance.error().code == c.code);
    for (const char* word : c.words) CHECK(contains(instance.error().message, word));
  }
  const auto none = gateway::Instance::create(nullptr, {}, "{}", nullptr);
  REQUIRE(!none.ok());
  CHECK(none.error().code == "no_table");
  CHECK(contains(none.error().message, "returned no table"));
  CHECK(test::living == 0);
}

TEST_CASE("A refused configuration names every path, what was expected and what was found") {
  gw_plugin table = good_table();
  table.create = [](const gw_host*, gw_bytes, gw_instance**, const gw_sink* report) {
    tell(report, R"({"errors":[{"path":"/tier","expected":"backbone or edge","got":"\"core\"",)");
    tell(report, R"("message":"no such tier"},{"path":"/slaSweep/everySeconds","expected":30}]})");
    return GW_INVALID;
  };
  std::string report;
  const auto instance = make(table, &report);
  REQUIRE(!instance.ok());
  CHECK(instance.error().code == "config_invalid");
  const std::string& text = instance.error().message;
  CHECK(contains(text, "table 1.0.0 (build b1)"));
  CHECK(contains(text, "/tier: no such tier, expected backbone or edge, got \"core\""));
  CHECK(contains(text, "/slaSweep/everySeconds: expected 30"));
  CHECK(contains(report, "no such tier"));
}

TEST_CASE("What create does wrong is contained and named") {
  struct Case {
    const char* word;
    decltype(gw_plugin::create) create;
  };
  const Case cases[] = {
      {"status -9",
       [](const gw_host*, gw_bytes, gw_instance**, const gw_sink*) { return GW_INTERNAL; }},
      {"no instance",
       [](const gw_host*, gw_bytes, gw_instance**, const gw_sink*) { return GW_OK; }},
      {"threw \"oh no\"",
       [](const gw_host*, gw_bytes, gw_instance**, const gw_sink*) -> gw_status {
         throw std::runtime_error("oh no");
       }},
      {"threw an exception",
       [](const gw_host*, gw_bytes, gw_instance**, const gw_sink*) -> gw_status { throw 3; }},
  };
  for (const Case& c : cases) {
    CAPTURE(c.word);
    gw_plugin table = good_table();
    table.create = c.create;
    const auto instance = make(table);
    REQUIRE(!instance.ok());
    CHECK(instance.error().code == "create_failed");
    CHECK(contains(instance.error().message, c.word));
  }
}

TEST_CASE("A report without end is cut off by the host") {
  gw_plugin table = good_table();
  table.create = [](const gw_host*, gw_bytes, gw_instance**, const gw_sink* report) {
    const std::string chunk(100'000, 'x');
    gw_status status = GW_OK;
    for (int i = 0; i < 100 && status == GW_OK; ++i) status = tell(report, chunk);
    return status == GW_TOO_LARGE ? GW_INVALID : GW_OK;
  };
  std::string report;
  const auto instance = make(table, &report);
  REQUIRE(!instance.ok());
  CHECK(instance.error().code == "config_invalid");
  CHECK(report.size() == 200'000);
}

TEST_CASE("The host tells a plugin its limits") {
  const gw_host& host = gateway::host_table();
  CHECK(host.size == sizeof(gw_host));
  CHECK(host.max_key >= 512);
  CHECK(host.max_value >= 1u << 20);
  CHECK(host.max_writes >= 4u << 20);
  CHECK(host.max_reply >= 4u << 20);
  CHECK(host.query(host.ctx, test::bytes("gateway.unheard-of/1")) == nullptr);
}
