// The host operations of a running daemon, over its Unix socket.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "echo_gateway.hpp"

using base::json::value;
using test::Gateway;

namespace {

std::string json_file(const std::string& path) { return base::json::canonical(value(path)); }
std::string with_file(const std::string& path) {
  return "{\"id\":\"ansible\",\"file\":" + json_file(path) + "}";
}
std::string with_what(const std::string& what) {
  return "{\"id\":\"ansible\",\"what\":" + json_file(what) + "}";
}
constexpr const char* kId = R"({"id":"ansible"})";

std::string code_of(const value& body) { return body.at("error").at("code").as_string().c_str(); }

}  // namespace

TEST_CASE("host socket: private, and only for its verbs") {
  Gateway gateway(test::echo_options());
  gateway.start();
  struct stat st {};
  REQUIRE(stat((gateway.state_dir() + "/host.sock").c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0600);
  CHECK(gateway.host_client().get("/host/plugins/list").value().status == 405);
  const auto check = [&](const char* verb, const char* body, int status, const char* code) {
    CAPTURE(verb);
    CAPTURE(body);
    const auto [got, answer] = gateway.host(verb, body);
    CHECK(got == status);
    CHECK(answer.at("ok") == false);
    CHECK(code_of(answer) == code);
  };
  check("plugins/lost", "{}", 404, "not_found");
  check("", "{}", 404, "not_found");
  check("plugins/info", R"({"id":"other"})", 404, "not_found");
  check("plugins/info", "{}", 400, "invalid_request");
  check("plugins/info", "{", 400, "invalid_request");
  check("plugins/info", "[]", 400, "invalid_request");
  check("plugins/info", R"({"id":7})", 400, "invalid_request");
  check("plugins/list", R"({"id":"ansible"})", 400, "invalid_request");
  check("plugins/install", R"({"id":"ansible","file":"relative.so"})", 400, "invalid_request");
  check("plugins/swap", R"({"id":"ansible","what":"./relative.so"})", 400, "invalid_request");
  check("plugins/quarantine", R"({"id":"ansible","reason":"why"})", 400, "invalid_request");
  check("plugins/quarantine", R"({"id":"ansible","what":"1.0.0"})", 400, "invalid_request");
  check("plugins/quarantine", R"({"id":"ansible","what":"1.0.0","lift":"yes"})", 400,
        "invalid_request");
  check("storage/backup", R"({"file":"relative.db"})", 400, "invalid_request");
  CHECK(gateway.host_client().post("/tools/invoke", "{}").value().status == 404);
}

TEST_CASE("host socket: install, swap, roll back, history") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const auto slot = [&] {
    const value list = gateway.host("plugins/list").second;
    return list.at("result").at("plugins").at(0);
  };
  const value before = slot();
  CHECK(before.at("id") == "ansible");
  CHECK(before.at("version") == "1.0.0");
  CHECK(before.at("sha256").as_string().size() == 64);
  CHECK(before.at("state") == "active");
  CHECK(before.at("path") == ECHO_1_0_0);
  CHECK(before.at("since").as_int64() > 1'600'000'000'000);
  CHECK(before.at("candidate").is_null());
  CHECK(before.at("parked").is_null());

  const auto [verified, report] = gateway.host("plugins/verify", with_file(ECHO_1_1_0));
  CHECK(verified == 200);
  CHECK(report.at("result").at("version") == "1.1.0");
  const auto [installed, release] = gateway.host("plugins/install", with_file(ECHO_1_1_0));
  CHECK(installed == 200);
  CHECK(slot().at("version") == "1.0.0");

  CHECK(gateway.host("plugins/swap", with_what("1.1.0")).first == 200);
  CHECK(slot().at("version") == "1.1.0");
  CHECK(slot().at("parked").at("version") == "1.0.0");
  CHECK(slot().at("parked").at("sha256") == before.at("sha256"));
  CHECK(gateway.invoke("echo_read").details.at("version") == "1.1.0");
  CHECK(gateway.host("plugins/rollback", kId).first == 200);
  CHECK(gateway.invoke("echo_read").details.at("version") == "1.0.0");

  const value history = gateway.host("plugins/history", kId).second.at("result");
  CHECK(history.at("releases").as_array().size() == 2);
  CHECK(history.at("entries").as_array().size() >= 3);
  CHECK(history.at("entries").at(0).at("version") == "1.0.0");

  const value info = gateway.host("plugins/info", kId).second.at("result");
  CHECK(info.at("version") == "1.0.0");
  CHECK(info.at("abi") == "1.0");
  CHECK(info.at("dataFormat").at("write").is_int64());
  CHECK(info.at("tools").as_array().size() == 6);
  CHECK(info.at("tools").at(0).at("parameters").at("type") == "object");
  CHECK(info.at("sweeps").at(0).at("name") == "tick");
}

