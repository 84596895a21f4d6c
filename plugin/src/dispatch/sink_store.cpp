#include "dispatch/sink_store.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/outbox.hpp"
#include "dispatch/outbox_queue.hpp"
#include "tools/args.hpp"

namespace ansible {
namespace {

// The host that stands between "://" and the path (an IPv6 address with its brackets); empty when what stands there is
// no host, or a host with something else behind it than a port.
std::string host_of(std::string_view rest) {
  constexpr std::size_t kLongestPort = 5;
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::size_t end = std::min(authority.find(':'), authority.size());
  if (authority.starts_with('[')) {
    end = authority.find(']');
    if (end == std::string_view::npos) return {};
    ++end;
  }
  std::string_view port = authority.substr(end);
  if (!port.empty()) {
    if (!port.starts_with(':')) return {};
    port.remove_prefix(1);
    if (port.empty() || port.size() > kLongestPort ||
        port.find_first_not_of("0123456789") != std::string_view::npos) {
      return {};
    }
  }
  return std::string(authority.substr(0, end));
}

// 127.0.0.0/8 in the usual notation, ::1, or the name that means them.
bool this_machine(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string::npos;
}

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace

std::optional<AgentSink> load_sink(Transaction& txn, std::string_view agent) {
  const std::string at = key::agent_sink(agent);
  const auto stored = txn.get(at);
  if (!stored) return std::nullopt;
  return sink_from_json(agent, parse_document(at, *stored));
}

std::vector<AgentSink> all_sinks(Transaction& txn) {
  std::vector<AgentSink> sinks;
  const std::string prefix = "agent-sink/";
  for (const auto& [at, value] : collect(txn, prefix, prefix_end(prefix), {.limit = SIZE_MAX})) {
    sinks.push_back(sink_from_json(key::last_part(at), parse_document(at, value)));
  }
  return sinks;
}

void save_sink(Context& context, const AgentSink& sink, const std::optional<std::string>& secret) {
  context.txn.put(key::agent_sink(sink.agent), json::canonical(to_json(sink)));
  if (!sink.pushed()) {
    context.txn.erase(key::agent_sink_secret(sink.agent));
  } else if (secret) {
    context.txn.put(key::agent_sink_secret(sink.agent), *secret);
  }
  set_pushed(context, kInboxStream, sink.agent, sink.pushed());
}

void move_sink(Transaction& txn, std::string_view agent, const std::string& node) {
  auto sink = load_sink(txn, agent);
  if (!sink || sink->node == node) return;
  sink->node = node;
  txn.put(key::agent_sink(agent), json::canonical(to_json(*sink)));
  OutboxQueue queue = load_queue(txn, kInboxStream, agent);
  queue.node = node;
  save_queue(txn, queue);
}

bool erase_sink(Context& context, const AgentSink& sink) {
  constexpr std::size_t kPerStep = 500;
  const auto waiting = waiting_after(context.txn, kInboxStream, sink.agent, 0, kPerStep);
  for (const Waiting& one : waiting) withdraw(context.txn, one.what.record, sink.agent);
  if (waiting.size() == kPerStep) return true;
  context.txn.erase(key::agent_sink(sink.agent));
  context.txn.erase(key::agent_sink_secret(sink.agent));
  set_pushed(context, kInboxStream, sink.agent, false);
  return false;
}

std::string sink_secret(Transaction& txn, std::string_view agent) {
  return std::string(txn.get(key::agent_sink_secret(agent)).value_or(""));
}

std::optional<Error> refuse_sink_url(std::string_view url) {
  const bool tls = lower_ascii(url.substr(0, 8)) == "https://";
  const bool plain = lower_ascii(url.substr(0, 7)) == "http://";
  if ((tls || plain) && printable(url)) {
    const std::string_view rest = url.substr(tls ? 8 : 7);
    const std::string host = host_of(rest);
    const bool user = rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos;
    if (!host.empty() && !user && (tls || this_machine(lower_ascii(host)))) return std::nullopt;
  }
  const std::string expected =
      "https://HOST[:PORT]/PATH, or http:// to this machine (localhost, 127.0.0.1, [::1])";
  const std::string got = brief(json::value(url));
  return Error{code::kInvalidArgument,
               "url: expected " + expected + ", got " + got,
               {{"pointer", "/url"}, {"expected", expected}, {"got", got}}};
}

}  // namespace ansible
