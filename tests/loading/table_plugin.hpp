// A plugin's table linked into the test program: for what needs no library file.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "gateway/instance.hpp"

namespace test {

inline constexpr std::string_view kManifest = R"({
  "tools": [{"name": "look", "description": "Looks", "readOnly": true,
             "parameters": {"type": "object"}}],
  "sweeps": [{"name": "tidy", "everySeconds": 30, "scope": "coordinator"}]})";

// Instances of the table that exist now.
inline std::atomic<int> living{0};

inline gw_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }

inline gw_status tell(const gw_sink* sink, std::string_view text) {
  return sink->write(sink->ctx, bytes(text));
}

// A table whose every hook works; tests spoil one field each.
inline gw_plugin good_table(std::string_view version = "1.0.0") {
  gw_plugin p{};
  p.size = sizeof p;
  p.abi_major = GW_ABI_MAJOR;
  p.abi_minor = GW_ABI_MINOR;
  p.data_format_read_min = 1;
  p.data_format_read_max = 2;
  p.data_format_write = 2;
  p.id = bytes("table");
  p.version = bytes(version);
  p.build_id = bytes("b1");
  p.manifest_json = bytes(kManifest);
  p.create = [](const gw_host*, gw_bytes, gw_instance** instance, const gw_sink*) {
    ++living;
    *instance = reinterpret_cast<gw_instance*>(new int(7));
    return GW_OK;
  };
  p.destroy = [](gw_instance* instance) {
    --living;
    delete reinterpret_cast<int*>(instance);
  };
  p.start = p.stop =
      p.self_test = [](gw_instance*, const gw_call*, const gw_sink*) { return GW_OK; };
  p.call = p.sweep = [](const gw_instance*, const gw_call*, gw_bytes, gw_bytes,
                        const gw_sink* reply) { return tell(reply, "{}"); };
  p.health = [](const gw_instance*, const gw_sink* report) {
    return tell(report, R"({"status":"ok"})");
  };
  p.query = [](gw_bytes) -> const void* { return nullptr; };
  return p;
}

inline gateway::Result<std::unique_ptr<gateway::Instance>> make(const gw_plugin& table,
                                                                std::string* report = nullptr) {
  return gateway::Instance::create(&table, {}, "{}", nullptr, report);
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace test
