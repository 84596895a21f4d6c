// What waits to be delivered, to whom, and that nobody else is told what is secret.
#include <algorithm>
#include <map>
#include <set>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "property/invariants.hpp"
#include "records/delivery.hpp"

namespace property {
namespace {

using ansible::int_field;
using ansible::text_field;
namespace key = ansible::key;

constexpr std::size_t kOutbox = std::string_view("outbox/").size();

// An entry and the record of its delivery name each other.
void check_entries(const Mirror& mirror, Problems& problems) {
  std::map<std::string, std::int64_t> waiting;
  mirror.each("outbox/", [&](const std::string& at, const Row& row) {
    const std::string target = key::nth_part(at, 2);
    ++waiting[key::outbox_waiting(key::nth_part(at, 1), target)];
    const std::string record = text_field(row.document.as_object(), "record").value_or("");
    const Row* delivery = mirror.find(key::delivery(record, target));
    const bool known = delivery != nullptr &&
                       text_field(delivery->document.as_object(), "waiting") == at.substr(kOutbox);
    if (!known) problems.push_back(at + " waits, and the record of its delivery does not say so");
  });
  mirror.each("delivery/", [&](const std::string& at, const Row& row) {
    const auto id = text_field(row.document.as_object(), "waiting");
    if (id && mirror.find("outbox/" + *id) == nullptr) {
      problems.push_back(at + " waits as " + *id + ", which is not queued");
    }
  });
  mirror.each("outbox-waiting/", [&](const std::string& at, const Row& row) {
    if (row.text != std::to_string(waiting[at])) {
      problems.push_back(at + " is " + row.text + ", there are " + std::to_string(waiting[at]));
    }
    waiting.erase(at);
  });
  for (const auto& [at, count] : waiting) problems.push_back("missing " + at);
}

// The host looks at a queue exactly when it is due.
void check_due(const Mirror& mirror, Problems& problems) {
  std::set<std::string> due;
  mirror.each("outbox-queue/", [&](const std::string&, const Row& row) {
    const json::object& queue = row.document.as_object();
    if (const auto at = int_field(queue, "dueAt")) {
      due.insert(key::outbox_due(text_field(queue, "node").value_or(""), *at,
                                 text_field(queue, "stream").value_or(""),
                                 text_field(queue, "target").value_or("")));
    }
  });
  mirror.each("outbox-due/", [&](const std::string& at, const Row&) {
    if (due.erase(at) == 0) problems.push_back("stray index entry " + at);
  });
  for (const std::string& missing : due) problems.push_back("missing index entry " + missing);
}

// Only an agent with a sink is delivered to; only a webhook has a secret, and only its queue is offered to the host.
void check_sinks(const Mirror& mirror, Problems& problems) {
  mirror.each("outbox-waiting/inbox/", [&](const std::string& at, const Row&) {
    const std::string agent = key::last_part(at);
    const Row* sink = mirror.find(key::agent_sink(agent));
    if (sink == nullptr) {
      problems.push_back(at + ", and the agent has no sink");
      return;
    }
    const Row* queue = mirror.find(key::outbox_queue("inbox", agent));
    const bool pushed = text_field(sink->document.as_object(), "url").has_value();
    const bool due =
        queue != nullptr && int_field(queue->document.as_object(), "dueAt").has_value();
    if (pushed != due) problems.push_back(at + (due ? " is offered" : " is never offered"));
  });
  mirror.each("agent-sink-secret/", [&](const std::string& at, const Row&) {
    const Row* sink = mirror.find(key::agent_sink(key::last_part(at)));
    if (sink == nullptr || !text_field(sink->document.as_object(), "url")) {
      problems.push_back(at + " outlived its webhook");
    }
  });
}

bool hex_follows(const std::string& text, std::size_t at, std::size_t digits) {
  if (text.size() < at + digits) return false;
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at),
                     text.begin() + static_cast<std::ptrdiff_t>(at + digits),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool has_token(const std::string& text) {
  for (std::size_t at = text.find("at_"); at != text.npos; at = text.find("at_", at + 1)) {
    if (hex_follows(text, at + 3, 48)) return true;
  }
  return false;
}

bool issues_tokens(const std::string& tool) {
  return tool == "ansible_register_agent" || tool == "ansible_issue_agent_token" ||
         tool == "ansible_accept_agent_invite";
}

}  // namespace

void check_deliveries(const Mirror& mirror, Problems& problems) {
  check_entries(mirror, problems);
  check_due(mirror, problems);
  check_sinks(mirror, problems);
}

void check_secrets(const Effect& effect, const Mirror& mirror, Problems& problems) {
  const std::string& reply = effect.answer.outcome.body;
  if (!issues_tokens(effect.step.name) && has_token(reply)) {
    problems.push_back("the reply shows a token");
  }
  mirror.each("agent-token/", [&](const std::string& at, const Row&) {
    if (reply.find(key::last_part(at)) != reply.npos) {
      problems.push_back("the reply shows the hash of a token");
    }
  });
  const bool to_host = effect.step.kind == gateway::Request::Kind::kOutboxNext;
  if (to_host || effect.step.name == "ansible_set_agent_sink") return;
  mirror.each("agent-sink-secret/", [&](const std::string&, const Row& row) {
    if (reply.find(row.text) != reply.npos) {
      problems.push_back("the reply shows a webhook's secret");
    }
  });
}

}  // namespace property
