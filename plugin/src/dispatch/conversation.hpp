// The loop guard: agents that answer by themselves must come to an end (MSG-5).
#pragma once

#include <string>
#include <string_view>

#include "core/context.hpp"
#include "records/message.hpp"

namespace ansible {

// metadata.conversation_id, conversationId or corr; a message without any begins one of its own id.
std::string conversation_of(const Message& message);

// Whether one of the message's metadata above is `id`.
bool in_conversation(const Message& message, std::string_view id);

// A reply is automatic when its sender has a sink and was told something in the conversation: the one that the reply
// names, or that of the message it names. When it names none of these and no task, it belongs to what the recipient told
// the sender within the last 10 minutes. Its metadata then gets that conversation_id; one that was given moves to
// conversationId, if that is free. A message of a sender without a sink lets the conversation begin anew.
struct ReplyPlace {
  bool automatic = false;
  bool muted = false;  // beyond maxAutoReplies: it is stored, but delivered to nobody by itself
};
ReplyPlace place_reply(Context& context, Message& message);

// A message of the conversation is on its way to `agent`, or has arrived.
void note_told(Context& context, const Message& message, std::string_view agent);

// Forgets conversations in which nothing has happened for 24 hours; looks at no more than `limit`.
void forget_conversations(Context& context, std::size_t limit);

}  // namespace ansible
