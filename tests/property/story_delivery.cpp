// What the story does with deliveries: sinks, the host's outbox, fetching, dead letters; and dumps, which must not tell
// what is secret.
#include "property/story.hpp"

namespace property {

Step Story::set_sink() {
  const std::string id = agent();
  if (chance(25)) return tool("remove_agent_sink", {{"agent_id", id}});
  json::object args{{"agent_id", id}};
  if (chance(70)) args["url"] = "http://127.0.0.1:9/hook";
  if (chance(30)) args["from_agent"] = chance(60) ? id : agent();
  return tool("set_agent_sink", std::move(args));
}

// The host asks what is due, and tells how a delivery that it was given has ended.
Step Story::drain_outbox() {
  if (deliveries_.empty() || chance(40)) {
    return {.kind = gateway::Request::Kind::kOutboxNext, .name = "", .caller = GW_CALLER_HOST};
  }
  const std::uint32_t outcome = chance(60)   ? GW_DELIVERED
                                : chance(70) ? GW_RETRY_LATER
                                             : GW_GIVE_UP;
  return {.kind = gateway::Request::Kind::kOutboxSettle,
          .name = one_of(deliveries_),
          .caller = GW_CALLER_HOST,
          .outcome = outcome,
          .detail = outcome == GW_DELIVERED ? "" : "HTTP 500"};
}

Step Story::fetch() {
  json::object args{{"agent", agent()}};
  if (chance(50)) return tool("poll_inbox", std::move(args));
  if (!events_.empty() && chance(70)) {
    const std::string& event = one_of(events_);
    const std::size_t begin = event.find('/') + 1;
    args["agent"] = event.substr(begin, event.find('/', begin) - begin);
    args["upTo"] = event;
  }
  return tool("ack_inbox", std::move(args));
}

Step Story::dead_letters() {
  if (letters_.empty() || chance(40)) return tool("list_dead_letters", {});
  json::object args{{"id", one_of(letters_)}};
  if (chance(30)) args["from_agent"] = agent();
  return tool(chance(60) ? "replay_dead_letter" : "discard_dead_letter", std::move(args));
}

Step Story::look() {
  static const std::vector<std::string> kTools = {"dump_state",
                                                  "dump_messages",
                                                  "dump_tasks",
                                                  "list_agents",
                                                  "audit_log",
                                                  "list_agent_sinks",
                                                  "status",
                                                  "get_coordination",
                                                  "list_capabilities",
                                                  "capability_health_summary",
                                                  "list_agent_invites"};
  return tool(one_of(kTools), {});
}

}  // namespace property
