// The small parts of the daemon that need no network.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/json.hpp"
#include "daemon/http_message.hpp"
#include "daemon/logging.hpp"
#include "daemon/port_holder.hpp"
#include "daemon/rate_limit.hpp"
#include "daemon/secret.hpp"
#include "daemon/work_thread.hpp"
#include "support/temp_dir.hpp"

using namespace gateway_app;

TEST_CASE("log: a text line has time, level, component, text and fields") {
  CHECK(log_line(LogFormat::kText, 1'772'366'400'123, GW_LOG_WARN, "store", "slow fsync",
                 {{"ms", "120"}, {"file", "a b"}}) ==
        "2026-03-01T12:00:00.123Z WARN  store: slow fsync ms=120 file=\"a b\"");
}

TEST_CASE("log: a line stays one line, whatever a plugin writes into it") {
  CHECK(log_line(LogFormat::kText, 0, GW_LOG_INFO, "plugin", "a\nb\x1b[31m\xff", {}) ==
        "1970-01-01T00:00:00.000Z INFO  plugin: a\\nb\\x1b[31m\\xff");
}

TEST_CASE("log: a JSON line is JSON, also with bad UTF-8 in it") {
  const std::string line =
      log_line(LogFormat::kJson, 0, GW_LOG_ERROR, "plugin", "a\n\xff", {{"k", "\"v\""}});
  CHECK(line.find('\n') == std::string::npos);
  auto parsed = base::json::parse(line);
  REQUIRE(parsed.ok());
  CHECK(parsed->at("level") == "error");
  CHECK(parsed->at("text") == "a\\n\\xff");
  CHECK(parsed->at("k") == "\"v\"");
}

TEST_CASE("secret: only the whole text matches, and nothing matches no secret") {
  const Secret secret("gw_token");
  CHECK(secret.matches("gw_token"));
  CHECK_FALSE(secret.matches("gw_toke"));
  CHECK_FALSE(secret.matches("gw_token "));
  CHECK_FALSE(secret.matches(""));
  CHECK_FALSE(Secret().matches(""));
  CHECK_FALSE(Secret("").matches(""));
  CHECK(fingerprint("at_1").size() == 16);
  CHECK(fingerprint("at_1") != fingerprint("at_2"));
}

TEST_CASE("base64: standard text with its padding, and nothing of what is none") {
  CHECK(base64_decoded("bWU6dG9rZW4=") == "me:token");
  CHECK(base64_decoded("bWU6dG9rZQ==") == "me:toke");
  CHECK(base64_decoded("bWU6dG9r") == "me:tok");
  for (const char* none : {"", "bWU", "b=U6", "====", "bWU_", "b\xffU6"}) {
    CAPTURE(none);
    CHECK(base64_decoded(none).empty());
  }
}

TEST_CASE("responses: every code has its status, and Retry-After is whole seconds rounded up") {
  CHECK(error_response("invalid_json", "x").status == 400);
  CHECK(error_response("unauthorized", "x").status == 401);
  CHECK(error_response("unauthorized", "x").headers.at(0).first == "WWW-Authenticate");
  CHECK(error_response("outcome_unknown", "x").status == 504);
  CHECK(error_response("never heard of", "x").status == 500);
  const HttpResponse response = overloaded_response("full", 1001);
  CHECK(response.status == 429);
  CHECK(response.headers.at(0).second == "2");
  CHECK(response.body ==
        R"({"ok":false,"error":{"code":"overloaded","message":"full","retryAfterMs":1001}})");
  CHECK(overloaded_response("full", 0).headers.at(0).second == "1");
}

TEST_CASE("port holder: found through the proc file system, unknown when it is not ours to see") {
  test::TempDir proc;
  namespace fs = std::filesystem;
  fs::create_directories(proc / "net");
  fs::create_directories(proc / "4711/fd");
  std::ofstream(proc / "net/tcp") << "  sl  local_address rem_address   st tx_queue rx_queue tr "
                                     "tm->when retrnsmt   uid  timeout inode\n"
                                  << "   0: 0100007F:4965 00000000:0000 0A 00000000:00000000 "
                                     "00:00000000 00000000  1000        0 555 1\n"
                                  << "   1: 0100007F:4966 0100007F:1F90 01 00000000:00000000 "
                                     "00:00000000 00000000  1000        0 556 1\n";
  std::ofstream(proc / "4711/comm") << "node\n";
  fs::create_symlink("socket:[555]", proc / "4711/fd/7");
  CHECK(port_holder(0x4965, proc.path()) == "pid 4711 (node)");
  CHECK(port_holder(0x4966, proc.path()).empty());  // a connection, no listener
  CHECK(port_holder(80, proc.path()).empty());
  fs::remove(proc / "4711/fd/7");
  CHECK(port_holder(0x4965, proc.path()).empty());
}

TEST_CASE("work thread: runs everything in order, also what is queued when it ends") {
  std::vector<int> seen;
  {
    WorkThread thread;
    for (int i = 0; i < 100; ++i) thread.post([&seen, i] { seen.push_back(i); });
  }
  REQUIRE(seen.size() == 100);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("a client that asks too often hears how long to wait, others are not held up") {
  using namespace std::chrono_literals;
  RateLimit limit;
  const RateLimit::Time start{};
  for (int i = 0; i < 3; ++i) CHECK(limit.refused_for("a", 3, 60s, start + i * 1s) == 0);
  CHECK(limit.refused_for("a", 3, 60s, start + 10s) == 50);
  CHECK(limit.refused_for("a", 3, 60s, start + 59'999ms) == 1);
  CHECK(limit.refused_for("b", 3, 60s, start + 10s) == 0);
  CHECK(limit.refused_for("a", 3, 60s, start + 60s) == 0);  // the next window
}

TEST_CASE("the table of clients stays bounded: those beyond it share one window") {
  using namespace std::chrono_literals;
  RateLimit limit(100);
  const RateLimit::Time start{};
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    refused += limit.refused_for(std::to_string(i), 2, 60s, start) > 0 ? 1 : 0;
  }
  CHECK(limit.clients() == 100);
  CHECK(refused == 898);
  CHECK(limit.refused_for("7", 2, 60s, start) == 0);  // known before the crowd came
  CHECK(limit.refused_for("new", 2, 60s, start + 60s) == 0);
  CHECK(limit.clients() == 1);  // windows that are over make room
}
