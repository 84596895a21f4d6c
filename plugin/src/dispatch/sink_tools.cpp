// ansible_set_agent_sink, ansible_remove_agent_sink, ansible_list_agent_sinks.
#include <array>

#include "actors/actor.hpp"
#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/ids.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "dispatch/inbox_stream.hpp"
#include "dispatch/outbox.hpp"
#include "dispatch/sink_store.hpp"
#include "tools/acting.hpp"
#include "tools/tool.hpp"

namespace ansible {
namespace {

using enum ParamType;

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kShortestSecret = 16;

constexpr Param kFrom = acting_agent("from_agent");
constexpr Param kAgentId = {.name = "agent_id",
                            .type = kString,
                            .description = "The agent",
                            .required = true,
                            .max_length = 100};

constexpr std::array<Param, 5> kSetParams = {{
    kAgentId,
    {.name = "url",
     .type = kString,
     .description = "Webhook: https, or http to this machine; none: the agent fetches its inbox",
     .max_length = 2'000},
    {.name = "secret",
     .type = kString,
     .description =
         "HMAC key of the signature, at least 16 characters; none: a new one, shown once",
     .max_length = 200},
    kFrom,
    kAgentToken,
}};
constexpr std::array<Param, 3> kRemoveParams = {{kAgentId, kFrom, kAgentToken}};
constexpr std::array<Param, 2> kListParams = {{kFrom, kAgentToken}};

// An admin, or the agent itself.
Result<Actor> resolve_owner(Context& context, const Args& args, const std::string& agent) {
  auto actor = resolve_actor(context, args);
  if (!actor.ok() || actor->admin || actor->id == agent) return actor;
  return Error{code::kNotAuthorized, "the sink of '" + agent + "' is set by that agent or by '" +
                                         effective_admin(context) + "', not by '" + actor->id +
                                         "'"};
}

// What listens on this machine may trust whoever can reach it. An agent from elsewhere, which is known by its token alone,
// must not make the gateway speak to that.
std::optional<Error> refuse_loopback(const Actor& actor, const Agent& agent,
                                     const std::string& url) {
  const bool plain = lower_ascii(url.substr(0, 7)) == "http://";
  if (!plain || actor.admin || agent.internal) return std::nullopt;
  return Error{code::kNotAuthorized,
               "url: a webhook on the gateway's own machine is set for an external agent by an "
               "admin; use https, or fetch the inbox of '" +
                   agent.id + "'",
               {{"pointer", "/url"}}};
}

std::optional<Error> refuse_secret(const Args& args) {
  const std::string secret = args.text_or("secret", "");
  if (!args.has("secret") || (secret.size() >= kShortestSecret && args.has("url"))) {
    return std::nullopt;
  }
  const std::string expected = args.has("url") ? "at least 16 characters" : "a url beside it";
  return Error{code::kInvalidArgument,
               "secret: expected " + expected,
               {{"pointer", "/secret"}, {"expected", expected}, {"got", "something else"}}};
}

ToolResult set(Context& context, const Args& args) {
  const std::string id = *args.text("agent_id");
  const auto actor = resolve_owner(context, args, id);
  if (!actor.ok()) return actor.error();
  const auto agent = load_agent(context.txn, id);
  if (!agent) {
    return Error{code::kNotFound,
                 "agent '" + id + "' is not registered; register it with ansible_register_agent"};
  }
  if (auto refusal = refuse_secret(args)) return std::move(*refusal);
  const auto url = args.text("url");
  if (url) {
    if (auto refusal = refuse_sink_url(*url)) return std::move(*refusal);
    if (auto refusal = refuse_loopback(*actor, *agent, *url)) return std::move(*refusal);
  }
  const AgentSink sink{id, url, context.node_id(), context.now_ms, actor->recorded_as()};
  auto secret = args.text("secret");
  std::optional<std::string> shown_secret;
  if (url && !secret) {
    shown_secret = new_secret(context.txn, "sink-secret", "whsec_", kSecretBytes);
    secret = shown_secret;
  }
  save_sink(context, sink, secret);
  const std::size_t waiting = offer_backlog(context, sink);
  json::object reply{{"success", true}, {"sink", to_json(sink)}, {"waiting", waiting}};
  set_field(reply, "secret", shown_secret);
  reply["message"] =
      url ? "Messages and tasks of '" + id + "' are posted to " + *url +
                (shown_secret ? "; keep the secret, it is shown only now" : "")
          : "Messages and tasks of '" + id + "' wait to be fetched at GET /agents/" + id + "/inbox";
  return reply;
}

ToolResult remove(Context& context, const Args& args) {
  const std::string id = *args.text("agent_id");
  const auto actor = resolve_owner(context, args, id);
  if (!actor.ok()) return actor.error();
  const auto sink = load_sink(context.txn, id);
  if (!sink) return Error{code::kNotFound, "agent '" + id + "' has no sink"};
  if (erase_sink(context, *sink)) return More{"more"};
  return json::object{
      {"success", true},
      {"agent_id", id},
      {"message", "Nothing is delivered to '" + id + "' any more; it reads its inbox itself"}};
}

json::object row(Context& context, const AgentSink& sink) {
  json::object out = to_json(sink);
  out["waiting"] = waiting_count(context.txn, kInboxStream, sink.agent);
  const auto oldest = waiting_after(context.txn, kInboxStream, sink.agent, 0, 1);
  if (oldest.empty()) return out;
  const Waiting& head = oldest.front();
  out["oldestAt"] = head.at;
  const auto record = delivery_of(context.txn, head.what.record, sink.agent);
  if (record.attempts > 0) out["attempts"] = record.attempts;
  set_field(out, "lastError", record.last_error);
  return out;
}

ToolResult list(Context& context, const Args& args) {
  const auto actor = resolve_actor(context, args);
  if (!actor.ok()) return actor.error();
  json::array sinks;
  for (const AgentSink& sink : all_sinks(context.txn)) {
    if (actor->admin || actor->id == sink.agent) sinks.push_back(row(context, sink));
  }
  const std::size_t total = sinks.size();
  return json::object{{"sinks", std::move(sinks)}, {"total", total}};
}

constexpr Tool kTools[] = {
    {.name = "ansible_set_agent_sink",
     .description =
         "Say where an agent's messages and tasks are delivered to (admin, or the agent)",
     .params = kSetParams,
     .handler = set},
    {.name = "ansible_remove_agent_sink",
     .description = "Deliver nothing to an agent any more (admin, or the agent)",
     .params = kRemoveParams,
     .handler = remove},
    {.name = "ansible_list_agent_sinks",
     .description = "List sinks and what waits for them: all for an admin, else one's own",
     .params = kListParams,
     .handler = list,
     .read_only = true},
};

}  // namespace

std::span<const Tool> sink_tools() { return kTools; }

}  // namespace ansible
