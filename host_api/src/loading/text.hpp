// Foreign bytes in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/plugin_abi.h"

namespace gateway {

inline std::string_view view_of(gw_bytes bytes) {
  return bytes.ptr == nullptr ? std::string_view()
                              : std::string_view(static_cast<const char*>(bytes.ptr), bytes.len);
}

// `text` fit for a message: control characters and bytes that are not ASCII become '?', over `max`
// bytes its end is cut off. Line breaks stay when `lines` is true.
inline std::string printable(std::string_view text, std::size_t max = 200, bool lines = false) {
  std::string out;
  for (const char c : text.substr(0, max)) {
    const bool plain = (c >= ' ' && c < 0x7f) || (lines && c == '\n');
    out += plain ? c : '?';
  }
  if (text.size() > max) out += "...";
  return out;
}

}  // namespace gateway
