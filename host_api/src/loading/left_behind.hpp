// What a thread that was left behind inside a hook may come back to.
#pragma once

#include <memory>

namespace gateway {

// Keeps it until the process ends. Thread rule: any.
void keep_for_ever(std::shared_ptr<const void> what);

}  // namespace gateway
