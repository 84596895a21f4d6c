// What the gateway answers on its TCP port.
#pragma once

#include <functional>

#include "daemon/exchange_route.hpp"
#include "daemon/http_message.hpp"
#include "daemon/http_server.hpp"
#include "daemon/inbox_feed.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

// The handler of the table in README.md. `counters` gives the server's own figures; all must outlive the handler.
HttpHandler http_routes(Runtime& runtime, ExchangeRoute& exchange, InboxFeed& feed,
                        std::function<HttpCounters()> counters);

}  // namespace gateway_app
