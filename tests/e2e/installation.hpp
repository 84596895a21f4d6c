// The product as people have it: the programs on PATH, a configuration, and a gateway that the CLI
// starts.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/gateway_process.hpp"
#include "support/process.hpp"

namespace e2e {

namespace json = base::json;

struct Options {
  std::string library = ANSIBLE_PLUGIN;
  // Members of the plugin's configuration beside tier, node id and admin.
  std::string plugin_config =
      R"("slaSweep":{"enabled":true,"everySeconds":300,"recordOnly":true,"maxMessagesPerSweep":3,
                     "fyiAgents":["architect"]})";
  std::string plugins_extra{};  // more members of "plugins"
  std::string plugin_extra{};   // more members of the plugin's entry
};

// A state directory and a port of its own. The destructor ends whatever gateway was started on it.
class Installation {
 public:
  explicit Installation(Options options = {});
  ~Installation();
  Installation(const Installation&) = delete;
  Installation& operator=(const Installation&) = delete;

  // Runs a line as a shell does, with the programs on PATH.
  test::RunResult shell(const std::string& line,
                        const std::map<std::string, std::string>& env = {}) const;

  // The same, checked: the exit status is 0 and the output has `text`. Returns the output.
  std::string ok(const std::string& line, std::string_view text = "") const;

  // The exit status must be `status`, and the message on stderr must have `text`.
  void refused(const std::string& line, int status, std::string_view text) const;

  // Runs "<line> --json": the exit status is `status`, and whatever it is, there is one JSON document
  // on stdout and nothing on stderr.
  json::value document(const std::string& line, int status = 0) const;

  void start() const { ok("openclaw gateway start", "gateway is up"); }

  std::uint16_t port() const { return port_; }
  std::string config_file() const { return dir_ / "openclaw.json"; }
  std::string state_dir() const { return dir_ / "state"; }
  std::string file(const std::string& name) const { return dir_ / name; }

  // One request to /tools/invoke.
  static test::HttpHeaders bearer(const std::string& token) {
    return {{"Authorization", "Bearer " + token}};
  }
  test::HttpHeaders operator_bearer() const { return bearer(kToken); }
  test::HttpReply post(const std::string& body, const test::HttpHeaders& headers) const;
  // The tool's reply; a transport failure as {"httpStatus", "code", "error"}.
  json::object invoke(std::string_view tool, const json::object& args,
                      const test::HttpHeaders& headers) const;
  json::object invoke(std::string_view tool, const json::object& args) const {
    return invoke(tool, args, operator_bearer());
  }

  // Registers an agent as the operator; returns its token.
  std::string agent(const std::string& id, const std::string& type = "internal") const;

  static constexpr const char* kToken = "gw_e2e_0123456789abcdef";

 private:
  test::TempDir dir_;
  std::uint16_t port_;
};

std::string text_of(const json::value& object, std::string_view name);  // "" when it is no text

}  // namespace e2e
