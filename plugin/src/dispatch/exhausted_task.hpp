// A task that reached none of its assignees.
#pragma once

#include <string>

#include "core/context.hpp"
#include "records/delivery.hpp"

namespace ansible {

// Fails a pending task (`failed_terminal`, code `dispatch:max_delivery_attempts_exceeded:<n>`) once delivery was given up
// for every one of its assignees, and tells its creator: nobody can be expected to claim it any more. An assignee
// without a sink looks for its tasks itself, so the task waits for it.
void fail_if_exhausted(Context& context, const std::string& task_id, const DeliveryRecord& last);

}  // namespace ansible
