// The first call of a freshly loaded instance, on a transaction that is dropped.
#pragma once

#include <cstdint>

#include "gateway/engine.hpp"
#include "gateway/error.hpp"
#include "gateway/instance.hpp"
#include "gateway/node.hpp"

namespace gateway {

// Runs the first read-only tool that needs no arguments, else the first sweep, on the real data,
// and drops what it wrote: pages are touched, and a build that cannot work on this store is refused
// before anybody depends on it. Nothing to run is fine. A refusal by the plugin is an answer.
// Errors: warm_up_failed, storage.
// Thread rule: the control thread.
Result<void> warm_up(const Instance& instance, Engine& engine, const NodeState& node,
                     std::int64_t now_ms);

}  // namespace gateway
