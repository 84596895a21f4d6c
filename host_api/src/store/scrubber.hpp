// Finds damage in the store before somebody needs what is damaged.
#pragma once

#include <string>

#include "gateway/engine.hpp"
#include "gateway/log.hpp"

namespace gateway {

// Walks over all rows, a few in each step, so that the engine verifies them: a damaged key, which a read takes for an
// absent one, is found only so. What is damaged is logged as an error, once; the walk begins again then.
// Thread rule: one thread at a time.
class Scrubber {
 public:
  Scrubber(Engine& engine, LogSink log);

  // Verifies the next rows; behind the last one the walk begins again.
  void step();

 private:
  void tell(const StoreError& damage);

  Engine& engine_;
  LogSink log_;
  std::string next_;  // key
  std::string told_;  // the damage that was logged last
};

}  // namespace gateway
