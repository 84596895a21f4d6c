// Starting, stopping and what stands in the way, with a running daemon.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "echo_gateway.hpp"

using test::Gateway;
using test::HttpClient;

namespace {

// Starts a daemon that is expected to refuse, and returns what it said.
std::string refusal(Gateway& gateway) {
  gateway.spawn();
  const auto status = gateway.process().wait();
  REQUIRE(status.has_value());
  CHECK(*status == 1);
  return gateway.log();
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("start: --version and a wrong command line") {
  const auto version = test::run({OPENCLAWD, "--version"});
  CHECK(version.status == 0);
  CHECK(version.out.rfind("openclawd ", 0) == 0);
  CHECK(test::run({OPENCLAWD, "--help"}).status == 0);
  CHECK(test::run({OPENCLAWD, "--prot", "1"}).status == 2);
  for (const auto& [option, words] : {std::pair{"--log-level", "debug, info, warn or error"},
                                      std::pair{"--log-format", "text or json"}}) {
    for (const char* word : {"loud", "0", ""}) {
      const auto wrong = test::run({OPENCLAWD, option, word});
      CHECK(wrong.status == 2);
      CHECK(contains(wrong.err, std::string("expected ") + words));
      CHECK_FALSE(contains(wrong.err, "FAILED"));
    }
  }
  CHECK(test::run({OPENCLAWD, "--port", "70000"}).status == 2);
}

TEST_CASE("start: a wrong configuration is refused with its path") {
  Gateway gateway(test::echo_options());
  gateway.options().gateway_extra = R"("bind":17)";
  gateway.write_config();
  CHECK(contains(refusal(gateway), "gateway.bind: expected an IP address"));
}

TEST_CASE("start: --config that names no file is an error and creates nothing") {
  test::TempDir dir;
  const auto result =
      test::run({OPENCLAWD, "--config", dir / "gone.json", "--state-dir", dir / "state"});
  CHECK(result.status == 1);
  CHECK(contains(result.err, "--config names " + (dir / "gone.json")));
  CHECK_FALSE(std::filesystem::exists(dir / "state"));
}

TEST_CASE("start: other machines only with a token") {
  auto options = test::echo_options();
  options.gateway_extra = R"("bind":"0.0.0.0")";
  options.token = "";
  Gateway gateway(options);
  CHECK(contains(refusal(gateway), "gateway.auth.token is missing"));
}

TEST_CASE("start: without any configuration one is made, private, with a token that works") {
  test::TempDir dir;
  const std::string state = dir / "state";
  const std::map<std::string, std::string> env = {
      {"HOME", dir.path()}, {"OPENCLAW_CONFIG", ""}, {"OPENCLAW_STATE_DIR", ""}};
  const std::string port = std::to_string(test::free_port());
  test::Process daemon(
      {{OPENCLAWD, "--state-dir", state, "--port", port}, env, "/dev/null", dir / "log"});
  HttpClient client = HttpClient::tcp(static_cast<std::uint16_t>(std::stoi(port)));
  REQUIRE(test::wait_until([&] {
    const auto reply = client.get("/healthz");
    return reply && reply->status == 200;
  }));
  struct stat st {};
  REQUIRE(stat((state + "/openclaw.json").c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0600);
  REQUIRE(stat(state.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0700);
  const std::string text = test::read_file(state + "/openclaw.json");
  const auto start = text.find("gw_");
  REQUIRE(start != std::string::npos);
  const std::string token = text.substr(start, text.find('"', start) - start);
  CHECK(client.get("/status", {{"Authorization", "Bearer " + token}}).value().status == 200);
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
  CHECK_FALSE(contains(test::read_file(dir / "log"), token));
}

TEST_CASE("start: an open directory is closed to others if it is surely the gateway's own") {
  Gateway gateway(test::echo_options());
  REQUIRE(mkdir(gateway.state_dir().c_str(), 0755) == 0);
  SUBCASE("because it is empty") {}
  SUBCASE("because the configuration is there") {
    std::ofstream(gateway.state_dir() + "/openclaw.json") << "{}";
  }
  gateway.start();
  struct stat st {};
  REQUIRE(stat(gateway.state_dir().c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0700);
}

TEST_CASE("start: a directory that is something else's as well stays open and is refused") {
  Gateway gateway(test::echo_options());
  REQUIRE(mkdir(gateway.state_dir().c_str(), 0755) == 0);
  std::ofstream(gateway.state_dir() + "/letter.txt") << "dear reader";
  CHECK(contains(refusal(gateway), "chmod 700"));
  struct stat st {};
  REQUIRE(stat(gateway.state_dir().c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0755);
}

TEST_CASE(
    "start: a plugin that cannot be loaded leaves the gateway up and not ready, and names the "
    "key") {
  auto options = test::echo_options();
  std::string key;
  SUBCASE("no library") {
    options.library = "";
    key = "plugins.entries.ansible.library";
  }
  SUBCASE("no tier") {
    options.plugin_config = "{}";
    key = "plugins.entries.ansible.config.tier";
  }
  Gateway gateway(options);
  gateway.start(false);
  REQUIRE(test::wait_until([&] { return contains(gateway.log(), "no plugin is loaded"); }));
  HttpClient client = gateway.client();
  const auto ready = client.get("/readyz");
  REQUIRE(ready.has_value());
  CHECK(ready->status == 503);
  CHECK(contains(ready->body, key));
  const auto call = gateway.invoke("echo_read");
  CHECK(call.status == 503);
  CHECK(call.error_code == "plugin_unavailable");
  CHECK(contains(call.error_message, key));
  const auto [status, list] = gateway.host("plugins/list");
  CHECK(status == 200);
  CHECK(list.at("result").at("plugins").at(0).at("state") == "none");

  // The remedy works without a restart.
  gateway.options() = test::echo_options();
  gateway.write_config();
  gateway.process().signal(SIGHUP);
  CHECK(test::wait_until([&] { return gateway.status_of("/readyz") == 200; }));
  const auto node = gateway.host("gateway/status").second.at("result").at("node");
  CHECK(node.at("tier") == "backbone");
  CHECK(node.at("id") == "test-node");
  CHECK_FALSE(contains(gateway.log(), "takes effect at the next start"));
}

TEST_CASE("start: a library that is no library leaves the gateway not ready, a good one heals it") {
  Gateway gateway(test::echo_options());
  const std::string library = gateway.directory() + "/ansible.so";
  std::ofstream(library) << "hello";
  chmod(library.c_str(), 0755);
  gateway.options().library = library;
  gateway.write_config();
  gateway.start(false);
  REQUIRE(test::wait_until([&] { return contains(gateway.log(), "no plugin is active"); }));
  CHECK(gateway.status_of("/readyz") == 503);
  CHECK(gateway.invoke("echo_read").status == 503);
  CHECK(contains(gateway.invoke("echo_read").error_message, "the configured file was refused"));
  std::filesystem::copy_file(ECHO_1_0_0, library + ".new");
  std::filesystem::rename(library + ".new", library);
  CHECK(test::wait_until([&] { return gateway.status_of("/readyz") == 200; }));
  CHECK(gateway.invoke("echo_read").details.at("version") == "1.0.0");
}

TEST_CASE("start: a second daemon on the same state directory says who holds it") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const auto second = test::run({OPENCLAWD, "--config", gateway.config_file(), "--state-dir",
                                 gateway.state_dir(), "--port", "0"});
  CHECK(second.status == 1);
  CHECK(contains(second.err, std::to_string(gateway.process().pid())));
  CHECK(gateway.invoke("echo_count").details.at("count") == 1);
  CHECK(gateway.host("plugins/list").first == 200);
}

TEST_CASE("start: a taken port names the holder and --port") {
  Gateway gateway(test::echo_options());
  gateway.start();
  test::TempDir other;
  const auto second =
      test::run({OPENCLAWD, "--config", gateway.config_file(), "--state-dir", other / "state"});
  CHECK(second.status == 1);
  CHECK(contains(second.err, "pid " + std::to_string(gateway.process().pid()) + " (openclawd)"));
  CHECK(contains(second.err, "--port"));
}

TEST_CASE(
    "stop: SIGTERM drains and exits 0, and what was acknowledged is there after the next start") {
  Gateway gateway(test::echo_options());
  gateway.start();
  HttpClient idle = gateway.client();
  REQUIRE(gateway.try_invoke(idle, "echo_count").has_value());
  gateway.process().signal(SIGTERM);
  CHECK(gateway.process().wait() == 0);
  CHECK(idle.closed_by_peer());
  CHECK(contains(gateway.log(), "stopped"));
  CHECK_FALSE(std::filesystem::exists(gateway.state_dir() + "/host.sock"));
  gateway.start();
  const auto read = gateway.invoke("echo_read").details;
  CHECK(read.at("count") == 1);
  CHECK(read.at("stops") == 1);
}

TEST_CASE("stop: a call under way at SIGTERM is answered") {
  Gateway gateway(test::echo_options());
  gateway.start();
  HttpClient client = gateway.client();
  const std::string body = R"({"tool":"echo_steps","args":{"steps":200}})";
  REQUIRE(client.send("POST /tools/invoke HTTP/1.1\r\nHost: h\r\nAuthorization: " +
                      gateway.bearer().at("Authorization") +
                      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  REQUIRE(test::wait_until(
      [&] { return gateway.invoke("echo_read").details.at("steps").as_int64() > 0; }));
  gateway.process().signal(SIGTERM);
  const auto reply = client.read_reply();
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->headers.at("connection") == "close");
  CHECK(gateway.process().wait() == 0);
}

TEST_CASE("stop: killed, the port and the state directory are free at once") {
  Gateway gateway(test::echo_options());
  gateway.start();
  HttpClient open = gateway.client();
  REQUIRE(gateway.try_invoke(open, "echo_count").has_value());
  gateway.process().kill_now();
  gateway.start();
  CHECK(gateway.invoke("echo_read").details.at("count") == 1);
}

TEST_CASE(
    "reload: SIGHUP applies the plugin's configuration and the token, and names what must wait") {
  auto options = test::echo_options();
  options.plugin_config = R"({"tier":"backbone","greeting":"hello"})";
  Gateway gateway(options);
  gateway.start();
  CHECK(gateway.invoke("echo_read").details.at("greeting") == "hello");

  gateway.options().plugin_config = R"({"tier":"backbone","greeting":"good day"})";
  gateway.options().gateway_extra = R"("bind":"127.0.0.2")";
  gateway.write_config();
  gateway.process().signal(SIGHUP);
  CHECK(test::wait_until(
      [&] { return gateway.invoke("echo_read").details.at("greeting") == "good day"; }));
  CHECK(contains(gateway.log(), "gateway.bind changed: takes effect at the next start"));

  const auto old_bearer = gateway.bearer();
  gateway.options().token = "gw_rotated_token";
  gateway.write_config();
  gateway.process().signal(SIGHUP);
  CHECK(test::wait_until(
      [&] { return gateway.client().get("/status", gateway.bearer()).value().status == 200; }));
  CHECK(gateway.client().get("/status", old_bearer).value().status == 401);

  SUBCASE("a configuration that the plugin refuses changes nothing") {
    gateway.options().plugin_config = R"({"tier":"backbone","greeting":7})";
    gateway.write_config();
    gateway.process().signal(SIGHUP);
    CHECK(
        test::wait_until([&] { return contains(gateway.log(), "plugin configuration refused"); }));
    CHECK(gateway.invoke("echo_read").details.at("greeting") == "good day");
  }
  SUBCASE("a file that is no configuration changes nothing") {
    std::ofstream(gateway.config_file()) << "{";
    gateway.process().signal(SIGHUP);
    CHECK(test::wait_until([&] { return contains(gateway.log(), "configuration not reloaded"); }));
    CHECK(gateway.invoke("echo_read").details.at("greeting") == "good day");
  }
}

TEST_CASE("memory: the idle daemon stays under 40 MB") {
  Gateway gateway(test::echo_options());
  gateway.start();
  const long rss = test::rss_kib(gateway.process().pid());
  MESSAGE("resident: " << rss << " KiB");
  CHECK(rss > 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  CHECK(rss < 40 * 1024);
#endif
}
