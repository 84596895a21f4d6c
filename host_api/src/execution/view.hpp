// The store as one step sees it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "execution/read_log.hpp"
#include "gateway/engine.hpp"

namespace gateway {

// A layer of writes above a snapshot: merged, not yet durable (a batch), or never to be (a dry
// run). Grows only between steps, on its owner's thread; never changes while a View reads it.
class Layer {
 public:
  using Rows = std::map<std::string, std::optional<std::string>, std::less<>>;  // none: erased

  void merge(const std::vector<Write>& writes);
  const Rows& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  std::uint64_t bytes() const { return bytes_; }  // of keys and values

 private:
  Rows rows_;
  std::uint64_t bytes_ = 0;
};

// A snapshot, the layers above it and the step's own writes, as one ordered map. Remembers what was
// read, for the check at commit; keeps every value it returned alive and unchanged for as long as
// it lives.
//
// Keys have 1 to 512 bytes; those that begin with 0x00 are the host's: no read, write or scan
// reaches them.
// Errors: GW_INVALID (key rules), GW_TOO_LARGE (value or sum of writes), and what the snapshot
// returns.
// Thread rule: one thread. The snapshot and the layers must outlive it unchanged.
class View {
 public:
  using Layers = std::vector<std::shared_ptr<const Layer>>;  // newest first
  using Value = std::optional<std::string_view>;             // none: absent
  using Visitor = std::function<bool(std::string_view key, std::string_view value)>;

  explicit View(Snapshot& snapshot, Layers layers = {});
  View(const View&) = delete;
  View& operator=(const View&) = delete;

  StoreResult<Value> get(std::string_view key);
  StoreResult<std::vector<Value>> get_many(std::span<const std::string_view> keys);
  StoreResult<void> put(std::string_view key, std::string_view value);
  StoreResult<void> erase(std::string_view key);

  // From now on, notes in `log` what is read below the step's own writes. The log must outlive the
  // reads; note_reads() completes it.
  void record(ReadLog& log) { log_ = &log; }
  void note_reads();

  Snapshot& snapshot() const { return snapshot_; }
  const Layers& layers() const { return layers_; }

  // Visits at most `limit` rows until the visitor returns false. No other function may be called in
  // between.
  StoreResult<void> scan(const Range& range, std::uint64_t limit, const Visitor& visit);

  // As get(), but for the host's own curiosity: untracked.
  StoreResult<std::optional<std::string>> peek(std::string_view key);

  std::vector<Write> take_writes();  // in key order, one per key; the view is at its end
  std::vector<Check> checks()
      const;  // in key order, one per key: rows of the snapshot that were read

  std::uint64_t keys_read() const { return reads_.size() + scanned_.size(); }
  std::uint64_t keys_written() const { return own_.size(); }
  std::uint64_t bytes_written() const { return own_bytes_; }

 private:
  using OwnValue = std::optional<std::string>;
  StoreResult<void> write(std::string_view key, OwnValue value);
  const OwnValue* overlaid(std::string_view key) const;  // nullptr: the snapshot decides
  const OwnValue* layered(std::string_view key) const;   // the same, without the own writes
  template <class Visit>
  StoreResult<void> merge(const Range& range, bool with_own, const Visit& visit);
  StoreResult<void> note_scan(const Range& range, const std::optional<std::string>& last);

  Snapshot& snapshot_;
  Layers layers_;
  Layer::Rows own_;
  std::uint64_t own_bytes_ = 0;
  std::map<std::string, Versioned, std::less<>> reads_;  // point reads of the snapshot
  std::map<std::string, std::uint64_t, std::less<>> scanned_;
  ReadLog* log_ = nullptr;
  std::deque<Layer::Rows::node_type> replaced_;  // overwritten rows: a reader may still hold them
};

}  // namespace gateway
