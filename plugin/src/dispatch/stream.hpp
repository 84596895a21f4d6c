// What the outbox has to know of each kind of effect.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dispatch/outbox.hpp"

namespace ansible {

// What a look at the record just before a delivery is sent comes to (MSG-4).
struct Recheck {
  enum class Kind : std::uint8_t {
    kSend,
    kDrop,  // pointless by now
    kHold,  // not now: its queue stands still
  };
  Kind kind = Kind::kSend;
  json::value payload{};  // with kSend
};

struct Stream {
  std::string_view name;
  std::int64_t most_attempts;  // 0: it is tried for ever
  bool keeps_records;          // how its deliveries went is shown with the record (reference 1.5)

  Recheck (*recheck)(Context& context, const Waiting& waiting);

  // Called once the delivery has left the queue.
  void (*delivered)(Context& context, const Waiting& waiting);
  void (*given_up)(Context& context, const Waiting& waiting, const DeliveryRecord& record);
};

// Every kind of effect there is; streams.cpp lists them.
std::span<const Stream> all_streams();
const Stream* find_stream(std::string_view name);

}  // namespace ansible