TEST_CASE("host socket: a swapped release is watched; a quarantined one is not loaded") {
  Gateway gateway(test::echo_options());
  gateway.start();
  CHECK(gateway.host("plugins/swap", with_what(ECHO_1_1_0)).first == 200);
  const value row = gateway.host("plugins/list").second.at("result").at("plugins").at(0);
  CHECK(row.at("trial").at("phase") == "watch");
  CHECK(row.at("trial").at("version") == "1.1.0");
  CHECK(row.at("trial").at("until").as_int64() > row.at("since").as_int64());
  CHECK(row.at("trial").at("tries") == 0);
  CHECK(row.at("candidate").is_null());
  const std::string digest = row.at("sha256").as_string().c_str();

  CHECK(
      code_of(
          gateway.host("plugins/quarantine", R"({"id":"ansible","what":"1.1.0","reason":"a bug"})")
              .second) == "release_in_use");
  CHECK(gateway.host("plugins/rollback", kId).first == 200);
  const auto [set, mark] =
      gateway.host("plugins/quarantine", R"({"id":"ansible","what":"1.1.0","reason":"a bug"})");
  CHECK(set == 200);
  CHECK(mark.at("result").at("sha256").as_string() == digest);
  const value list = gateway.host("plugins/quarantine", kId).second.at("result").at("quarantine");
  REQUIRE(list.as_array().size() == 1);
  CHECK(list.at(0).at("quarantine").at("reason") == "a bug");
  CHECK(list.at(0).at("quarantine").at("by") == "operator");
  CHECK(code_of(gateway.host("plugins/swap", with_what("1.1.0")).second) == "quarantined");
  const value history = gateway.host("plugins/history", kId).second.at("result");
  CHECK(history.at("entries").at(0).at("event") == "refused");
  CHECK(history.at("entries").at(1).at("event") == "quarantined");
  CHECK(history.at("entries").at(1).at("figures").as_array().empty());

  CHECK(
      gateway.host("plugins/quarantine", R"({"id":"ansible","what":"1.1.0","lift":true})").first ==
      200);
  CHECK(gateway.host("plugins/swap", with_what("1.1.0")).first == 200);
}

TEST_CASE("host socket: a refused operation says why and the old version answers on") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const auto [missing, why] = gateway.host("plugins/swap", with_what("9.9.9"));
  CHECK(missing == 404);
  CHECK(code_of(why) == "not_found");
  CHECK(gateway.host("plugins/rollback", kId).first == 409);
  const std::string bad = gateway.directory() + "/bad.so";
  std::ofstream(bad) << "no library";
  chmod(bad.c_str(), 0755);
  for (const char* verb : {"plugins/install", "plugins/verify"}) {
    CAPTURE(verb);
    const auto [status, answer] = gateway.host(verb, with_file(bad));
    CHECK(status == 409);
    CHECK(answer.at("error").at("message").as_string().size() > 0);
  }
  CHECK(gateway.host("plugins/swap", with_what(bad)).first == 409);
  CHECK(gateway.invoke("echo_read").details.at("version") == "1.0.0");
}

TEST_CASE("host socket: calls are answered while an operation runs") {
  Gateway gateway(test::echo_options());
  gateway.start();
  std::atomic<bool> done{false};
  std::thread operations([&] {
    for (int i = 0; i < 5; ++i) gateway.host("plugins/verify", with_file(ECHO_1_1_0));
    done = true;
  });
  test::HttpClient client = gateway.client();
  int served = 0;
  do {
    const auto reply = client.post("/tools/invoke", R"({"tool":"echo_read"})", gateway.bearer());
    if (!reply || reply->status != 200) break;
    ++served;
  } while (!done);
  operations.join();
  CHECK(served > 1);
}

TEST_CASE("host socket: storage backup and check") {
  Gateway gateway(test::echo_options());
  gateway.start();
  gateway.invoke("echo_count");
  const std::string file = gateway.directory() + "/backup.db";
  const std::string body = "{\"file\":" + json_file(file) + "}";
  const auto [status, backup] = gateway.host("storage/backup", body);
  CHECK(status == 200);
  CHECK(backup.at("result").at("bytes").to_number<std::uint64_t>() ==
        std::filesystem::file_size(file));
  const auto [again, refused] = gateway.host("storage/backup", body);
  CHECK(again == 409);
  CHECK(code_of(refused) == "backup_failed");
  const value check = gateway.host("storage/check").second.at("result");
  CHECK(check.at("ok") == true);
  CHECK(check.at("rows").to_number<std::uint64_t>() > 0);
  CHECK(check.at("problems").as_array().empty());
}

TEST_CASE("host socket: storage operations need a file to work on") {
  auto options = test::echo_options();
  options.storage = R"({"engine":"memory"})";
  Gateway gateway(options);
  gateway.start();
  CHECK(gateway.invoke("echo_count").details.at("count") == 1);
  const auto [status, answer] = gateway.host("storage/check");
  CHECK(status == 409);
  CHECK(code_of(answer) == "not_supported");
}

TEST_CASE("host socket: gateway status and stop") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const value status = gateway.host("gateway/status").second.at("result");
  CHECK(status.at("pid") == gateway.process().pid());
  CHECK(status.at("url").as_string() == "http://127.0.0.1:" + std::to_string(gateway.port()));
  const auto [stopped, answer] = gateway.host("gateway/stop");
  CHECK(stopped == 200);
  CHECK(answer.at("result").at("pid") == gateway.process().pid());
  CHECK(gateway.process().wait() == 0);
}
