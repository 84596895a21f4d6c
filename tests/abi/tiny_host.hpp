// The least host that is correct, written from plugin_abi.h alone: one transaction at a time on a
// std::map. It shows that the header suffices, and lets a plugin be tested without the host
// library.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "gateway/plugin_abi.h"

namespace tiny {

inline gw_bytes bytes(std::string_view text) {
  static const char nothing = 0;
  return {text.data() != nullptr ? text.data() : &nothing, text.size()};
}
inline std::string text(gw_bytes bytes) {
  return bytes.ptr == nullptr ? std::string()
                              : std::string(static_cast<const char*>(bytes.ptr), bytes.len);
}

using Rows = std::map<std::string, std::string, std::less<>>;

struct Reply {
  gw_status status = GW_INTERNAL;
  std::string body;  // of the last step
  std::uint32_t steps = 0;
};

// Thread rule: one thread.
class Host {
 public:
  const gw_host& table() const { return host_; }
  const Rows& rows() const { return rows_; }
  void set(const std::string& key, const std::string& value) { rows_[key] = value; }

  // All steps of one request. A dry run leaves no row behind.
  Reply call(const gw_plugin& plugin, const gw_instance* instance, std::string_view tool,
             std::string_view args, std::uint32_t flags = 0);
  Reply sweep(const gw_plugin& plugin, const gw_instance* instance, std::string_view name);
  Reply self_test(const gw_plugin& plugin, gw_instance* instance);

 private:
  template <typename Hook>
  Reply run(std::uint32_t flags, Hook hook);

  gw_host host_{sizeof(gw_host),
                GW_ABI_MAJOR,
                GW_ABI_MINOR,
                0,
                512,
                std::uint64_t{1} << 20,
                std::uint64_t{4} << 20,
                std::uint64_t{4} << 20,
                nullptr,
                [](void*, gw_bytes) -> const void* { return nullptr; }};
  Rows rows_;
  std::int64_t now_ms_ = 1'700'000'000'000;
  std::uint64_t requests_ = 0;
};

// A sink that appends to a string.
gw_sink sink_into(std::string& out);

}  // namespace tiny
