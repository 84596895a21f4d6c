#include "store/sqlite_readers.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

namespace {

constexpr std::size_t kMaxIdle = 8;

}  // namespace

class SqliteSnapshot final : public Snapshot {
 public:
  SqliteSnapshot(std::shared_ptr<SqliteReaders> pool, std::shared_ptr<SqliteReader> reader,
                 std::uint64_t sequence)
      : pool_(std::move(pool)), reader_(std::move(reader)), sequence_(sequence) {}
  ~SqliteSnapshot() override { pool_->give_back(reader_); }
  SqliteSnapshot(const SqliteSnapshot&) = delete;
  SqliteSnapshot& operator=(const SqliteSnapshot&) = delete;

  std::uint64_t sequence() const override { return sequence_; }

  StoreResult<std::vector<Versioned>> get(std::span<const std::string_view> keys) override {
    return reader_->get(keys);
  }

  StoreResult<void> scan(const Range& range, const RowVisitor& visit) override {
    return reader_->scan(range, visit);
  }

 private:
  std::shared_ptr<SqliteReaders> pool_;
  std::shared_ptr<SqliteReader> reader_;
  std::uint64_t sequence_;
};

StoreResult<std::shared_ptr<SqliteReader>> SqliteReaders::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!closed_.empty()) return StoreError{GW_UNAVAILABLE, closed_};
    if (!idle_.empty()) {
      busy_.push_back(std::move(idle_.back()));
      idle_.pop_back();
      return busy_.back();
    }
  }
  auto reader = SqliteReader::open(options_);
  if (!reader) return reader;
  const std::lock_guard lock(mutex_);
  if (!closed_.empty()) return StoreError{GW_UNAVAILABLE, closed_};
  busy_.push_back(*reader);
  return reader;
}

StoreResult<std::unique_ptr<Snapshot>> SqliteReaders::snapshot() {
  auto reader = take();
  if (!reader) return reader.error();
  auto sequence = (*reader)->begin();
  if (!sequence) {
    give_back(*reader);
    return sequence.error();
  }
  return std::unique_ptr<Snapshot>(
      std::make_unique<SqliteSnapshot>(shared_from_this(), std::move(*reader), *sequence));
}

void SqliteReaders::give_back(const std::shared_ptr<SqliteReader>& reader) {
  const bool good = reader->finish();
  const std::lock_guard lock(mutex_);
  busy_.erase(std::remove(busy_.begin(), busy_.end(), reader), busy_.end());
  if (good && closed_.empty() && idle_.size() < kMaxIdle) idle_.push_back(reader);
}

void SqliteReaders::end_old() {
  std::vector<std::shared_ptr<SqliteReader>> busy;
  {
    const std::lock_guard lock(mutex_);
    if (busy_.empty()) return;
    busy = busy_;
  }
  for (const auto& reader : busy) reader->end_if_old();
}

void SqliteReaders::close_all(const std::string& why) {
  std::vector<std::shared_ptr<SqliteReader>> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = why;
    all = busy_;
    all.insert(all.end(), idle_.begin(), idle_.end());
    idle_.clear();
  }
  for (const auto& reader : all) reader->end(why);
}

void SqliteReaders::resume() {
  const std::lock_guard lock(mutex_);
  closed_.clear();
}

}  // namespace gateway
