#include "canary/shadow_server.hpp"

#include <string_view>

#include "canary/preemption.hpp"
#include "canary/recorded_snapshot.hpp"
#include "canary/wire.hpp"
#include "gateway/instance.hpp"
#include "loading/library.hpp"
#include "loading/proof_report.hpp"

namespace gateway {
namespace {

using wire::Kind;

// One end of the conversation; the gateway is waited for without a limit, because it ends this process when it wants to.
class Conversation {
 public:
  explicit Conversation(int fd) : fd_(fd) {}

  bool tell(std::string_view payload) { return wire::send_frame(fd_, payload); }

  // The next frame; false when the gateway is gone.
  bool listen() { return wire::receive_frame(fd_, frame_) == wire::Received::kFrame; }
  wire::Reader reader() const { return wire::Reader(frame_); }

  // Asks during a step; the time until the answer is not the candidate's.
  bool ask(std::string_view payload) {
    const auto asked = std::chrono::steady_clock::now();
    const bool answered = tell(payload) && listen();
    waited_ += std::chrono::steady_clock::now() - asked;
    return answered;
  }
  std::chrono::nanoseconds take_waited() { return std::exchange(waited_, {}); }

 private:
  const int fd_;
  std::string frame_;
  std::chrono::nanoseconds waited_{0};
};

StoreError moved() { return {GW_UNAVAILABLE, "the state has moved on"}; }

RecordedSnapshot::Source ask_gateway(Conversation& gateway) {
  RecordedSnapshot::Source source;
  source.get = [&gateway](std::span<const std::string_view> keys)
      -> StoreResult<std::vector<std::optional<std::string>>> {
    wire::Writer question(Kind::kGet);
    question.number<std::uint64_t>(keys.size());
    for (const std::string_view key : keys) question.text(key);
    if (!gateway.ask(question.bytes())) return moved();
    wire::Reader reader = gateway.reader();
    if (reader.kind() != Kind::kFound) return moved();
    std::vector<std::optional<std::string>> values(keys.size());
    for (auto& value : values) value = reader.maybe();
    if (!reader.done()) return moved();
    return values;
  };
  source.scan = [&gateway](const Range& range) -> StoreResult<ScanPage> {
    wire::Writer question(Kind::kScan);
    question.text(range.first).text(range.last).number<std::uint8_t>(range.reverse ? 1 : 0);
    if (!gateway.ask(question.bytes())) return moved();
    wire::Reader reader = gateway.reader();
    if (reader.kind() != Kind::kRows) return moved();
    ScanPage page;
    page.complete = reader.number<std::uint8_t>() != 0;
    for (auto n = reader.number<std::uint64_t>(); n > 0 && !reader.failed(); --n) {
      std::string key = reader.text();
      page.rows.emplace_back(std::move(key), reader.text());
    }
    if (!reader.done()) return moved();
    return page;
  };
  return source;
}

wire::Answer answer_step(const Instance& instance, Conversation& gateway,
                         const wire::Question& question, const ReadLog& reads) {
  RecordedSnapshot snapshot(reads, ask_gateway(gateway));
  View view(snapshot);
  gateway.take_waited();
  const HookTimer timer;
  StepResult result = run_step(instance, view, question.input());
  wire::Answer answer;
  answer.took_us = timer.took_us(result.took - gateway.take_waited());
  answer.status = result.status;
  answer.body = std::move(result.body);
  answer.error = std::move(result.error);
  answer.writes = std::move(result.writes);
  return answer;
}

int refuse(Conversation& gateway, const Error& error) {
  gateway.tell(wire::Writer(Kind::kRefused).text(error.code).text(error.message).bytes());
  return kExitRefused;
}

}  // namespace

int serve_shadow(int connection, const std::string& library) {
  Conversation gateway(connection);
  if (!gateway.listen()) return kExitTrouble;
  wire::Reader setup = gateway.reader();
  const bool understood = setup.kind() == Kind::kSetup;
  const std::string config = setup.text();
  if (!understood || !setup.done()) return kExitTrouble;

  auto loaded = Library::open(library, [](const Library::Closed&) {});
  if (!loaded) return refuse(gateway, loaded.error());
  const gw_plugin* table = (*loaded)->table();
  auto instance = Instance::create(table, {}, config, std::move(*loaded));
  if (!instance) return refuse(gateway, instance.error());
  if (!gateway.tell(wire::Writer(Kind::kReady).bytes())) return kExitProved;

  while (gateway.listen()) {
    wire::Reader reader = gateway.reader();
    wire::Question question;
    ReadLog reads;
    if (reader.kind() != Kind::kStep || !wire::read_step(reader, question, reads)) {
      return kExitTrouble;
    }
    const wire::Answer answer = answer_step(**instance, gateway, question, reads);
    if (!gateway.tell(wire::answer_frame(answer))) break;
  }
  return kExitProved;
}

}  // namespace gateway
