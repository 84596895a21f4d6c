#include "sla/notify.hpp"

#include "messages/message_store.hpp"

namespace ansible {

void send_notice(Context& context, SweepRun& run, Message message, const std::string& what) {
  message.id = derived_id(context.txn, run.id, what);
  message.timestamp = run.now;
  send_message(context, std::move(message), "sla");
  ++run.messages;
}

void notify_targets(Context& context, SweepRun& run, const Breach& breach,
                    const std::vector<std::string>& targets) {
  const std::string what = breach.task_id + '/' + std::string(to_text(breach.window)) + '/';
  for (const std::string& target : targets) {
    send_notice(context, run, breach_notice(breach, context.node_id(), target), what + target);
  }
}

}  // namespace ansible
