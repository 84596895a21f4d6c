// The stream `inbox`: messages and tasks on their way to agents that have a sink (MSG-4, reference 5.2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dispatch/stream.hpp"
#include "records/message.hpp"
#include "records/sink.hpp"
#include "records/task.hpp"

namespace ansible {

inline constexpr std::string_view kInboxStream = "inbox";

const Stream& inbox_stream();

// Queues a message for those of its recipients that have a sink; a broadcast for every sink but the sender's. Nothing
// for messages that do not count as unread (MSG-3). Costs one read per recipient without a sink.
void offer_message(Context& context, const Message& message);

// Queues a pending task for those of its assignees that have a sink, but never for its creator, and no distribution
// (`skill_distribution`); one that rests before a retry is queued by the sweep `leases` when that is due.
void offer_task(Context& context, const Task& task);

// Queues what `agent` has not read and what is pending for it, oldest first, messages before tasks, at most 1,000 of
// each. Returns how many wait now.
std::size_t offer_backlog(Context& context, const AgentSink& sink);

// Queues a record (a key of a message or task) for the sink, at the gateway that has it.
void queue_record(Context& context, const AgentSink& sink, const std::string& record,
                  std::uint8_t urgency);

// What the agent gets: {id, type, agent, conversationId?, message | task}; nothing when it is pointless by now: read,
// gone, claimed, closed.
std::optional<json::object> event_of(Context& context, const Waiting& waiting);

}  // namespace ansible
