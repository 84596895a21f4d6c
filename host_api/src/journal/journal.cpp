#include "journal/journal.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "host/data_format.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kMostQueued = 8u << 20;
constexpr std::uint64_t kRowsPerFrame = 256u << 10;  // bytes
constexpr std::string_view kFirstPluginKey("\x01", 1);
constexpr auto kComplainAgain = 10min;
constexpr int kNice = 5;  // callers go first on a busy machine

std::uint64_t queue_bound(const Journal::Pace& pace, std::uint64_t max_bytes) {
  return pace.queue_bytes != 0 ? pace.queue_bytes : std::min(kMostQueued, max_bytes / 16);
}

Journal::Pace settled(Journal::Pace pace, std::uint64_t max_bytes) {
  pace.queue_bytes = queue_bound(pace, max_bytes);
  return pace;
}

// Rows as frames of a bounded size.
class RowFrames {
 public:
  explicit RowFrames(std::string& out) : out_(out) {}
  void add(std::string_view key, std::string_view value) {
    bytes_ += key.size() + value.size();
    rows_.push_back({std::string(key), std::string(value)});
    if (bytes_ >= kRowsPerFrame) finish();
  }
  void finish() {
    if (!rows_.empty()) out_ += journal::framed(journal::rows_payload(rows_));
    rows_.clear();
    bytes_ = 0;
  }
  std::uint64_t total() const { return out_.size() + bytes_; }

 private:
  std::string& out_;
  std::vector<Write> rows_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::uint64_t Journal::Entry::bytes() const {
  std::uint64_t sum = 0;
  for (const std::string& step : steps) sum += step.size();
  return sum;
}

Journal::Journal(JournalOptions options, Subject subject, Engine& engine, Clock& clock, LogSink log,
                 Pace pace)
    : options_(std::move(options)),
      pace_(settled(pace, options_.max_bytes)),
      engine_(engine),
      clock_(clock),
      log_(std::move(log)),
      subject_(std::move(subject)),
      ring_(options_.directory, options_.max_bytes),
      next_pause_(pace_.least_pause),
      thread_([this] { run(); }) {
  flush();  // so that the first call is in the file
}

Journal::~Journal() { close(); }

void Journal::push(Entry entry) {
  const std::lock_guard lock(mutex_);
  if (!accepting_ || closing_) return;
  const std::uint64_t bytes = entry.bytes();
  if (queued_bytes_ + bytes > pace_.queue_bytes) {
    lost_ = true;
    accepting_ = false;  // what comes now follows on what is lost
    return;
  }
  const bool was_half_full = queued_bytes_ > pace_.queue_bytes / 2;
  queued_bytes_ += bytes;
  queue_.push_back(std::move(entry));
  if (!was_half_full && queued_bytes_ > pace_.queue_bytes / 2) changed_.notify_all();
}

void Journal::committed(std::uint64_t base, std::uint64_t sequence,
                        std::vector<std::string> steps) {
  push({true, base, sequence, std::move(steps)});
}

void Journal::answered(std::uint64_t seen, std::string step) {
  Entry entry;
  entry.sequence = seen;
  entry.steps.push_back(std::move(step));
  push(std::move(entry));
}

void Journal::reconfigured(std::string config_json) {
  const std::lock_guard lock(mutex_);
  next_config_ = std::move(config_json);
}

void Journal::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t ticket = ++flush_asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return flush_done_ >= ticket || closing_; });
}

void Journal::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Journal::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);  // of this thread alone
  for (bool more = true; more;) {
    std::vector<Entry> entries;
    bool lost = false;
    std::optional<std::string> config_json;
    std::uint64_t ticket = 0;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, pace_.look, [&] {
        return closing_ || flush_asked_ != flush_done_ || queued_bytes_ > pace_.queue_bytes / 2;
      });
      more = !closing_;
      entries.swap(queue_);
      queued_bytes_ = 0;
      lost = std::exchange(lost_, false);
      config_json = std::exchange(next_config_, std::nullopt);
      ticket = flush_asked_;
    }
    work(std::move(entries), lost, std::move(config_json));
    if (more && !file_ && SteadyClock::now() >= begin_at_) begin();
    const std::lock_guard lock(mutex_);
    flush_done_ = ticket;
    changed_.notify_all();
  }
  if (file_) end("the gateway stopped", false);
}

