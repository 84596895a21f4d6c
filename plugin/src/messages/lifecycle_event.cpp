#include "messages/lifecycle_event.hpp"

#include <utility>

#include "core/secrets.hpp"
#include "messages/message_store.hpp"

namespace ansible {

std::string broadcast_event(Context& context, std::string_view intent, std::string_view by,
                            const std::string& content, json::object metadata) {
  metadata["kind"] = intent;
  metadata["at"] = context.now_ms;
  Message event;
  event.from_agent = by;
  event.from_node = context.node_id();
  event.intent = intent;
  event.content = content;
  event.metadata = redacted(std::move(metadata)).get_object();
  return send_message(context, std::move(event), intent);
}

}  // namespace ansible
