// The echo plugin through the ABI alone, on the least host that is correct.
#include <string>

#include "library.hpp"
#include "tiny_host.hpp"

namespace {

// One version, configured, on a store of its own unless another host is given.
class Echo {
 public:
  explicit Echo(const char* path = ECHO_1_0_0, const char* config = "{}") : library_(path) {
    const gw_sink sink = tiny::sink_into(report);
    status = plugin().create(&host_.table(), tiny::bytes(config), &instance_, &sink);
  }
  ~Echo() {
    if (instance_ != nullptr) plugin().destroy(instance_);
  }
  Echo(const Echo&) = delete;
  Echo& operator=(const Echo&) = delete;

  const gw_plugin& plugin() const { return library_.table(); }
  gw_instance* instance() const { return instance_; }
  tiny::Host& host() { return host_; }
  tiny::Reply call(const char* tool, const std::string& args = "{}", std::uint32_t flags = 0) {
    return host_.call(plugin(), instance_, tool, args, flags);
  }
  // A field's text in the reply of echo_read, up to the next comma or brace.
  std::string read(const std::string& field) {
    const std::string body = call("echo_read", "{}", GW_CALL_READ_ONLY).body;
    const std::string name = "\"" + field + "\":";
    const auto at = body.find(name);
    if (at == std::string::npos) return "absent from " + body;
    const auto from = at + name.size();
    return body.substr(from, body.find_first_of(",}", from) - from);
  }

  gw_status status = GW_INTERNAL;  // of create
  std::string report;              // of create

