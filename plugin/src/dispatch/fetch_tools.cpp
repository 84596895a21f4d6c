// ansible_poll_inbox, ansible_ack_inbox: how an agent without a webhook gets its deliveries.
#include <array>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/keys.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/outbox.hpp"
#include "dispatch/outbox_queue.hpp"
#include "dispatch/sink_store.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kAcknowledged = 1'000;  // per call
constexpr std::int64_t kDefaultLimit = 20;
constexpr std::size_t kMostBytes = 1u << 20;  // of events; a reply may have 4 MiB

constexpr Param kAgent = acting_agent("agent");
constexpr std::array<Param, 4> kPollParams = {{
    {.name = "after",
     .type = kString,
     .description = "Id of an event: only those that arrived after it",
     .max_length = 400},
    {.name = "limit",
     .type = kInteger,
     .description = "At most so many (20)",
     .min = 1,
     .max = 100},
    kAgent,
    kAgentToken,
}};
constexpr std::array<Param, 3> kAckParams = {{
    {.name = "upTo",
     .type = kString,
     .description = "Id of an event: it and all before it have arrived; none: only open the inbox",
     .max_length = 400},
    kAgent,
    kAgentToken,
}};

// The number in an event's id, which must be one of this agent's; 0 without an id.
Result<std::uint64_t> number_in(const Args& args, std::string_view name, std::string_view agent) {
  const std::string id = args.text_or(name, "");
  if (id.empty()) return std::uint64_t{0};
  const std::string prefix = std::string(kInboxStream) + '/' + key::part(agent) + '/';
  const std::uint64_t number = id.starts_with(prefix) ? number_of(id) : 0;
  if (number > 0) return number;
  const std::string expected = "the id of an event of '" + std::string(agent) + "'";
  const std::string got = brief(json::value(id));
  return Error{code::kInvalidArgument,
               std::string(name) + ": expected " + expected + ", got " + got,
               {{"pointer", '/' + std::string(name)}, {"expected", expected}, {"got", got}}};
}

// What waits after `number` and is not pointless, as far as a reply holds it.
json::array events_after(Context& context, const std::string& agent, std::uint64_t number,
                         std::size_t limit) {
  json::array events;
  std::size_t bytes = 0;
  for (;;) {
    const auto page = waiting_after(context.txn, kInboxStream, agent, number, limit);
    for (const Waiting& waiting : page) {
      if (events.size() == limit || bytes >= kMostBytes) return events;
      number = waiting.number();
      auto event = event_of(context, waiting);
      if (!event) continue;
      bytes += json::canonical(*event).size();
      events.emplace_back(std::move(*event));
    }
    if (page.size() < limit) return events;
  }
}

ToolResult poll(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  const auto after = number_in(args, "after", actor->id);
  if (!after.ok()) return after.error();
  const auto limit = static_cast<std::size_t>(args.integer("limit").value_or(kDefaultLimit));
  json::array events = events_after(context, actor->id, *after, limit);
  const std::size_t total = events.size();
  return json::object{{"agent", actor->id}, {"events", std::move(events)}, {"total", total}};
}

// The agent fetches from now on, unless it has a webhook.
void open_inbox(Context& context, const std::string& agent) {
  if (load_sink(context.txn, agent)) return;
  const AgentSink sink{agent, std::nullopt, context.node_id(), context.now_ms, agent};
  save_sink(context, sink, std::nullopt);
  offer_backlog(context, sink);
}

ToolResult ack(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  if (!load_agent(context.txn, actor->id)) {
    return Error{code::kNotFound, "'" + actor->id + "' is no registered agent"};
  }
  const auto up_to = number_in(args, "upTo", actor->id);
  if (!up_to.ok()) return up_to.error();
  std::int64_t acknowledged = 0;
  if (*up_to > 0) {
    for (const Waiting& waiting :
         waiting_after(context.txn, kInboxStream, actor->id, 0, kAcknowledged)) {
      if (waiting.number() > *up_to) break;
      settle_delivery(context, waiting.id, DeliveryOutcome::kDelivered, "");
      ++acknowledged;
    }
  }
  open_inbox(context, actor->id);
  return json::object{{"success", true},
                      {"agent", actor->id},
                      {"acknowledged", acknowledged},
                      {"message", "Acknowledged " + std::to_string(acknowledged) +
                                      " event(s) of '" + actor->id + "'"}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_poll_inbox",
     .description = "Fetch what waits for an agent, oldest first; it waits on until acknowledged",
     .params = kPollParams,
     .handler = poll,
     .read_only = true},
    {.name = "ansible_ack_inbox",
     .description = "Open an agent's inbox for fetching, and acknowledge what has arrived",
     .params = kAckParams,
     .handler = ack},
};

}  // namespace

std::span<const Tool> fetch_tools() { return kTools; }

}  // namespace ansible
