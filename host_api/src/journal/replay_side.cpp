#include "journal/replay_side.hpp"

#include <utility>

namespace gateway {
namespace {

constexpr std::uint64_t kLoadBytes = 4u << 20;

// It has a state of its own: whoever asks is broken.
RecordedSnapshot::Source nothing_to_ask() {
  const StoreError error{GW_UNAVAILABLE, "a replay has a state of its own"};
  RecordedSnapshot::Source source;
  source.get = [error](std::span<const std::string_view>)
      -> StoreResult<std::vector<std::optional<std::string>>> { return error; };
  source.scan = [error](const Range&) -> StoreResult<ScanPage> { return error; };
  return source;
}

// Rows in pieces that fit a frame.
class Loading {
 public:
  explicit Loading(ShadowLink& link) : link_(link) {}
  void add(const std::string& key, const std::optional<std::string>& value) {
    bytes_ += key.size() + (value ? value->size() : 0);
    piece_.push_back({key, value});
    if (bytes_ >= kLoadBytes) finish();
  }
  void finish() {
    if (!piece_.empty()) link_.load(piece_);
    piece_.clear();
    bytes_ = 0;
  }

 private:
  ShadowLink& link_;
  std::vector<Write> piece_;
  std::uint64_t bytes_ = 0;
};

ShadowOptions as_replay(ShadowOptions options) {
  options.replay = true;
  return options;
}

}  // namespace

ReplaySide::ReplaySide(ShadowOptions options, const std::vector<Write>& rows)
    : options_(as_replay(std::move(options))), rows_(rows) {}

Result<void> ReplaySide::start() {
  auto link = ShadowLink::start(options_, abandoned_);
  if (!link) return link.error();
  link_ = std::move(*link);
  Loading loading(*link_);
  for (const Write& row : rows_) loading.add(row.key, row.value);
  for (const auto& [key, value] : own_.rows()) loading.add(key, value);
  loading.finish();
  return {};
}

Result<ReplaySide::Told> ReplaySide::ask(const journal::RecordedStep& recorded) {
  wire::Question question = recorded.question;
  question.deadline_ns = 0;  // of a clock that is not this one
  Told told;
  const auto open = open_calls_.find(question.request_id);
  if (question.step > 0 && open != open_calls_.end()) {
    told.ran = open->second.goes_on;
    question.continuation = open->second.continuation;
  }
  if (told.ran) {
    if (link_ == nullptr) {
      if (auto started = start(); !started) return started.error();
    }
    ShadowLink::Reply reply = link_->ask(question, ReadLog(), nothing_to_ask());
    told.end = reply.end;
    told.answer = std::move(reply.answer);
    told.words = std::move(reply.words);
  }
  keep(recorded, told);
  return told;
}

void ReplaySide::keep(const journal::RecordedStep& recorded, const Told& told) {
  const bool answered = told.end == ShadowLink::End::kAnswered;
  if (!answered) {
    ++broken_;
    link_.reset();
  }
  if (told.answer.kept) own_.merge(told.answer.writes);
  const std::string& request = recorded.question.request_id;
  if (recorded.status != GW_MORE) {
    open_calls_.erase(request);
  } else {
    const bool goes_on = told.ran && answered && told.answer.status == GW_MORE;
    open_calls_[request] = {goes_on, goes_on ? told.answer.body : std::string()};
  }
}

}  // namespace gateway
