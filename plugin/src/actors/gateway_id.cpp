#include "actors/gateway_id.hpp"

#include "core/text.hpp"

namespace ansible {

std::string canonical_gateway(std::string_view id) {
  constexpr std::string_view kSuffix = "-host";
  std::string out;
  for (const char c : lower_ascii(id)) {
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (kept) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (!out.empty() && out.back() == '-') out.pop_back();
  if (out.ends_with(kSuffix)) out.resize(out.size() - kSuffix.size());
  return out;
}

}  // namespace ansible
