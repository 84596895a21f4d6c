// Dead letters in the store (MSG-2, MSG-4).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/dead_letter.hpp"

namespace ansible {

// Gives it an id and a time, and keeps it for maxUnreadDays. Returns the id.
std::string add_dead_letter(Context& context, DeadLetter letter);

std::optional<DeadLetter> load_dead_letter(Transaction& txn, std::string_view id);

struct DeadLetterPage {
  std::vector<DeadLetter> letters;
  std::string next;  // the id that the next page is before; empty: this is the last one
};

// Newest first, those older than `before` (an id; empty: all), of `agent` or of everybody. Looks at no more than 2,000,
// so a page of one agent's may be short and still have a next one.
DeadLetterPage dead_letters(Transaction& txn, const std::optional<std::string>& agent,
                            std::string_view before, std::size_t limit);

// Queues it again for whom it did not reach; a message that had left the inboxes comes back, unread, with the time of
// now. The letter is gone then. Returns for which of its agents it is queued: the others have no sink.
// Errors: not_found (message or task is gone), invalid_transition (the task is not pending any more).
Result<std::vector<std::string>> replay(Context& context, const DeadLetter& letter);

// Removes letters older than maxUnreadDays, at most `limit`. Returns how many.
std::size_t expire_dead_letters(Context& context, std::size_t limit);

}  // namespace ansible