 private:
  tiny::Library library_;
  tiny::Host host_;
  gw_instance* instance_ = nullptr;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("echo_echo returns its arguments as they are") {
  Echo echo;
  const tiny::Reply reply = echo.call("echo_echo", R"({"a":[1,{"b":null}],"c":"x"})");
  CHECK(reply.status == GW_OK);
  CHECK(reply.body == R"({"a":[1,{"b":null}],"c":"x"})");
}

TEST_CASE("echo_count counts, and the same key counts once") {
  Echo echo;
  CHECK(echo.call("echo_count").body == R"({"success":true,"count":1})");
  CHECK(echo.call("echo_count", R"({"key":"k"})").body == R"({"success":true,"count":2})");
  CHECK(echo.call("echo_count", R"({"key":null})").body == R"({"success":true,"count":3})");
  CHECK(echo.call("echo_count", R"({"key":"k"})").body ==
        R"({"success":true,"count":2,"idempotent":true})");
  CHECK(echo.read("count") == "3");
}

TEST_CASE(
    "echo_count refuses a key that is no plain string of 1 to 100 bytes, and counts nothing") {
  Echo echo;
  for (const std::string& key : {std::string("7"), std::string("\"\""), std::string(R"("a\nb")"),
                                 "\"" + std::string(101, 'x') + "\"", std::string("{}")}) {
    CAPTURE(key);
    const tiny::Reply reply = echo.call("echo_count", "{\"key\":" + key + "}");
    CHECK(reply.status == GW_REFUSED);
    CHECK(holds(reply.body, "\"code\":\"invalid_argument\""));
  }
  CHECK(echo.host().rows().empty());
}

TEST_CASE("echo_steps writes once in each step, and each step sees the ones before") {
  Echo echo;
  const tiny::Reply reply = echo.call("echo_steps", R"({"steps":5})");
  CHECK(reply.status == GW_OK);
  CHECK(reply.steps == 5);
  CHECK(reply.body == R"({"success":true,"steps":5,"total":5,"dryRun":false})");
  CHECK(echo.read("steps") == "5");
}

TEST_CASE("a dry run of echo_steps answers like a real run and leaves nothing") {
  Echo echo;
  CHECK(echo.call("echo_steps", R"({"steps":2})").status == GW_OK);
  const tiny::Reply reply =
      echo.call("echo_steps", R"({"steps":3,"dry_run":true})", GW_CALL_DRY_RUN);
  CHECK(reply.body == R"({"success":true,"steps":3,"total":5,"dryRun":true})");
  CHECK(echo.read("steps") == "2");
}

TEST_CASE("echo_steps refuses anything but a whole number from 1 to 10000") {
  Echo echo;
  for (const char* args :
       {"{}", R"({"steps":0})", R"({"steps":10001})", R"({"steps":-1})", R"({"steps":1.5})",
        R"({"steps":"3"})", R"({"steps":99999999999999999999})"}) {
    CAPTURE(args);
    CHECK(echo.call("echo_steps", args).status == GW_REFUSED);
  }
  CHECK(echo.host().rows().empty());
}

TEST_CASE("a refusal's write is dropped, a recorded refusal's write stays") {
  Echo echo;
  const tiny::Reply refused = echo.call("echo_refuse");
  CHECK(refused.status == GW_REFUSED);
  CHECK(holds(refused.body, "\"code\":\"refused\""));
  CHECK(echo.read("refusals") == "0");
  const tiny::Reply recorded = echo.call("echo_refuse_recorded");
  CHECK(recorded.status == GW_REFUSED_RECORDED);
  CHECK(holds(recorded.body, "\"code\":\"refused_recorded\""));
  CHECK(echo.read("refusals") == "1");
}

TEST_CASE("an unknown tool or sweep is refused by name") {
  Echo echo;
  CHECK(holds(echo.call("echo_nothing").body, "\"code\":\"not_found\""));
  CHECK(holds(echo.host().sweep(echo.plugin(), echo.instance(), "tock").body,
              "\"code\":\"not_found\""));
}

TEST_CASE("the sweep tick counts its runs") {
  Echo echo;
  for (int i = 0; i < 3; ++i) {
    CHECK(echo.host().sweep(echo.plugin(), echo.instance(), "tick").status == GW_OK);
  }
  CHECK(echo.read("ticks") == "3");
}

TEST_CASE("a stored value that is no number is a failure, and is not counted from") {
  Echo echo;
  echo.host().set("echo/count", "12x");
  CHECK(echo.call("echo_count").status == GW_INTERNAL);
  CHECK(echo.host().rows().at("echo/count") == "12x");
}

TEST_CASE("a greeting is taken from the configuration; an unknown key is a warning") {
  Echo echo(ECHO_1_0_0, R"({"greeting":"good morning","colour":"red"})");
  REQUIRE(echo.status == GW_OK);
  CHECK(echo.read("greeting") == "\"good morning\"");
  CHECK(holds(echo.report, R"("warnings":[{"path":"/colour")"));
}

TEST_CASE("a configuration that is wrong is refused with path, expected and got") {
  const struct {
    const char* config;
    const char* path;
    const char* got;
  } cases[] = {
      {R"({"greeting":7})", "/greeting", "number"},
      {R"({"greeting":null})", "/greeting", "null"},
      {R"({"greeting":{}})", "/greeting", "object"},
      {R"({"greeting":[true]})", "/greeting", "array"},
      {R"({"greeting":false})", "/greeting", "boolean"},
      {"[]", "", "something else"},
      {"", "", "something else"},
      {"{", "", "something else"},
      {R"({"a":1,})", "", "something else"},
      {R"({"a" 1})", "", "something else"},
      {R"({"a":01})", "", "something else"},
      {R"({"a":"\q"})", "", "something else"},
      {R"({"a":1}x)", "", "something else"},
      {R"({"a":-})", "", "something else"},
      {R"({"a":1e})", "", "something else"},
      {R"({"a":"\u12g4"})", "", "something else"},
      {R"({"a":"x)", "", "something else"},
      {R"({"a":[1 2]})", "", "something else"},
      {R"({"a":nul})", "", "something else"},
      {R"({,"a":1})", "", "something else"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.config);
    Echo echo(ECHO_1_0_0, one.config);
    CHECK(echo.status == GW_INVALID);
    CHECK(holds(echo.report, std::string("\"errors\":[{\"path\":\"") + one.path + "\""));
    CHECK(holds(echo.report, std::string("\"got\":\"") + one.got + "\""));
  }
}

TEST_CASE("brackets nested too deeply are refused, not followed off the stack") {
  Echo echo(ECHO_1_0_0, ("{\"a\":" + std::string(100'000, '[')).c_str());
  CHECK(echo.status == GW_INVALID);
}

TEST_CASE("the self-test passes on an empty store and leaves it empty") {
  Echo echo;
  CHECK(echo.host().self_test(echo.plugin(), echo.instance()).status == GW_OK);
  CHECK(echo.host().rows().empty());
}

TEST_CASE("two versions are loaded at once, and either continues what the other began") {
  Echo old_one(ECHO_1_0_0);
  Echo new_one(ECHO_1_1_0);
  tiny::Host& host = old_one.host();
  CHECK(host.call(old_one.plugin(), old_one.instance(), "echo_count", "{}").status == GW_OK);
  const tiny::Reply second = host.call(new_one.plugin(), new_one.instance(), "echo_count", "{}");
  CHECK(second.body == R"({"success":true,"count":2})");
  CHECK(old_one.read("version") == "\"1.0.0\"");
  CHECK(new_one.read("version") == "\"1.1.0\"");
  CHECK(tiny::text(old_one.plugin().build_id) != tiny::text(new_one.plugin().build_id));
}
