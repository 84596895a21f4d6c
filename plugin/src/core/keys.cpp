#include "core/keys.hpp"

#include <array>
#include <charconv>
#include <cstdio>
#include <initializer_list>

namespace ansible::key {
namespace {

constexpr std::size_t kLongestPart = 120;

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '@' || c == '-';
}

std::string digits(std::uint64_t value, int width) {
  std::array<char, 24> buffer{};
  const int n = std::snprintf(buffer.data(), buffer.size(), "%0*llu", width,
                              static_cast<unsigned long long>(value));
  return {buffer.data(), static_cast<std::size_t>(n)};
}

// FNV-1a: tells two cut ids apart; no secret depends on it.
std::string short_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  }
  return digits(hash, 20);
}

std::string join(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view p : parts) {
    if (!out.empty()) out += '/';
    out += p;
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c - 'A' + 10;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string part(std::string_view id) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : id) {
    if (plain(c)) {
      out += c;
    } else {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 15];
    }
  }
  if (out.size() > kLongestPart) out = out.substr(0, kLongestPart - 21) + '~' + short_hash(out);
  return out;
}

std::string ms(std::int64_t value) {
  return digits(value < 0 ? 0 : static_cast<std::uint64_t>(value), 16);
}

std::string agent(std::string_view agent) { return join({"agent", part(agent)}); }
std::string agent_token(std::string_view hash_hex) { return join({"agent-token", hash_hex}); }
std::string agent_at(std::string_view gateway, std::string_view agent) {
  return join({"agent-at", part(gateway), part(agent)});
}
std::string agent_invite(std::string_view invite) { return join({"agent-invite", part(invite)}); }
std::string agent_invite_token(std::string_view hash_hex) {
  return join({"agent-invite-token", part(hash_hex)});
}
std::string agent_invite_of(std::string_view agent, std::string_view invite) {
  return join({"agent-invite-of", part(agent), part(invite)});
}
std::string node(std::string_view node) { return join({"node", part(node)}); }
std::string pulse(std::string_view node) { return join({"pulse", part(node)}); }
std::string node_key(std::string_view node) { return join({"node-key", part(node)}); }
std::string node_revoked(std::string_view node) { return join({"node-revoked", part(node)}); }
std::string node_invite(std::string_view hash_hex) { return join({"node-invite", hash_hex}); }
std::string node_ticket(std::string_view hash_hex) { return join({"node-ticket", hash_hex}); }
std::string node_nonce(std::string_view hash_hex) { return join({"node-nonce", hash_hex}); }
std::string prune(std::string_view kind, std::int64_t at_ms, std::string_view name) {
  return join({"prune", kind, ms(at_ms), part(name)});
}

std::string skills(std::string_view agent) { return join({"skills", part(agent)}); }
std::string skill(std::string_view name, std::string_view agent) {
  return join({"skill", part(name), part(agent)});
}

std::string preference(std::string_view node) { return join({"preference", part(node)}); }
std::string agent_context(std::string_view agent) { return join({"context", part(agent)}); }
std::string context_time(std::int64_t at_ms, std::string_view agent) {
  return join({"context-time", ms(at_ms), part(agent)});
}
std::string delegation_ack(std::string_view agent) { return join({"delegation-ack", part(agent)}); }
std::string lock_sweep(std::string_view node) { return join({"lock-sweep", part(node)}); }

std::string task(std::string_view task) { return join({"task", part(task)}); }
std::string task_sla(std::string_view task) { return join({"task-sla", part(task)}); }
std::string agent_load(std::string_view agent) { return join({"agent-load", part(agent)}); }
std::string by_status(std::string_view status, int rank, std::int64_t updated_ms,
                      std::string_view task) {
  return join({"by-status", status, std::to_string(rank), ms(updated_ms), part(task)});
}
std::string by_assignee(std::string_view agent, std::string_view status, int rank,
                        std::int64_t updated_ms, std::string_view task) {
  return join(
      {"by-assignee", part(agent), status, std::to_string(rank), ms(updated_ms), part(task)});
}
std::string by_creator(std::string_view agent, bool open, std::string_view task) {
  return join({"by-creator", part(agent), open ? "open" : "closed", part(task)});
}
std::string by_claimer(std::string_view agent, std::string_view task) {
  return join({"by-claimer", part(agent), part(task)});
}
std::string task_time(std::int64_t created_ms, std::string_view task) {
  return join({"task-time", ms(created_ms), part(task)});
}
std::string held(std::string_view agent, std::string_view task) {
  return join({"held", part(agent), part(task)});
}
std::string ledger_task(std::string_view task, std::string_view action, std::string_view actor,
                        std::string_view key_hash) {
  return join({"ledger/task", part(task), action, part(actor), key_hash});
}
std::string ledger_tool(std::string_view actor, std::string_view tool, std::string_view key_hash) {
  return join({"ledger/tool", part(actor), tool, key_hash});
}
std::string ledger_left(std::int64_t until_ms, std::string_view task) {
  return join({"ledger-left", ms(until_ms), part(task)});
}

