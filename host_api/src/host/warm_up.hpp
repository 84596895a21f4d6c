// The first call of a freshly loaded instance, on a transaction that is dropped.
#pragma once

#include <cstdint>
#include <memory>

#include "gateway/engine.hpp"
#include "gateway/error.hpp"
#include "gateway/instance.hpp"
#include "gateway/node.hpp"
#include "host/bounded_run.hpp"

namespace gateway {

// Runs the first read-only tool that needs no arguments, else the first sweep, on the real data,
// and drops what it wrote: pages are touched, and a build that cannot work on this store is refused
// before anybody depends on it. Nothing to run is fine. A refusal by the plugin is an answer.
// Gives the instance back when it works. One that does not return within `bounds` is refused, and kept for ever.
// Errors: warm_up_failed, storage.
// Thread rule: the control thread.
Result<std::unique_ptr<Instance>> warm_up(std::unique_ptr<Instance> instance, Engine& engine,
                                          const NodeState& node, std::int64_t now_ms,
                                          const RunBounds& bounds);

}  // namespace gateway
