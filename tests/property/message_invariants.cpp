// Messages and inboxes; agents and their tokens.
#include <map>
#include <set>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "property/invariants.hpp"
#include "records/message.hpp"

namespace property {
namespace {

using ansible::int_field;
using ansible::text_field;
namespace key = ansible::key;

// Every row of an index belongs to a message that wants it, and every message has its rows.
void check_message_indexes(const Mirror& mirror, Problems& problems) {
  std::set<std::string> wanted;
  mirror.each("message/", [&](const std::string& at, const Row& row) {
    const auto message = ansible::message_from_json(row.document.as_object());
    if (key::message(message.id) != at) problems.push_back(at + " holds " + message.id);
    wanted.insert(key::message_time(message.timestamp, message.id));
    if (message.to_agents.empty()) {
      wanted.insert(key::broadcast(message.timestamp, message.id));
    }
    for (const std::string& agent : message.to_agents) {
      wanted.insert(key::inbox(agent, message.timestamp, message.id));
    }
    if (!message.to_agents.empty()) {
      wanted.insert(key::inbox(message.from_agent, message.timestamp, message.id));
    }
  });
  for (const std::string_view prefix : {"message-time/", "broadcast/", "inbox/"}) {
    mirror.each(prefix, [&](const std::string& at, const Row&) {
      if (wanted.erase(at) == 0) problems.push_back("stray index entry " + at);
    });
  }
  for (const std::string& missing : wanted) problems.push_back("missing index entry " + missing);
}

void check_unread_counts(const Mirror& mirror, Problems& problems) {
  std::map<std::string, std::int64_t> unread;
  mirror.each("inbox/", [&](const std::string& at, const Row& row) {
    if (row.text == "unread") ++unread[key::inbox_state(key::nth_part(at, 1))];
  });
  mirror.each("inbox-state/", [&](const std::string& at, const Row& row) {
    const std::int64_t counted = int_field(row.document.as_object(), "unread").value_or(0);
    if (counted != unread[at]) {
      problems.push_back(at + " says " + std::to_string(counted) + ", a recount gives " +
                         std::to_string(unread[at]));
    }
    unread.erase(at);
  });
  for (const auto& [at, count] : unread) {
    if (count != 0) problems.push_back("missing " + at);
  }
}

}  // namespace

void check_messages(const Mirror& mirror, Problems& problems) {
  check_message_indexes(mirror, problems);
  check_unread_counts(mirror, problems);
}

// The token index finds exactly the agents that have a token, the gateway index exactly the internal ones.
void check_agents(const Mirror& mirror, Problems& problems) {
  std::map<std::string, std::string> wanted;
  mirror.each("agent/", [&](const std::string& at, const Row& row) {
    const json::object& agent = row.document.as_object();
    const json::object auth = ansible::object_field(agent, "auth");
    const std::string id = key::last_part(at);
    const std::string hash = text_field(auth, "tokenHash").value_or("");
    if (hash.starts_with("sha256:")) wanted[key::agent_token(hash.substr(7))] = id;
    const auto gateway = text_field(agent, "gateway");
    if (gateway && text_field(agent, "type") == "internal")
      wanted[key::agent_at(*gateway, id)] = id;
  });
  for (const char* index : {"agent-token/", "agent-at/"}) {
    mirror.each(index, [&](const std::string& at, const Row& row) {
      const auto found = wanted.find(at);
      if (found == wanted.end() || found->second != row.text) {
        problems.push_back("stray index entry " + at);
      } else {
        wanted.erase(found);
      }
    });
  }
  for (const auto& [at, agent] : wanted) problems.push_back("no index entry " + at);
}

}  // namespace property
