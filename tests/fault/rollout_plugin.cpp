// The real plugin with a defect that only a rollout asks for: nobody else's calls show it.
#include <string>
#include <string_view>

#include "gateway/plugin_abi.h"

extern "C" const gw_plugin* real_plugin_entry(std::uint32_t host_major, std::uint32_t host_minor);

namespace {

const gw_plugin& real() { return *real_plugin_entry(GW_ABI_MAJOR, GW_ABI_MINOR); }

gw_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }
std::string text(gw_bytes b) { return {static_cast<const char*>(b.ptr), b.len}; }

#if defined(WRONG_CONTRACT)
constexpr std::string_view kTool =
    "ansible_sla_sweep_contract";  // sweeps as if nothing were recorded
constexpr std::string_view kRight = R"("dryRun":false)";
constexpr std::string_view kWrong = R"("dryRun":true)";
#elif defined(REFUSES_PUBLISH)
constexpr std::string_view kTool = "ansible_capability_publish";
constexpr std::string_view kRight = R"("ownerAgentId":"rollout-owner")";
constexpr std::string_view kWrong = R"("ownerAgentId":"nobody-there")";
#endif

gw_status call_tool(const gw_instance* instance, const gw_call* call, gw_bytes tool, gw_bytes args,
                    const gw_sink* sink) noexcept {
  std::string request = text(args);
  const auto at = text(tool) == kTool ? request.find(kRight) : std::string::npos;
  if (at != std::string::npos) request.replace(at, kRight.size(), kWrong);
  return real().call(instance, call, tool, bytes(request), sink);
}

}  // namespace

extern "C" GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(std::uint32_t, std::uint32_t) {
  static const gw_plugin table = [] {
    gw_plugin made = real();
    made.version = bytes(VERSION);
    made.build_id = bytes("patched-" VERSION);
    made.call = call_tool;
    return made;
  }();
  return &table;
}
