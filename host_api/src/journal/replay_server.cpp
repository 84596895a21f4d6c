#include "journal/replay_server.hpp"

#include <map>
#include <memory>
#include <utility>

#include "canary/conversation.hpp"
#include "execution/routing.hpp"
#include "gateway/memory_engine.hpp"
#include "loading/proof_report.hpp"

namespace gateway {
namespace {

using wire::Kind;

wire::Answer failed(gw_status status, std::string error) {
  wire::Answer answer;
  answer.status = status;
  answer.error = std::move(error);
  return answer;
}

// A release with a store of its own.
class ReplayedRelease {
 public:
  explicit ReplayedRelease(const Instance& instance) : instance_(instance) {}

  bool load(const std::vector<Write>& rows) {
    return engine_.commit({}, rows).kind == CommitOutcome::Kind::kCommitted;
  }

  wire::Answer answer(wire::Question question) {
    const Routing routing = routing_of(instance_, question.hook, question.name, question.args_json);
    if (!routing.known) return failed(GW_INVALID, "this release has no such tool, sweep or outbox");
    constexpr std::uint32_t kByManifest = GW_CALL_READ_ONLY | GW_CALL_DRY_RUN;
    question.flags = (question.flags & ~kByManifest) | routing.flags | GW_CALL_REPLAY;
    question.max_reply = routing.max_reply;
    auto snapshot = engine_.snapshot();
    if (!snapshot) return failed(snapshot.error().status, snapshot.error().message);
    View view(**snapshot, layers_of(question));
    StepResult result = run_step(instance_, view, question.input());
    return keep(question, std::move(result));
  }

 private:
  View::Layers layers_of(const wire::Question& question) const {
    const auto kept = dry_runs_.find(question.request_id);
    if (kept == dry_runs_.end()) return {};
    return {kept->second};
  }

  wire::Answer keep(const wire::Question& question, StepResult result) {
    wire::Answer answer;
    answer.status = result.status;
    answer.body = std::move(result.body);
    answer.error = std::move(result.error);
    answer.writes = std::move(result.writes);
    if ((question.flags & GW_CALL_DRY_RUN) != 0) {
      keep_dry(question.request_id, answer);
    } else if (!answer.writes.empty()) {
      answer.kept = load(answer.writes);
    }
    return answer;
  }

  void keep_dry(const std::string& request_id, const wire::Answer& answer) {
    if (answer.status != GW_MORE) {
      dry_runs_.erase(request_id);
      return;
    }
    auto& layer = dry_runs_[request_id];
    if (layer == nullptr) layer = std::make_shared<Layer>();
    layer->merge(answer.writes);
  }

  const Instance& instance_;
  MemoryEngine engine_;
  std::map<std::string, std::shared_ptr<Layer>> dry_runs_;  // by request, until its last step
};

}  // namespace

int serve_replay(int connection, const std::string& library) {
  ProverConversation gateway(connection);
  ReceivedInstance candidate = receive_candidate(gateway, library);
  if (!candidate.instance) return candidate.exit;
  ReplayedRelease release(*candidate.instance);
  while (gateway.listen()) {
    wire::Reader reader = gateway.reader();
    const Kind kind = reader.kind();
    if (kind == Kind::kLoad) {
      std::vector<Write> rows;
      if (!wire::read_rows(reader, rows) || !release.load(rows)) return kExitTrouble;
      continue;
    }
    wire::Question question;
    ReadLog none;
    if (kind != Kind::kStep || !wire::read_step(reader, question, none)) return kExitTrouble;
    if (!gateway.tell(wire::answer_frame(release.answer(std::move(question))))) break;
  }
  return kExitProved;
}

}  // namespace gateway
