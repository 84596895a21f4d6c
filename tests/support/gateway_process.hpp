// A real openclawd in a state directory of its own, for tests over HTTP and the host socket.
#pragma once

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "support/http_client.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace test {

inline base::json::value parse_json(std::string_view text) {
  auto parsed = base::json::parse(text);
  REQUIRE_MESSAGE(parsed.ok(), "not JSON: " << text);
  return *std::move(parsed);
}

// What a caller of /tools/invoke sees.
struct ToolReply {
  int status = 0;
  base::json::value details;  // of a result; null otherwise
  std::string error_code;     // of a transport failure
  std::string error_message;
};

struct GatewayOptions {
  std::string binary;   // path of openclawd
  std::string library;  // path of the plugin
  std::string plugin_config = R"({"tier":"backbone","nodeIdOverride":"test-node"})";
  std::string gateway_extra;  // more members of "gateway": R"("bind":"0.0.0.0")"
  std::string plugins_extra;  // more members of "plugins": R"("watch":{"quietMs":50})"
  std::string plugin_extra;   // more members of the plugin's entry: R"("onFileChange":"ignore")"
  std::string storage = R"({"engine":"sqlite"})";
  std::string token = "gw_test_token";
  std::string log_level = "debug";
  std::map<std::string, std::string> env;
};

// Construction writes the configuration; start() runs the daemon. The destructor kills it.
class Gateway {
 public:
  explicit Gateway(GatewayOptions options) : options_(std::move(options)), port_(free_port()) {
    chmod(dir_.path().c_str(), 0700);
    write_config();
  }

  void write_config() const {
    std::ofstream out(config_file());
    out << "{\"gateway\":{\"port\":" << port_;
    if (!options_.token.empty()) out << ",\"auth\":{\"token\":\"" << options_.token << "\"}";
    if (!options_.gateway_extra.empty()) out << "," << options_.gateway_extra;
    out << "},\"storage\":" << options_.storage << ",\"plugins\":{"
        << (options_.plugins_extra.empty() ? "" : options_.plugins_extra + ",")
        << "\"entries\":{\"ansible\":{\"enabled\":true";
    if (!options_.library.empty()) out << ",\"library\":\"" << options_.library << "\"";
    if (!options_.plugin_extra.empty()) out << "," << options_.plugin_extra;
    out << ",\"config\":" << options_.plugin_config << "}}}}\n";
  }

  // Runs the daemon and waits until it is ready (or, when `ready` is false, until it answers at all).
  void start(bool ready = true) {
    spawn();
    const char* path = ready ? "/readyz" : "/healthz";
    const bool up = wait_until([&] { return !process_->running() || status_of(path) == 200; });
    REQUIRE_MESSAGE((up && process_->running()), "openclawd did not come up:\n" << log());
  }
  void spawn() {
    std::map<std::string, std::string> env = options_.env;
    env["HOME"] = dir_.path();
    env.try_emplace("OPENCLAW_CONFIG", "");
    env.try_emplace("OPENCLAW_STATE_DIR", "");
    process_ = std::make_unique<Process>(
        ProcessOptions{{options_.binary, "--config", config_file(), "--state-dir", state_dir(),
                        "--log-level", options_.log_level},
                       env,
                       "/dev/null",
                       log_file()});
  }

  Process& process() { return *process_; }
  GatewayOptions& options() { return options_; }
  std::uint16_t port() const { return port_; }
  std::string directory() const { return dir_.path(); }
  std::string config_file() const { return dir_ / "openclaw.json"; }
  std::string state_dir() const { return dir_ / "state"; }
  std::string log_file() const { return dir_ / "log"; }
  std::string log() const { return read_file(log_file()); }

  HttpClient client() const { return HttpClient::tcp(port_); }
  HttpClient host_client() const { return HttpClient::unix_socket(state_dir() + "/host.sock"); }
  HttpHeaders bearer() const { return {{"Authorization", "Bearer " + options_.token}}; }

  int status_of(std::string_view path) const {
    const auto reply = client().get(path);
    return reply ? reply->status : 0;
  }

  // Calls a tool as the operator. Nothing when the connection was lost.
  std::optional<ToolReply> try_invoke(HttpClient& client, std::string_view tool,
                                      std::string_view args = "{}") const {
    std::string body = "{\"tool\":\"";
    body.append(tool).append("\",\"args\":").append(args).append("}");
    return unwrap(client.post("/tools/invoke", body, bearer()));
  }
  ToolReply invoke(std::string_view tool, std::string_view args = "{}") const {
    HttpClient fresh = client();
    auto reply = try_invoke(fresh, tool, args);
    REQUIRE_MESSAGE(reply.has_value(), "the gateway did not answer:\n" << log());
    return *reply;
  }

  // A host operation: the HTTP status and the whole answer.
  std::pair<int, base::json::value> host(std::string_view verb,
                                         std::string_view body = "{}") const {
    const auto reply = host_client().post("/host/" + std::string(verb), body);
    REQUIRE_MESSAGE(reply.has_value(), "no answer on the host socket:\n" << log());
    return {reply->status, parse_json(reply->body)};
  }

  static std::optional<ToolReply> unwrap(const std::optional<HttpReply>& http) {
    if (!http) return std::nullopt;
    ToolReply reply;
    reply.status = http->status;
    const base::json::value body = parse_json(http->body);
    if (const auto* error = base::json::find(body, "error")) {
      reply.error_code = error->at("code").as_string().c_str();
      reply.error_message = error->at("message").as_string().c_str();
    } else {
      reply.details = body.at("result").at("details");
    }
    return reply;
  }

 private:
  GatewayOptions options_;
  TempDir dir_;
  std::uint16_t port_;
  std::unique_ptr<Process> process_;
};

}  // namespace test
