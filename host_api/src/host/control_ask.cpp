// Control: a release is tried outside the gateway, and nothing becomes of it.
#include <fmt/format.h>

#include <atomic>
#include <span>

#include "canary/shadow_link.hpp"
#include "host/control.hpp"

namespace gateway {
namespace {

// A store in which nothing is.
RecordedSnapshot::Source empty_store() {
  RecordedSnapshot::Source source;
  source.get = [](std::span<const std::string_view> keys)
      -> StoreResult<std::vector<std::optional<std::string>>> {
    return std::vector<std::optional<std::string>>(keys.size());
  };
  source.scan = [](const Range&) -> StoreResult<ScanPage> {
    ScanPage page;
    page.complete = true;
    return page;
  };
  return source;
}

Error failed(const ToolQuestion& asked, const std::string& how) {
  return {"candidate_failed", fmt::format("its call of {} failed: {}", asked.tool, how)};
}

Result<std::string> reply_of(const ToolQuestion& asked, const ShadowLink::Reply& reply) {
  if (reply.end != ShadowLink::End::kAnswered) return failed(asked, reply.words);
  const gw_status status = reply.answer.status;
  const bool answered = status == GW_OK || status == GW_REFUSED || status == GW_REFUSED_RECORDED;
  if (answered) return reply.answer.body;
  return failed(asked, fmt::format("{} {}", status_name(status), reply.answer.error));
}

}  // namespace

Result<KnownRelease> Control::prove(const std::string& what) {
  if (what.find('/') != std::string::npos) return install(what);
  const Turn turn(*this);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  auto release = obtain(what);
  if (!release) return release.error();
  return known(*release);
}

Result<ShadowOptions> Control::shadow_of(const std::string& what) {
  const std::lock_guard lock(mutex_);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  auto release = kept(what);
  if (!release) return release.error();
  ShadowOptions options;
  options.prover = options_.prover;
  options.library = releases_.library_of(release->id.sha256);
  options.config_json = swapper_.config_json();
  return options;
}

// Outside the turn: the gateway is not held up by a release that does not answer.
Result<std::vector<std::string>> Control::ask(const std::string& what,
                                              const std::vector<ToolQuestion>& questions) {
  auto options = shadow_of(what);
  if (!options) return options.error();
  const std::atomic<bool> abandoned{false};
  auto link = ShadowLink::start(*options, abandoned);
  if (!link) return link.error();
  std::vector<std::string> replies;
  for (const ToolQuestion& asked : questions) {
    wire::Question question;
    question.name = asked.tool;
    question.args_json = asked.args_json;
    question.request_id = fmt::format("question-{}", replies.size() + 1);
    question.node_id = options_.prover.node_id;
    question.flags = GW_CALL_READ_ONLY;
    question.caller_kind = GW_CALLER_OPERATOR;
    question.now_ms = clock_.now_ms();
    question.role.lease_holder = options_.prover.node_id;
    question.max_reply = limits::kMaxReply;
    auto reply = reply_of(asked, (*link)->ask(question, {}, empty_store()));
    if (!reply) return reply.error();
    replies.push_back(std::move(*reply));
  }
  return replies;
}

}  // namespace gateway
