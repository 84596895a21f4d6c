#include "canary/shadow_link.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstring>

#include "loading/text.hpp"

namespace gateway {
namespace {

using wire::Kind;
using wire::Received;

// Keys that one question of the candidate may ask for.
constexpr std::uint64_t kMaxKeys = 100'000;

}  // namespace

ShadowLink::ShadowLink(SpawnedChild child, std::chrono::milliseconds patience,
                       const std::atomic<bool>& abandoned)
    : child_(std::move(child)), patience_(patience) {
  noise_.fd = child_.err.get();
  noise_.abandoned = &abandoned;
}

ShadowLink::~ShadowLink() {
  int status = 0;
  if (!reaped_) kill_and_reap(child_.pid, status);
}

Result<std::unique_ptr<ShadowLink>> ShadowLink::start(const ShadowOptions& options,
                                                      const std::atomic<bool>& abandoned) {
  auto child = spawn_child(
      {options.prover.prover, options.replay ? "--replay" : "--shadow", "--max-data-bytes",
       std::to_string(options.prover.max_data_bytes), options.library},
      {"LC_ALL=C", "PATH=/usr/bin:/bin"});
  if (!child) return child.error();
  std::unique_ptr<ShadowLink> link(
      new ShadowLink(std::move(*child), options.prover.timeout, abandoned));
  const auto deadline = std::chrono::steady_clock::now() + link->patience_;
  std::string frame;
  Received got = Received::kClosed;
  if (wire::send_frame(link->child_.in.get(),
                       wire::Writer(Kind::kSetup).text(options.config_json).bytes(), deadline)) {
    got = link->listen(frame, deadline);
  }
  if (got == Received::kTimeout) {
    return Error{"prove_timeout",
                 fmt::format("the shadow did not start within {} ms", link->patience_.count())};
  }
  wire::Reader reader(frame);
  const Kind kind = got == Received::kFrame ? reader.kind() : Kind::kSetup;
  if (kind == Kind::kReady && reader.done()) return link;
  if (kind == Kind::kRefused) {
    std::string code = reader.text();
    return Error{std::move(code), reader.text()};
  }
  return Error{"shadow_crashed", "the shadow ended before it was ready" + link->last_words()};
}

Received ShadowLink::listen(std::string& frame, wire::Deadline deadline) {
  return wire::receive_frame(child_.in.get(), frame, deadline, &noise_);
}

bool ShadowLink::load(const std::vector<Write>& rows) {
  wire::Writer out(Kind::kLoad);
  wire::write_rows(out, rows);
  return wire::send_frame(child_.in.get(), out.bytes(),
                          std::chrono::steady_clock::now() + patience_);
}

ShadowLink::Reply ShadowLink::ask(const wire::Question& question, const ReadLog& reads,
                                  const RecordedSnapshot::Source& base) {
  const wire::Deadline deadline = std::chrono::steady_clock::now() + patience_;
  if (!wire::send_frame(child_.in.get(), wire::step_frame(question, reads), deadline)) {
    return broken(std::chrono::steady_clock::now() >= *deadline ? Received::kTimeout
                                                                : Received::kClosed);
  }
  bool moved = false;
  for (std::string frame;;) {
    if (const Received got = listen(frame, deadline); got != Received::kFrame) return broken(got);
    wire::Reader reader(frame);
    bool understood = false;
    switch (reader.kind()) {
      case Kind::kGet:
        understood = answer_get(reader, base, moved, deadline);
        break;
      case Kind::kScan:
        understood = answer_scan(reader, base, moved, deadline);
        break;
      case Kind::kAnswer: {
        Reply reply;
        if (!wire::read_answer(reader, reply.answer)) break;
        reply.end = moved ? End::kMoved : End::kAnswered;
        return reply;
      }
      default:
        break;
    }
    if (!understood) return broken(Received::kTooLarge);
  }
}

bool ShadowLink::answer_get(wire::Reader& reader, const RecordedSnapshot::Source& base, bool& moved,
                            wire::Deadline deadline) {
  const auto n = reader.number<std::uint64_t>();
  if (n > kMaxKeys) return false;
  std::vector<std::string> keys;
  for (std::uint64_t i = 0; i < n && !reader.failed(); ++i) keys.push_back(reader.text());
  if (!reader.done()) return false;
  const std::vector<std::string_view> names(keys.begin(), keys.end());
  auto found = base.get(names);
  moved = moved || !found;
  if (!found)
    return wire::send_frame(child_.in.get(), wire::Writer(Kind::kMoved).bytes(), deadline);
  wire::Writer out(Kind::kFound);
  for (const auto& value : *found) out.maybe(value);
  return wire::send_frame(child_.in.get(), out.bytes(), deadline);
}

bool ShadowLink::answer_scan(wire::Reader& reader, const RecordedSnapshot::Source& base,
                             bool& moved, wire::Deadline deadline) {
  const std::string first = reader.text();
  const std::string last = reader.text();
  const bool reverse = reader.number<std::uint8_t>() != 0;
  if (!reader.done()) return false;
  auto page = base.scan({first, last, reverse});
  moved = moved || !page;
  if (!page) return wire::send_frame(child_.in.get(), wire::Writer(Kind::kMoved).bytes(), deadline);
  wire::Writer out(Kind::kRows);
  out.number<std::uint8_t>(page->complete ? 1 : 0).number<std::uint64_t>(page->rows.size());
  for (const auto& [key, value] : page->rows) out.text(key).text(value);
  return wire::send_frame(child_.in.get(), out.bytes(), deadline);
}

ShadowLink::Reply ShadowLink::broken(Received how) {
  Reply reply;
  reply.end = how == Received::kTimeout ? End::kSlow : End::kCrashed;
  reply.words = how == Received::kTimeout ? fmt::format("no answer within {} ms", patience_.count())
                : how == Received::kTooLarge ? "the shadow's process spoke out of turn"
                                             : "the shadow's process ended";
  reply.words += last_words();
  return reply;
}

// Ends the process, if it has not ended by itself, and says how it went.
std::string ShadowLink::last_words() {
  if (reaped_) return {};
  while (noise_.fd >= 0) {
    const std::size_t before = noise_.tail.size();
    noise_.listen();
    if (noise_.tail.size() == before) break;
  }
  reaped_ = true;
  int status = 0;
  std::string words;
  if (kill_and_reap(child_.pid, status)) {
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
      const char* name = ::sigabbrev_np(WTERMSIG(status));
      words = fmt::format(" with SIG{}", name == nullptr ? "?" : name);
    } else if (WIFEXITED(status)) {
      words = fmt::format(" with exit status {}", WEXITSTATUS(status));
    }
  }
  if (!noise_.tail.empty()) {
    words += "; it printed last: " + printable(noise_.tail, noise_.tail.size(), true);
  }
  return words;
}

}  // namespace gateway
