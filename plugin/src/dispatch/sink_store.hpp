// Sinks in the store.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/sink.hpp"

namespace ansible {

std::optional<AgentSink> load_sink(Transaction& txn, std::string_view agent);
std::vector<AgentSink> all_sinks(Transaction& txn);

// Writes the sink (and the secret, where one is given) and lets the agent's queue be pushed or fetched accordingly.
void save_sink(Context& context, const AgentSink& sink, const std::optional<std::string>& secret);

// From now on another gateway delivers to the agent, from what waits on. Nothing when it has no sink, or does so already.
void move_sink(Transaction& txn, std::string_view agent, const std::string& node);

// Takes back what waits for the agent, at most 500 deliveries per call, and with the last of them removes the sink and its
// secret. True: call again.
bool erase_sink(Context& context, const AgentSink& sink);

// The HMAC key of a webhook; empty when there is none.
std::string sink_secret(Transaction& txn, std::string_view agent);

// invalid_argument unless the URL is https, or http to this machine, with a host, without user and blanks: a gateway
// must not be sent to other machines' plain-text services.
std::optional<Error> refuse_sink_url(std::string_view url);

}  // namespace ansible
