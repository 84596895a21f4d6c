// What the fault tests have in common: the gateway's configuration, numbers from the environment, what they complain of.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <vector>

#include "support/gateway_process.hpp"

namespace test {

constexpr int kClients = 8;

inline std::string agent_name(int client) { return "worker-" + std::to_string(client); }

// A node with an agent per client, and a watcher that does not wait long.
inline GatewayOptions drill_options(const std::string& library) {
  GatewayOptions options;
  options.binary = OPENCLAWD;
  options.library = library;
  options.plugins_extra = R"("watch":{"everyMs":200,"quietMs":40})";
  options.plugin_config =
      R"({"tier":"backbone","nodeIdOverride":"drill","adminAgentId":"architect",)"
      R"("injectContextAgents":["architect")";
  for (int client = 0; client < kClients; ++client) {
    options.plugin_config += ",\"" + agent_name(client) + "\"";
  }
  options.plugin_config += "]}";
  options.log_level = "info";
  return options;
}

// A number of the environment: how long a drill is, or its seed.
inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr || *text == '\0' ? otherwise : std::strtoull(text, nullptr, 10);
}

inline std::string text_at(const base::json::value& object, std::string_view key) {
  const auto* member = base::json::find(object, key);
  if (member == nullptr || !member->is_string()) return {};
  return std::string(member->get_string().data(), member->get_string().size());
}

inline std::int64_t number_at(const base::json::value& object, std::string_view key) {
  const auto* member = base::json::find(object, key);
  return member != nullptr && member->is_int64() ? member->get_int64() : 0;
}

// What went wrong on any thread. The first few are kept in words.
class Complaints {
 public:
  void add(const std::string& text) {
    const std::lock_guard lock(mutex_);
    ++count_;
    if (texts_.size() < 10) texts_.push_back(text);
  }
  int count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    std::string out;
    for (const std::string& line : texts_) out += line + "\n";
    return out;
  }

 private:
  mutable std::mutex mutex_;
  int count_ = 0;
  std::vector<std::string> texts_;
};

// The slot's row of `plugins list --json`.
inline base::json::value slot_row(const Gateway& gateway) {
  const auto [status, body] = gateway.host("plugins/list");
  REQUIRE(status == 200);
  return body.at("result").at("plugins").as_array().at(0);
}

// Which version answers calls.
inline std::string serving(const Gateway& gateway) {
  return text_at(gateway.invoke("ansible_status").details.at("plugin"), "version");
}

}  // namespace test
