#include "actors/agent_store.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "core/text.hpp"
#include "import/import.hpp"
#include "messages/message_store.hpp"

namespace ansible {

Imported import_message(Context& context, const std::string& id, const json::object& from) {
  if (const std::string why = why_unusable(id); !why.empty()) return Imported::skipped(why);
  if (load_message(context.txn, id)) return Imported::unchanged();
  Message message = message_from_json(from);
  message.id = id;
  message.to_agents = each_once(message.to_agents);
  if (message.from_agent.empty()) return Imported::skipped("it has no sender");
  if (message.timestamp <= 0 || !plausible_time(message.timestamp)) {
    return Imported::skipped("its timestamp is no time");
  }
  std::vector<std::string> readers = texts_field(from, "readBy_agents");
  for (const std::vector<std::string>& ids : {message.to_agents, readers, {message.from_agent}}) {
    for (const std::string& agent : ids) {
      if (const std::string why = why_unusable(agent); !why.empty()) {
        return Imported::skipped("of '" + agent + "': " + why);
      }
    }
  }
  send_message(context, message, "import");
  for (const std::string& reader : readers) {
    if (reader != message.from_agent) mark_read(context, reader, {id});
  }
  return {};
}

}  // namespace ansible