void Journal::work(std::vector<Entry> entries, bool lost, std::optional<std::string> config_json) {
  for (const Entry& entry : entries) {
    if (file_) record(entry);
  }
  if (file_ && lost) {
    end("calls came faster than they could be written, and some are lost", true);
  }
  if (config_json) {
    subject_.config_json = std::move(*config_json);
    if (file_) end("the plugin has another configuration", false);
  }
  if (file_ && file_->bytes() >= limit_) {
    next_pause_ = pace_.least_pause;
    end("the file is full", false);
  }
}

void Journal::record(const Entry& entry) {
  if (!entry.commit) {
    if (entry.sequence >= first_sequence_) put(entry.steps);
    return;  // else it saw a state before the snapshot
  }
  if (entry.sequence <= sequence_) return;  // in the snapshot
  if (entry.base != sequence_) {
    return end(
        fmt::format("commit {} stands on {}, which is not in this file: another process wrote "
                    "to the store, or the fate of a commit was unknown",
                    entry.sequence, entry.base),
        true);
  }
  if (put(entry.steps)) sequence_ = entry.sequence;
}

bool Journal::put(const std::vector<std::string>& steps) {
  std::string bytes;
  for (const std::string& step : steps) bytes += journal::framed(step);
  if (file_->write(bytes)) return true;
  end("the disk is full or cannot be written", true);
  return false;
}

// What is handed over is kept from before the snapshot on: nothing falls between the two.
void Journal::begin() {
  {
    const std::lock_guard lock(mutex_);
    accepting_ = true;
    lost_ = false;  // what was lost is in the snapshot
  }
  std::string bytes(journal::kMagic);
  journal::Header header{subject_.plugin, subject_.node_id, subject_.config_json, clock_.now_ms()};
  if (!take_snapshot(bytes, header)) return pause();
  const std::uint64_t limit =
      std::clamp(2 * bytes.size(), options_.max_bytes / 4, options_.max_bytes / 2);
  auto file = ring_.begin(limit);
  if (!file) {
    complain(file.error().message);
    return pause();
  }
  file_.emplace(std::move(*file));
  if (!file_->write(bytes)) return give_up();
  limit_ = limit;
  first_sequence_ = sequence_ = header.sequence;
  if (std::exchange(in_trouble_, false) && log_) {
    log_(GW_LOG_INFO, "journal", "records again, in " + file_->path());
  }
}

// Half a snapshot is of no use: it would only push a file out of the ring that is.
void Journal::give_up() {
  const std::string path = file_->path();
  file_.reset();
  ::unlink(path.c_str());
  complain(path + " was not begun: the disk is full or cannot be written");
  pause();
}

// Collected in memory, bounded: an engine ends a snapshot that is held over a wait.
bool Journal::take_snapshot(std::string& bytes, journal::Header& header) {
  auto snapshot = engine_.snapshot();
  if (!snapshot) {
    complain("the store cannot be read: " + snapshot.error().message);
    return false;
  }
  header.sequence = (*snapshot)->sequence();
  const auto format = format_in(**snapshot);
  header.data_format = format ? format->value_or(0) : 0;
  bytes += journal::framed(journal::header_payload(header));
  const std::uint64_t most = options_.max_bytes / 4;
  RowFrames frames(bytes);
  bool fits = true;
  const auto scanned = (*snapshot)->scan({kFirstPluginKey, "", false},
                                         [&](std::string_view key, std::string_view value, auto) {
                                           frames.add(key, value);
                                           fits = frames.total() <= most;
                                           return fits;
                                         });
  snapshot->reset();
  frames.finish();
  bytes += journal::framed(journal::begin_payload());
  if (!scanned) complain("the store cannot be read: " + scanned.error().message);
  if (!fits) {
    complain(fmt::format("the store is larger than {} MiB, a quarter of journalMegabytes; raise it",
                         most >> 20));
  }
  return scanned.ok() && fits;
}

void Journal::end(const std::string& reason, bool trouble) {
  file_->write(journal::framed(journal::end_payload(reason)));
  if (trouble) {
    complain(fmt::format("{} ends early: {}", file_->path(), reason));
    file_.reset();
    return pause();
  }
  file_.reset();
}

// Until the next begin(), what is handed over is of no use.
void Journal::pause() {
  begin_at_ = SteadyClock::now() + next_pause_;
  next_pause_ = std::min(std::max(next_pause_ * 2, 1ms), pace_.most_pause);
  const std::lock_guard lock(mutex_);
  accepting_ = false;
}

void Journal::complain(const std::string& text) {
  const bool said = in_trouble_ && SteadyClock::now() - complained_at_ < kComplainAgain;
  in_trouble_ = true;
  if (said || !log_) return;
  complained_at_ = SteadyClock::now();
  log_(GW_LOG_WARN, "journal", text);
}

}  // namespace gateway
