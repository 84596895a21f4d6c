#include "canary/shadow_server.hpp"

#include <string_view>

#include "canary/conversation.hpp"
#include "canary/hook_timer.hpp"
#include "canary/recorded_snapshot.hpp"
#include "canary/wire.hpp"
#include "loading/proof_report.hpp"

namespace gateway {
namespace {

using wire::Kind;

StoreError moved() { return {GW_UNAVAILABLE, "the state has moved on"}; }

RecordedSnapshot::Source ask_gateway(ProverConversation& gateway) {
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

wire::Answer answer_step(const Instance& instance, ProverConversation& gateway,
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

}  // namespace

int serve_shadow(int connection, const std::string& library) {
  ProverConversation gateway(connection);
  ReceivedInstance candidate = receive_candidate(gateway, library);
  if (!candidate.instance) return candidate.exit;
  while (gateway.listen()) {
    wire::Reader reader = gateway.reader();
    wire::Question question;
    ReadLog reads;
    if (reader.kind() != Kind::kStep || !wire::read_step(reader, question, reads)) {
      return kExitTrouble;
    }
    const wire::Answer answer = answer_step(*candidate.instance, gateway, question, reads);
    if (!gateway.tell(wire::answer_frame(answer))) break;
  }
  return kExitProved;
}

}  // namespace gateway
