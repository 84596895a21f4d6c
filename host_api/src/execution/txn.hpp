// What stands behind the opaque gw_txn: the state of one running hook.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "execution/crypto.hpp"
#include "execution/transition.hpp"
#include "execution/view.hpp"
#include "gateway/plugin_abi.h"

// Lives on the stack of run_step(). Every function of the tables goes through guarded() or fail(),
// so that the first failure sticks and no exception crosses the boundary.
// Thread rule: the hook's thread.
struct gw_txn {
  gw_txn(gateway::View& call_view, const gateway::StepInput& call_input)
      : view(call_view), input(call_input), started(std::chrono::steady_clock::now()) {}

  gateway::View& view;
  const gateway::StepInput& input;
  std::chrono::steady_clock::time_point started;
  bool visiting = false;  // inside the visit function of a scan
  std::uint32_t yields_denied = 0;
  bool yielded = false;
  gw_status sticky = GW_OK;
  std::string sticky_text;
  std::string last_error;
  std::string body;
  std::vector<gateway::LogLine> logs;
  std::map<std::string, double> metrics;
  std::map<std::string, gateway::crypto::RandomStream, std::less<>> streams;

  // Notes a failure; the first one decides how the step ends.
  gw_status fail(gw_status status, std::string text);
  bool cancelled() const {
    return (input.cancelled != nullptr && input.cancelled->load(std::memory_order_relaxed)) ||
           (input.cut != nullptr && input.cut->load(std::memory_order_relaxed));
  }
  bool should_yield();
};

namespace gateway {

inline std::string_view text_of(gw_bytes bytes) {
  return {static_cast<const char*>(bytes.ptr), static_cast<std::size_t>(bytes.len)};
}

// Present even when empty: an empty std::string has a non-null data().
inline gw_bytes bytes_of(std::string_view text) { return {text.data(), text.size()}; }
inline gw_bytes absent_if_empty(std::string_view text) {
  return text.empty() ? gw_bytes{nullptr, 0} : bytes_of(text);
}

// Runs the body of a table's function; what it throws (out of memory) becomes a failure of the
// step.
template <class Body>
gw_status guarded(gw_txn* txn, Body body) noexcept {
  if (txn == nullptr) return GW_MISUSE;
  try {
    return body();
  } catch (const std::exception& error) {
    txn->sticky = txn->sticky == GW_OK ? GW_UNAVAILABLE : txn->sticky;
    try {
      txn->fail(GW_UNAVAILABLE, std::string("the host failed: ") + error.what());
    } catch (...) {  // not even memory for the text; the status has stuck
    }
    return GW_UNAVAILABLE;
  }
}

const gw_store& store_table();
const gw_services& services_table();

}  // namespace gateway
