// The outbox: what leaves the gateway, queued in the store until the host has carried it out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/delivery.hpp"

namespace ansible {

// One effect for the host to carry out after the commit.
struct Outgoing {
  std::string stream;  // what kind of effect: a row of all_streams() (dispatch/stream.hpp)
  std::string
      target;  // whose: deliveries of one (stream, target) are made in order, one after the other
  std::string record;  // key of the stored record that it is about; waits at most once per target
  json::object payload{};    // what the host gets; empty: the stream makes it when it is offered
  std::uint8_t urgency = 1;  // 0 goes before 1, 1 before 2 within the queue
  std::string node{};        // the gateway that delivers it; empty: this one
  bool pushed = true;        // false: the host is not offered it, the target fetches it
};

// A delivery that waits.
struct Waiting {
  std::string id;       // "<stream>/<target>/<urgency and number>", stable over all attempts
  std::int64_t at = 0;  // when it was queued
  Outgoing what;
  std::uint64_t number() const;  // its place in the order of arrival
};

enum class DeliveryOutcome : std::uint8_t { kDelivered, kRetryLater, kGiveUp };

// Puts it at the end of its queue and returns its delivery id. A record that waits for this
// target already keeps its place; one that was delivered before is delivered again under a new id.
std::string enqueue(Context& context, const Outgoing& outgoing);

// Takes back what waits for `target`, or for anybody, about this record. Returns whether something did.
bool withdraw(Transaction& txn, std::string_view record, std::string_view target);
// Takes back an entry whose delivery record says nothing of it.
void drop_entry(Transaction& txn, const Waiting& waiting);
void withdraw_all(Transaction& txn, std::string_view record);

// The record has reached `target` another way (it was read, or claimed): what waits counts as delivered.
void mark_arrived(Context& context, std::string_view record, std::string_view target);

// How the delivery to `target` went so far.
DeliveryRecord delivery_of(Transaction& txn, std::string_view record, std::string_view target);

// Forgets how deliveries of this record went, and takes back what waits: for whoever erases the record.
void forget_deliveries(Transaction& txn, std::string_view record);

// {target: {state, at, by, attempts?, lastError?}} of those that were tried; empty: none.
json::object shown_deliveries(Transaction& txn, std::string_view record);

// What waits in a queue and arrived after `number`, in the order of arrival, at most `limit`.
std::vector<Waiting> waiting_after(Transaction& txn, std::string_view stream,
                                   std::string_view target, std::uint64_t number,
                                   std::size_t limit);

// How many deliveries wait in a queue.
std::size_t waiting_count(Transaction& txn, std::string_view stream, std::string_view target);

// From now on the host is offered this queue by this node (pushed), or the target fetches from it.
void set_pushed(Context& context, std::string_view stream, std::string_view target, bool pushed);

// gateway.outbox/1 next: {deliveries[{id, stream, target, payload, attempt}], cursor, dueMs}, the first of each queue
// that is due. Each is checked again (MSG-4); what has become pointless is dropped.
json::object next_deliveries(Context& context, std::string_view cursor);

// gateway.outbox/1 settle. Unknown ids are fine. A failure is tried again after the backoff of T-15, as often as the
// stream says; then the stream gives it up.
void settle_delivery(Context& context, std::string_view id, DeliveryOutcome outcome,
                     std::string_view detail);

}  // namespace ansible
