#include "canary/wire.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace gateway::wire {

Writer& Writer::text(std::string_view value) {
  number(static_cast<std::uint64_t>(value.size()));
  bytes_ += value;
  return *this;
}

Writer& Writer::maybe(const std::optional<std::string>& value) {
  number<std::uint8_t>(value ? 1 : 0);
  return value ? text(*value) : *this;
}

std::string_view Reader::take(std::size_t n) {
  if (failed_ || left_.size() < n) {
    failed_ = true;
    return {};
  }
  const std::string_view taken = left_.substr(0, n);
  left_.remove_prefix(n);
  return taken;
}

std::string Reader::text() { return std::string(take(number<std::uint64_t>())); }

std::optional<std::string> Reader::maybe() {
  if (number<std::uint8_t>() == 0) return std::nullopt;
  return text();
}

StepInput Question::input() const {
  StepInput out;
  out.hook = hook;
  out.name = name;
  out.args_json = args_json;
  out.request_id = request_id;
  out.trace_id = trace_id;
  out.node_id = node_id;
  out.caller_agent = caller_agent;
  out.continuation = continuation;
  out.outcome = outcome;
  out.detail = detail;
  out.flags = flags;
  out.caller_kind = caller_kind;
  out.attempt = attempt;
  out.step = step;
  out.now_ms = now_ms;
  out.deadline_ns = deadline_ns;
  out.role = role;
  out.seed = seed;
  out.max_reply = max_reply;
  out.yield_after = yield_after;
  return out;
}

Question question_of(const StepInput& input, const StepResult& result) {
  Question out;
  out.hook = input.hook;
  out.name = input.name;
  out.args_json = input.args_json;
  out.request_id = input.request_id;
  out.trace_id = input.trace_id;
  out.node_id = input.node_id;
  out.caller_agent = input.caller_agent;
  out.continuation = input.continuation;
  out.outcome = input.outcome;
  out.detail = input.detail;
  out.flags = input.flags;
  out.caller_kind = input.caller_kind;
  out.attempt = input.attempt;
  out.step = input.step;
  out.now_ms = input.now_ms;
  out.deadline_ns = input.deadline_ns;
  out.role = input.role;
  out.seed = input.seed;
  out.max_reply = input.max_reply;
  out.yield_after =
      result.yielded ? result.yields_denied : std::numeric_limits<std::uint32_t>::max();
  return out;
}

void write_question(Writer& out, const Question& q) {
  out.number(q.hook);
  for (const std::string* text : {&q.name, &q.args_json, &q.request_id, &q.trace_id, &q.node_id,
                                  &q.caller_agent, &q.continuation, &q.detail}) {
    out.text(*text);
  }
  out.number(q.outcome);
  out.number(q.flags).number(q.caller_kind).number(q.attempt).number(q.step);
  out.number(q.now_ms).number(q.deadline_ns).number(q.seed).number(q.max_reply);
  out.number(q.yield_after);
  out.number<std::uint8_t>(q.role.sweeps ? 1 : 0).text(q.role.reason).text(q.role.lease_holder);
  out.number(q.role.lease_epoch);
}

std::string step_frame(const Question& question, const ReadLog& reads) {
  Writer out(Kind::kStep);
  write_question(out, question);
  out.number<std::uint64_t>(reads.points().size());
  for (const auto& [key, value] : reads.points()) out.text(key).maybe(value);
  out.number<std::uint64_t>(reads.scans().size());
  for (const ReadLog::Scan& scan : reads.scans()) {
    out.text(scan.first).text(scan.last);
    out.number<std::uint8_t>(scan.reverse ? 1 : 0).number<std::uint8_t>(scan.complete ? 1 : 0);
    out.number<std::uint64_t>(scan.rows.size());
    for (const auto& [key, value] : scan.rows) out.text(key).text(value);
  }
  return out.bytes();
}

void read_question(Reader& in, Question& q) {
  q.hook = in.number<Hook>();
  for (std::string* text : {&q.name, &q.args_json, &q.request_id, &q.trace_id, &q.node_id,
                            &q.caller_agent, &q.continuation, &q.detail}) {
    *text = in.text();
  }
  q.outcome = in.number<std::uint32_t>();
  q.flags = in.number<std::uint32_t>();
  q.caller_kind = in.number<std::uint32_t>();
  q.attempt = in.number<std::uint32_t>();
  q.step = in.number<std::uint32_t>();
  q.now_ms = in.number<std::int64_t>();
  q.deadline_ns = in.number<std::uint64_t>();
  q.seed = in.number<crypto::Seed>();
  q.max_reply = in.number<std::uint64_t>();
  q.yield_after = in.number<std::uint32_t>();
  q.role.sweeps = in.number<std::uint8_t>() != 0;
  q.role.reason = in.text();
  q.role.lease_holder = in.text();
  q.role.lease_epoch = in.number<std::uint64_t>();
}

