#include "dispatch/stream.hpp"

#include <algorithm>
#include <array>

#include "dispatch/inbox_stream.hpp"
#include "tasks/audit_sweep.hpp"

namespace ansible {

std::span<const Stream> all_streams() {
  static const std::array streams = {inbox_stream(), audit_stream()};
  return streams;
}

const Stream* find_stream(std::string_view name) {
  const auto streams = all_streams();
  const auto at = std::find_if(streams.begin(), streams.end(),
                               [&](const Stream& stream) { return stream.name == name; });
  return at == streams.end() ? nullptr : &*at;
}

}  // namespace ansible
