#include "e2e/installation.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

namespace e2e {
namespace {

// The gateways whose command line names this state directory: ours, nobody else knows the name.
std::vector<pid_t> gateways_of(const std::string& state_dir) {
  std::vector<pid_t> out;
  std::error_code ec;  // processes end while we look; that must not throw in a destructor
  for (std::filesystem::directory_iterator at("/proc", ec), end; !ec && at != end;
       at.increment(ec)) {
    const std::string name = at->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream in(at->path() / "cmdline");
    std::string command;
    std::getline(in, command);  // unlike a stream's buffer, it does not throw when the process ends
    if (command.find("openclawd") == std::string::npos) continue;
    if (command.find(state_dir) != std::string::npos) out.push_back(std::stoi(name));
  }
  return out;
}

}  // namespace

std::string text_of(const json::value& object, std::string_view name) {
  const json::value* member = json::find(object, name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

Installation::Installation(Options options) : port_(test::free_port()) {
  chmod(dir_.path().c_str(), 0700);
  std::ofstream out(config_file());
  out << R"({"gateway":{"port":)" << port_ << R"(,"stateDir":")" << state_dir()
      << R"(","auth":{"token":")" << kToken << R"("}},
"storage":{"engine":"sqlite","path":"ansible.db"},
"plugins":{)"
      << (options.plugins_extra.empty() ? "" : options.plugins_extra + ",")
      << R"("entries":{"ansible":{"enabled":true,"library":")" << options.library << "\","
      << (options.plugin_extra.empty() ? "" : options.plugin_extra + ",")
      << R"("config":{"tier":"backbone","nodeIdOverride":"node-e2e","adminAgentId":"architect",
"injectContextAgents":["architect"])"
      << (options.plugin_config.empty() ? "" : ",") << options.plugin_config << "}}}}}\n";
}

Installation::~Installation() {
  for (const pid_t pid : gateways_of(state_dir())) ::kill(pid, SIGKILL);
  test::wait_until([this] { return gateways_of(state_dir()).empty(); });
}

test::RunResult Installation::shell(const std::string& line,
                                    const std::map<std::string, std::string>& env) const {
  const char* path = std::getenv("PATH");
  std::map<std::string, std::string> all{
      {"OPENCLAW_CONFIG", config_file()},
      {"OPENCLAW_STATE_DIR", ""},
      {"OPENCLAW_GATEWAY_URL", ""},
      {"OPENCLAW_ANSIBLE_TOKEN", ""},
      {"HOME", dir_.path()},
      {"PATH", std::string(PROGRAMS) + ":" + (path ? path : "")}};
  for (const auto& [name, value] : env) all[name] = value;
  return test::run({"/bin/sh", "-c", line}, all, test::milliseconds(120'000));
}

std::string Installation::ok(const std::string& line, std::string_view text) const {
  const test::RunResult result = shell(line);
  INFO("$ " << line << "\n" << result.out << result.err);
  REQUIRE(result.status == 0);
  CHECK(result.out.find(text) != std::string::npos);
  return result.out;
}

void Installation::refused(const std::string& line, int status, std::string_view text) const {
  const test::RunResult result = shell(line);
  INFO("$ " << line << "\n" << result.out << result.err);
  CHECK(result.status == status);
  CHECK(result.out == "");
  CHECK(result.err.find(text) != std::string::npos);
}

json::value Installation::document(const std::string& line, int status) const {
  const test::RunResult result = shell(line + " --json");
  INFO("$ " << line << " --json\n" << result.out << "stderr: " << result.err);
  CHECK(result.status == status);
  CHECK(result.err == "");
  auto parsed = json::parse(result.out);
  REQUIRE(parsed.ok());
  REQUIRE(parsed->is_object());
  return std::move(*parsed);
}

test::HttpReply Installation::post(const std::string& body,
                                   const test::HttpHeaders& headers) const {
  auto client = test::HttpClient::tcp(port_);
  const auto reply = client.post("/tools/invoke", body, headers);
  REQUIRE(reply.has_value());
  return *reply;
}

json::object Installation::invoke(std::string_view tool, const json::object& args,
                                  const test::HttpHeaders& headers) const {
  const test::HttpReply http =
      post(json::canonical(json::object{{"tool", tool}, {"args", args}}), headers);
  const json::value body = test::parse_json(http.body);
  if (const json::value* error = json::find(body, "error")) {
    return {
        {"httpStatus", http.status}, {"code", error->at("code")}, {"error", error->at("message")}};
  }
  CHECK(http.status == 200);
  return body.at("result").at("details").as_object();
}

std::string Installation::agent(const std::string& id, const std::string& type) const {
  const json::object reply = invoke("ansible_register_agent", {{"agent_id", id}, {"type", type}});
  INFO(json::canonical(reply));
  REQUIRE(reply.contains("agent_token"));
  return text_of(reply, "agent_token");
}

}  // namespace e2e