std::string due(std::int64_t due_ms, std::string_view task, std::string_view window) {
  return join({"due", ms(due_ms), part(task), window});
}
std::string sla_held(std::int64_t due_ms, std::string_view task, std::string_view window) {
  return join({"sla-held", ms(due_ms), part(task), window});
}
std::string sla_run(std::string_view digest) { return join({"sla-run", digest}); }
std::string sla_part(std::string_view run, std::string_view kind, std::string_view name) {
  return join({"sla-part", part(run), kind, part(name)});
}
std::string lease(std::int64_t expires_ms, std::string_view task) {
  return join({"lease", ms(expires_ms), part(task)});
}

std::string retry(std::int64_t not_before_ms, std::string_view task) {
  return join({"retry", ms(not_before_ms), part(task)});
}

std::string audit(std::string_view task, std::uint64_t seq) {
  return join({"audit", part(task), digits(seq, 6)});
}
std::string audit_time(std::int64_t at_ms, std::string_view task, std::uint64_t seq) {
  return join({"audit-time", ms(at_ms), part(task), digits(seq, 6)});
}

std::string message(std::string_view message) { return join({"message", part(message)}); }
std::string message_time(std::int64_t at_ms, std::string_view message) {
  return join({"message-time", ms(at_ms), part(message)});
}
std::string inbox(std::string_view agent, std::int64_t at_ms, std::string_view message) {
  return join({"inbox", part(agent), ms(at_ms), part(message)});
}
std::string broadcast(std::int64_t at_ms, std::string_view message) {
  return join({"broadcast", ms(at_ms), part(message)});
}
std::string inbox_state(std::string_view agent) { return join({"inbox-state", part(agent)}); }
std::string broadcast_read(std::string_view agent, std::string_view message) {
  return join({"broadcast-read", part(message), part(agent)});
}

std::string conversation(std::string_view conversation) {
  return join({"conversation", part(conversation)});
}
std::string told(std::string_view agent, std::string_view peer) {
  return join({"told", part(agent), part(peer)});
}

std::string agent_sink(std::string_view agent) { return join({"agent-sink", part(agent)}); }
std::string agent_sink_secret(std::string_view agent) {
  return join({"agent-sink-secret", part(agent)});
}
std::string outbox(std::string_view stream, std::string_view target, std::uint8_t urgency,
                   std::uint64_t number) {
  return join({"outbox", part(stream), part(target), digits(urgency, 1) + digits(number, 15)});
}
std::string outbox_queue(std::string_view stream, std::string_view target) {
  return join({"outbox-queue", part(stream), part(target)});
}
std::string outbox_waiting(std::string_view stream, std::string_view target) {
  return join({"outbox-waiting", part(stream), part(target)});
}
std::string outbox_due(std::string_view node, std::int64_t at_ms, std::string_view stream,
                       std::string_view target) {
  return join({"outbox-due", part(node), ms(at_ms), part(stream), part(target)});
}
std::string delivery(std::string_view record, std::string_view target) {
  return join({"delivery", part(record), part(target)});
}
std::string dead_letter(std::string_view id) { return join({"dead-letter", part(id)}); }

std::string cap_revision(std::string_view capability) {
  return join({"cap-revision", part(capability)});
}
std::string cap_index(std::string_view capability) { return join({"cap-index", part(capability)}); }
std::string cap_canary(std::string_view capability) {
  return join({"cap-canary", part(capability)});
}
std::string cap_catalog(std::string_view capability, std::string_view version) {
  return join({"cap-catalog", part(capability), part(version)});
}
std::string cap_manifest(std::string_view capability, std::string_view version) {
  return join({"cap-manifest", part(capability), part(version)});
}
std::string cap_stage(std::string_view capability, std::string_view version) {
  return join({"cap-stage", part(capability), part(version)});
}
std::string cap_wiring(std::string_view capability, std::string_view version) {
  return join({"cap-wiring", part(capability), part(version)});
}

std::string cap_health(std::string_view capability) {
  return join({"cap-health", part(capability), ""});
}
std::string cap_health(std::string_view capability, std::int64_t hour_ms,
                       std::string_view version) {
  return join({"cap-health", part(capability), ms(hour_ms), part(version)});
}
std::string cap_soak(std::string_view capability) { return join({"cap-soak", part(capability)}); }
std::string cap_pipeline(std::string_view capability) {
  return join({"cap-pipeline", part(capability)});
}
std::string cap_distribution(std::string_view capability, std::string_view version) {
  return join({"cap-distribution", part(capability), part(version)});
}

std::string distribution_target(std::string_view capability, std::string_view version,
                                std::string_view agent) {
  return join({"distribution-target", part(capability), part(version), part(agent)});
}
std::string distribution_open(std::string_view capability, std::string_view version,
                              std::string_view task) {
  return join({"distribution-open", part(capability), part(version), part(task)});
}

std::string last_part(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  return unescape(slash == std::string_view::npos ? key : key.substr(slash + 1));
}

std::string nth_part(std::string_view key, std::size_t n) {
  std::size_t begin = 0;
  for (; n > 0; --n) {
    begin = key.find('/', begin);
    if (begin == std::string_view::npos) return {};
    ++begin;
  }
  const std::size_t end = key.find('/', begin);
  return unescape(
      key.substr(begin, end == std::string_view::npos ? std::string_view::npos : end - begin));
}

}  // namespace ansible::key
