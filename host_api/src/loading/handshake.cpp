#include "loading/handshake.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/json.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

// Every field of 1.0 is required; what a later minor appends is not.
constexpr std::uint32_t kSizeOf1_0 = offsetof(gw_plugin, query) + sizeof(gw_plugin::query);
// Enough to tell which ABI the table is from.
constexpr std::uint32_t kSizeOfVersions =
    offsetof(gw_plugin, min_host_minor) + sizeof(gw_plugin::min_host_minor);

Error bad_table(std::string message) { return {"bad_table", std::move(message)}; }

Result<void> check_versions(const gw_plugin& p) {
  if (p.abi_major != GW_ABI_MAJOR) {
    return Error{
        "abi_mismatch",
        fmt::format("the plugin was built against ABI {}.{}, this gateway offers {}.{}\n"
                    "  expected major {}, got {}\n"
                    "  rebuild the plugin with this gateway's plugin_abi.h, or use the gateway it "
                    "was built for",
                    p.abi_major, p.abi_minor, GW_ABI_MAJOR, GW_ABI_MINOR, GW_ABI_MAJOR,
                    p.abi_major)};
  }
  if (p.min_host_minor > GW_ABI_MINOR) {
    return Error{"abi_mismatch",
                 fmt::format("the plugin needs a gateway with ABI {}.{} or newer\n"
                             "  expected at most {}.{}, got {}.{}\n"
                             "  upgrade the gateway first, or use a plugin for ABI {}.{}",
                             GW_ABI_MAJOR, p.min_host_minor, GW_ABI_MAJOR, GW_ABI_MINOR,
                             GW_ABI_MAJOR, p.min_host_minor, GW_ABI_MAJOR, GW_ABI_MINOR)};
  }
  return {};
}

Result<void> check_hooks(const gw_plugin& p) {
  const struct {
    const char* name;
    bool present;
  } hooks[] = {
      {"create", p.create != nullptr}, {"destroy", p.destroy != nullptr},
      {"start", p.start != nullptr},   {"stop", p.stop != nullptr},
      {"call", p.call != nullptr},     {"sweep", p.sweep != nullptr},
      {"health", p.health != nullptr}, {"self_test", p.self_test != nullptr},
      {"query", p.query != nullptr},
  };
  std::string missing;
  for (const auto& hook : hooks) {
    if (hook.present) continue;
    if (!missing.empty()) missing += ", ";
    missing += hook.name;
  }
  if (missing.empty()) return {};
  return bad_table(
      fmt::format("the plugin's table lacks required hooks: {} (NULL)\n"
                  "  only migrate may be NULL; set the others in the plugin's gw_plugin table",
                  missing));
}

// A text that goes into file names, log lines and JSON.
Result<void> check_label(const char* name, gw_bytes bytes) {
  constexpr std::uint64_t kMaxLabel = 100;
  const std::string expected =
      fmt::format("1 to {} printable ASCII characters without blanks and slashes", kMaxLabel);
  if (bytes.ptr == nullptr || bytes.len == 0 || bytes.len > kMaxLabel) {
    return bad_table(fmt::format("the plugin's {} has {} bytes\n  expected {}", name,
                                 bytes.ptr == nullptr ? 0 : bytes.len, expected));
  }
  const std::string_view text = view_of(bytes);
  const bool fine =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f && c != '/'; });
  if (!fine) {
    return bad_table(
        fmt::format("the plugin's {} is \"{}\"\n  expected {}", name, printable(text), expected));
  }
  return {};
}

Result<void> check_texts(const gw_plugin& p) {
  const struct {
    const char* name;
    gw_bytes bytes;
  } labels[] = {{"id", p.id}, {"version", p.version}, {"build_id", p.build_id}};
  for (const auto& label : labels) {
    if (auto checked = check_label(label.name, label.bytes); !checked.ok()) return checked;
  }
  if (p.manifest_json.ptr == nullptr || p.manifest_json.len == 0) {
    return Error{"bad_manifest",
                 "the plugin has no manifest\n"
                 "  expected a JSON object in gw_plugin.manifest_json, got nothing"};
  }
  return {};
}

Result<void> check_data_formats(const gw_plugin& p) {
  const bool ordered = p.data_format_read_min <= p.data_format_read_max;
  const bool reads_own = p.data_format_read_min <= p.data_format_write &&
                         p.data_format_write <= p.data_format_read_max;
  if (ordered && reads_own) return {};
  return bad_table(
      fmt::format("the plugin reads data formats {} to {} and writes {}\n"
                  "  expected a range that holds the format it writes",
                  p.data_format_read_min, p.data_format_read_max, p.data_format_write));
}

}  // namespace

Error no_table() {
  return {"no_table", fmt::format("the plugin's entry returned no table (NULL) for host ABI {}.{}\n"
                                  "  it must return its table whenever it knows major {}; fix {}",
                                  GW_ABI_MAJOR, GW_ABI_MINOR, GW_ABI_MAJOR, GW_PLUGIN_ENTRY)};
}

Result<gw_plugin> shake_hands(const gw_plugin* table) {
  if (table == nullptr) return no_table();
  const std::uint32_t size = table->size;
  gw_plugin copy{};
  std::memcpy(&copy, table, std::min<std::size_t>(size, sizeof copy));
  if (size >= kSizeOfVersions) {
    if (auto checked = check_versions(copy); !checked.ok()) return checked.error();
  }
  if (size < kSizeOf1_0) {
    return bad_table(
        fmt::format("the plugin's table is too short: {} bytes\n"
                    "  expected at least {} (ABI {}.0), got {}; set size = sizeof(gw_plugin)",
                    size, kSizeOf1_0, GW_ABI_MAJOR, size));
  }
  for (auto check : {check_hooks, check_texts, check_data_formats}) {
    if (auto checked = check(copy); !checked.ok()) return checked.error();
  }
  return copy;
}

}  // namespace gateway