bool read_step(Reader& in, Question& question, ReadLog& reads) {
  read_question(in, question);
  for (auto n = in.number<std::uint64_t>(); n > 0 && !in.failed(); --n) {
    const std::string key = in.text();
    reads.note(key, in.maybe());
  }
  for (auto n = in.number<std::uint64_t>(); n > 0 && !in.failed(); --n) {
    const std::string first = in.text();
    const std::string last = in.text();
    ReadLog::Scan& scan = reads.begin_scan({first, last, in.number<std::uint8_t>() != 0});
    scan.complete = in.number<std::uint8_t>() != 0;
    for (auto rows = in.number<std::uint64_t>(); rows > 0 && !in.failed(); --rows) {
      const std::string key = in.text();
      reads.note_row(scan, key, in.text());
    }
  }
  return in.done();
}

void write_rows(Writer& out, const std::vector<Write>& rows) {
  out.number<std::uint64_t>(rows.size());
  for (const Write& row : rows) out.text(row.key).maybe(row.value);
}

bool read_rows(Reader& in, std::vector<Write>& rows) {
  for (auto n = in.number<std::uint64_t>(); n > 0 && !in.failed(); --n) {
    std::string key = in.text();
    rows.push_back({std::move(key), in.maybe()});
  }
  return in.done();
}

std::string answer_frame(const Answer& answer) {
  Writer out(Kind::kAnswer);
  out.number(answer.status).text(answer.body).text(answer.error).number(answer.took_us);
  out.number<std::uint8_t>(answer.kept ? 1 : 0);
  write_rows(out, answer.writes);
  return out.bytes();
}

bool read_answer(Reader& in, Answer& answer) {
  answer.status = in.number<gw_status>();
  answer.body = in.text();
  answer.error = in.text();
  answer.took_us = in.number<std::uint64_t>();
  answer.kept = in.number<std::uint8_t>() != 0;
  return read_rows(in, answer.writes);
}

namespace {

constexpr std::size_t kHeader = sizeof(std::uint32_t);
constexpr int kNapMs = 50;  // how often a wait looks whether it is abandoned

int milliseconds_left(const Deadline& deadline) {
  if (!deadline) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1 << 30));
}

// Waits until `fd` is ready for `events`; false when the deadline passed.
bool wait_for(int fd, short events, const Deadline& deadline, Noise* noise) {
  for (;;) {
    pollfd waits[] = {{fd, events, 0}, {noise != nullptr ? noise->fd : -1, POLLIN, 0}};
    if (noise != nullptr && noise->abandoned != nullptr && noise->abandoned->load()) return false;
    const int left = milliseconds_left(deadline);
    const int nap = noise == nullptr ? left : left < 0 ? kNapMs : std::min(left, kNapMs);
    const int ready = ::poll(waits, std::size(waits), nap);
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && waits[1].revents != 0) noise->listen();
    if (ready > 0 && waits[0].revents != 0) return true;
    if (ready == 0 && left >= 0 && milliseconds_left(deadline) == 0) return false;
  }
}

Received read_exactly(int fd, char* into, std::size_t n, const Deadline& deadline, Noise* noise) {
  while (n > 0) {
    if (!wait_for(fd, POLLIN, deadline, noise)) return Received::kTimeout;
    const ssize_t got = ::recv(fd, into, n, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) return Received::kClosed;
    into += got;
    n -= static_cast<std::size_t>(got);
  }
  return Received::kFrame;
}

}  // namespace

void Noise::listen() {
  constexpr std::size_t kTail = 4u << 10;
  char buffer[4096];
  const ssize_t got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (got > 0) tail.append(buffer, static_cast<std::size_t>(got));
  if (tail.size() > kTail) tail.erase(0, tail.size() - kTail);
  if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) fd = -1;
}

bool send_frame(int fd, std::string_view payload, Deadline deadline) {
  if (payload.size() > kMaxFrame) return false;
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof size);
  bytes += payload;
  std::string_view left = bytes;
  while (!left.empty()) {
    const ssize_t sent = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(fd, POLLOUT, deadline, nullptr)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

Received receive_frame(int fd, std::string& payload, Deadline deadline, Noise* noise) {
  char header[kHeader];
  if (const Received got = read_exactly(fd, header, kHeader, deadline, noise);
      got != Received::kFrame) {
    return got;
  }
  std::uint32_t size = 0;
  std::memcpy(&size, header, kHeader);
  if (size > kMaxFrame) return Received::kTooLarge;
  payload.resize(size);
  return read_exactly(fd, payload.data(), size, deadline, noise);
}

}  // namespace gateway::wire
