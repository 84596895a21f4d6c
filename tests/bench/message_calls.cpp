// Messages, and how they are delivered.
#include "bench/tool_calls.hpp"

namespace bench {
namespace {

json::object nothing(Mesh&) { return {}; }

json::object as_worker(json::object args = {}) {
  args["agent"] = kWorker;
  return args;
}

// An event that waits for the fetcher, as it is acknowledged.
json::object newest_event(Mesh& mesh) {
  mesh.gateway().tool("ansible_send_message",
                      {{"content", "hello"}, {"to", kFetcher}, {"notify_on_send", false}});
  return {{"agent", kFetcher}};
}

constexpr ToolCall kCalls[] = {
    {"send_message", "",
     [](Mesh&) {
       return json::object{{"content", "hello"}, {"to", kWorker}};
     }},
    {"send_message", "to everybody",
     [](Mesh&) {
       return json::object{{"content", "hello"}};
     }},
    {"read_messages", "", [](Mesh&) { return as_worker(); }},
    {"read_messages", "all",
     [](Mesh&) {
       return as_worker({{"all", true}});
     }},
    {"mark_read", "one",
     [](Mesh& mesh) {
       return as_worker({{"messageIds", json::array{mesh.message()}}});
     }},
    {"mark_read", "",
     [](Mesh& mesh) {
       mesh.message();
       return as_worker();
     }},
    {"dump_messages", "", nothing, true},
    {"delete_messages", "",
     [](Mesh& mesh) {
       return json::object{{"messageIds", json::array{mesh.message()}},
                           {"confirm", "DELETE_MESSAGES"},
                           {"reason", "to see what it costs"},
                           {"agent_token", mesh.admin_token()}};
     }},
    {"set_agent_sink", "",
     [](Mesh& mesh) {
       return json::object{{"agent_id", mesh.agent()}, {"url", "http://127.0.0.1:9/"}};
     }},
    {"remove_agent_sink", "",
     [](Mesh& mesh) {
       return json::object{{"agent_id", mesh.sink()}};
     }},
    {"list_agent_sinks", "own",
     [](Mesh&) {
       return json::object{{"from_agent", kFetcher}};
     }},
    {"poll_inbox", "",
     [](Mesh&) {
       return json::object{{"agent", kFetcher}, {"limit", 1}};
     }},
    {"ack_inbox", "", newest_event},
    {"list_dead_letters", "",
     [](Mesh& mesh) {
       mesh.dead_letter();
       return json::object{{"limit", 1}};
     }},
    {"replay_dead_letter", "",
     [](Mesh& mesh) {
       return json::object{{"id", mesh.dead_letter()}};
     }},
    {"discard_dead_letter", "",
     [](Mesh& mesh) {
       return json::object{{"id", mesh.dead_letter()}};
     }},
};

}  // namespace

std::span<const ToolCall> message_calls() { return kCalls; }

}  // namespace bench
