// GET /agents/{id}/inbox: an agent fetches its messages and tasks, by long poll or as server-sent events.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/json.hpp"
#include "daemon/event_loop.hpp"
#include "daemon/http_message.hpp"
#include "daemon/runtime.hpp"

namespace gateway_app {

struct FeedLimits {
  std::size_t max_readers = 256;
  std::size_t max_readers_of_agent = 8;
};

// Events of ansible_poll_inbox as server-sent events; nothing, when one has no id or type: the plugin is not ours.
std::optional<std::string> event_stream_text(const base::json::array& events);

// Opens the agent's inbox (ansible_ack_inbox, which also acknowledges everything up to Last-Event-ID or `after`) and
// answers what waits (ansible_poll_inbox): at once, or when something comes within `wait` seconds (0 to 60), or, to
// Accept: text/event-stream, one event after the other. Readers look again after commits.
// Thread rule: the event loop's thread; wake() from any thread.
class InboxFeed {
 public:
  InboxFeed(EventLoop& loop, Runtime& runtime, FeedLimits limits = {});
  ~InboxFeed();

  static bool serves(const HttpRequest& request);
  void serve(const HttpRequest& request, const HttpReply& reply);

  void wake();  // something was committed
  void stop();  // every reader is answered what there is, and no more come

 private:
  class Reader;
  class EventStream;
  using Readers = std::set<std::shared_ptr<Reader>>;
  void look();

  EventLoop& loop_;
  Runtime& runtime_;
  const FeedLimits limits_;
  const std::shared_ptr<Readers> readers_ = std::make_shared<Readers>();
  std::atomic<bool> woken_{false};    // since the last look
  std::atomic<bool> looking_{false};  // a look is due, or was a moment ago
  bool stopped_ = false;
};

}  // namespace gateway_app
