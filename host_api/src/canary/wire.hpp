// How the host and the shadow's process talk: frames over a socket, one conversation per step.
//
//     host                          shadow
//     setup(configuration)       ->
//                                <- ready | refused
//     step(question, reads)      ->
//                                <- get | scan        as often as it needs more than was recorded
//     found | rows | moved       ->
//                                <- answer
//
// A replay has a state of its own instead: load(rows) -> puts rows into it, and it asks for nothing.
//
// Neither side trusts the other: every length is checked, and a frame that does not read to its end is an error.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "execution/read_log.hpp"
#include "execution/transition.hpp"
#include "gateway/error.hpp"

namespace gateway::wire {

enum class Kind : std::uint8_t {
  kSetup,
  kStep,
  kFound,
  kRows,
  kMoved,
  kReady,
  kRefused,
  kGet,
  kScan,
  kAnswer,
  kLoad
};

inline constexpr std::size_t kMaxFrame = 48u << 20;

class Writer {
 public:
  Writer() = default;
  explicit Writer(Kind kind) { number(static_cast<std::uint8_t>(kind)); }
  template <class N>
  Writer& number(N value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);  // one machine, one order
    return *this;
  }
  Writer& text(std::string_view value);
  Writer& maybe(const std::optional<std::string>& value);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Reads what a Writer wrote. After a failure everything read is empty or 0, and done() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}
  Kind kind() { return static_cast<Kind>(number<std::uint8_t>()); }
  template <class N>
  N number() {
    N value{};
    const std::string_view raw = take(sizeof value);
    if (raw.size() == sizeof value) raw.copy(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  }
  std::string text();
  std::optional<std::string> maybe();
  bool failed() const { return failed_; }
  bool done() const { return !failed_ && left_.empty(); }

 private:
  std::string_view take(std::size_t n);
  std::string_view left_;
  bool failed_ = false;
};

// A step of the active release as a question to another one: everything that its hook got, owned.
struct Question {
  Hook hook = Hook::kTool;
  std::string name, args_json, request_id, trace_id, node_id, caller_agent, continuation;
  std::string detail;
  std::uint32_t outcome = GW_RETRY_LATER;
  std::uint32_t flags = 0, caller_kind = 0, attempt = 0, step = 0;
  std::int64_t now_ms = 0;
  std::uint64_t deadline_ns = 0;
  NodeRole role;
  crypto::Seed seed{};
  std::uint64_t max_reply = 0;
  std::uint32_t yield_after = 0;

  StepInput input() const;  // borrows from this
};
// `result` tells where the step was ended, so that another release ends it there too.
Question question_of(const StepInput& input, const StepResult& result);
void write_question(Writer& out, const Question& question);
void read_question(Reader& in, Question& question);

// Rows of a state: a value, or none for a key that is to be erased.
void write_rows(Writer& out, const std::vector<Write>& rows);
bool read_rows(Reader& in, std::vector<Write>& rows);  // to the end of the frame; appends

struct Answer {
  gw_status status = GW_INTERNAL;
  std::string body;
  std::string error;
  std::vector<Write> writes;
  std::uint64_t took_us = 0;
  bool kept = false;  // of a replay: the writes are in its state from now on
};

std::string step_frame(const Question& question, const ReadLog& reads);
bool read_step(Reader& reader, Question& question, ReadLog& reads);
std::string answer_frame(const Answer& answer);
bool read_answer(Reader& reader, Answer& answer);

using Deadline = std::optional<std::chrono::steady_clock::time_point>;

// Sends one frame. False: the other side is gone, or the deadline passed.
bool send_frame(int fd, std::string_view payload, Deadline deadline = {});

enum class Received { kFrame, kClosed, kTimeout, kTooLarge };

// Waits for one frame. `noise`, when given, is a descriptor whose bytes are collected meanwhile, the newest 4 KiB.
struct Noise {
  int fd = -1;
  std::string tail;
  const std::atomic<bool>* abandoned =
      nullptr;  // once true, the wait ends as if the time were over
  void listen();
};
Received receive_frame(int fd, std::string& payload, Deadline deadline = {},
                       Noise* noise = nullptr);

}  // namespace gateway::wire
