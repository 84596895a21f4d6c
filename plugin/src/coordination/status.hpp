// What people and scripts see of the mesh: the replies of ansible_status and ansible_get_coordination.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// {myId, nodes[], pendingTasks[] (at most 50), pendingTotal, unreadMessages (of `agent`), staleAfterSeconds, sla, plugin};
// a node is {id, status, reachable, lastSeen?, ageSeconds?, stale?, currentFocus?, skills[]}
json::object status_view(Context& context, std::string_view agent,
                         std::int64_t stale_after_seconds);

// {myId, effectiveAdminAgentId, coordinator?, ..., retention..., delegationPolicy...?, backpressure..., gatewayAdmins,
// preferences, myPreference}
json::object coordination_view(Context& context);

}  // namespace ansible
