#include "execution/view.hpp"

#include <algorithm>

#include "execution/limits.hpp"

namespace gateway {
namespace {

constexpr std::string_view kFirstPluginKey("\x01", 1);

std::optional<StoreError> key_error(std::string_view key) {
  if (key.empty()) return StoreError{GW_INVALID, "empty key; keys have 1 to 512 bytes"};
  if (key.size() > limits::kMaxKey) {
    return StoreError{GW_INVALID, "key of " + std::to_string(key.size()) + " bytes; at most " +
                                      std::to_string(limits::kMaxKey) + " are allowed"};
  }
  if (key.front() == '\0') {
    return StoreError{GW_INVALID, "keys that begin with 0x00 belong to the host"};
  }
  return std::nullopt;
}

std::uint64_t row_bytes(std::string_view key, const std::optional<std::string>& value) {
  return key.size() + (value ? value->size() : 0);
}

// The rows of several layers and the own writes in [first, last) as one ordered sequence, newest
// write per key.
class OverlayCursor {
 public:
  OverlayCursor(const Range& range) : reverse_(range.reverse) {}

  void add(const Layer::Rows& rows, const Range& range) {  // newest first
    const auto begin = rows.lower_bound(range.first);
    const auto end = range.last.empty() ? rows.end() : rows.lower_bound(range.last);
    if (begin != end) parts_.push_back({begin, end});
  }

  bool done() const { return parts_.empty(); }

  std::string_view key() const { return head(parts_[newest()])->first; }
  const std::optional<std::string>& value() const { return head(parts_[newest()])->second; }

  void advance() {
    const std::string_view current = key();
    for (Part& part : parts_) {
      if (head(part)->first != current) continue;
      reverse_ ? static_cast<void>(--part.end) : static_cast<void>(++part.begin);
    }
    parts_.erase(std::remove_if(parts_.begin(), parts_.end(),
                                [](const Part& part) { return part.begin == part.end; }),
                 parts_.end());
  }

  // True if this cursor's key comes before `other` in the direction of the scan.
  bool before(std::string_view other) const { return reverse_ ? key() > other : key() < other; }

 private:
  struct Part {
    Layer::Rows::const_iterator begin, end;
  };

  Layer::Rows::const_iterator head(const Part& part) const {
    return reverse_ ? std::prev(part.end) : part.begin;
  }

  // The part with the next key; of equal keys the newest part, which comes first.
  std::size_t newest() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < parts_.size(); ++i) {
      const std::string& candidate = head(parts_[i])->first;
      const std::string& chosen = head(parts_[best])->first;
      if (reverse_ ? candidate > chosen : candidate < chosen) best = i;
    }
    return best;
  }

  std::vector<Part> parts_;
  bool reverse_;
};

}  // namespace

void Layer::merge(const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    auto [row, fresh] = rows_.try_emplace(write.key, write.value);
    if (!fresh) {
      bytes_ -= row_bytes(row->first, row->second);
      row->second = write.value;
    }
    bytes_ += row_bytes(row->first, row->second);
  }
}

View::View(Snapshot& snapshot, Layers layers) : snapshot_(snapshot), layers_(std::move(layers)) {}

const View::OwnValue* View::overlaid(std::string_view key) const {
  if (auto own = own_.find(key); own != own_.end()) return &own->second;
  return layered(key);
}

const View::OwnValue* View::layered(std::string_view key) const {
  for (const auto& layer : layers_) {
    if (auto row = layer->rows().find(key); row != layer->rows().end()) return &row->second;
  }
  return nullptr;
}

StoreResult<View::Value> View::get(std::string_view key) {
  auto values = get_many({&key, 1});
  if (!values) return std::move(values).error();
  return values->front();
}

StoreResult<std::vector<View::Value>> View::get_many(std::span<const std::string_view> keys) {
  std::vector<std::string_view> missing;
  for (std::string_view key : keys) {
    if (auto error = key_error(key)) return *std::move(error);
    if (overlaid(key) == nullptr && reads_.find(key) == reads_.end()) missing.push_back(key);
  }
  if (!missing.empty()) {
    auto rows = snapshot_.get(missing);
    if (!rows) return std::move(rows).error();
    for (std::size_t i = 0; i < missing.size(); ++i) {
      reads_.try_emplace(std::string(missing[i]), std::move((*rows)[i]));
    }
  }
  std::vector<Value> values;
  values.reserve(keys.size());
  for (std::string_view key : keys) {
    const OwnValue* row = overlaid(key);
    if (log_ != nullptr && row != nullptr && row == layered(key)) log_->note(key, *row);
    const OwnValue& value = row != nullptr ? *row : reads_.find(key)->second.value;
    values.push_back(value ? Value(*value) : Value());
  }
  return values;
}

StoreResult<std::optional<std::string>> View::peek(std::string_view key) {
  if (const OwnValue* row = overlaid(key)) return *row;
  if (const auto read = reads_.find(key); read != reads_.end()) return read->second.value;
  auto rows = snapshot_.get({&key, 1});
  if (!rows) return std::move(rows).error();
  return std::move(rows->front().value);
}

StoreResult<void> View::put(std::string_view key, std::string_view value) {
  if (value.size() > limits::kMaxValue) {
    return StoreError{GW_TOO_LARGE, "value of " + std::to_string(value.size()) +
                                        " bytes; at most " + std::to_string(limits::kMaxValue) +
                                        " are allowed"};
  }
  return write(key, std::string(value));
}

StoreResult<void> View::erase(std::string_view key) { return write(key, std::nullopt); }

StoreResult<void> View::write(std::string_view key, OwnValue value) {
  if (auto error = key_error(key)) return *std::move(error);
  const auto row = own_.find(key);
  const std::uint64_t before = row == own_.end() ? 0 : row_bytes(row->first, row->second);
  const std::uint64_t after = own_bytes_ - before + row_bytes(key, value);
  if (after > limits::kMaxWrites) {
    return StoreError{GW_TOO_LARGE, "this step's writes would reach " + std::to_string(after) +
                                        " bytes; at most " + std::to_string(limits::kMaxWrites) +
                                        " are allowed per step: do less and return GW_MORE"};
  }
  own_bytes_ = after;
  // The whole row is set aside, because moving a short string would move its bytes.
  if (row != own_.end()) replaced_.push_back(own_.extract(row));
  own_.emplace(std::string(key), std::move(value));
  return {};
}

// Visits the rows of the snapshot, the layers and, `with_own`, the step's own writes in their order;
// those of the snapshot with their version.
template <class Visit>
StoreResult<void> View::merge(const Range& range, bool with_own, const Visit& visit) {
  OverlayCursor overlay(range);
  if (with_own) overlay.add(own_, range);
  for (const auto& layer : layers_) overlay.add(layer->rows(), range);

  bool more = true;
  const auto deliver_overlay = [&] {
    if (const auto& value = overlay.value()) more = visit(overlay.key(), *value, std::nullopt);
    overlay.advance();
  };
  auto scanned = snapshot_.scan(
      range, [&](std::string_view key, std::string_view value, std::uint64_t version) {
        while (more && !overlay.done() && overlay.before(key)) deliver_overlay();
        if (!more) return false;
        if (!overlay.done() && overlay.key() == key) {
          deliver_overlay();  // the newer write hides the row
        } else {
          more = visit(key, value, std::optional(version));
        }
        return more;
      });
  if (!scanned) return scanned;
  while (more && !overlay.done()) deliver_overlay();
  return {};
}

StoreResult<void> View::scan(const Range& range, std::uint64_t limit, const Visitor& visit) {
  Range clipped = range;
  if (clipped.first < kFirstPluginKey) clipped.first = kFirstPluginKey;
  if (!clipped.last.empty() && clipped.last <= clipped.first) return {};
  if (limit == 0) return {};

  std::optional<std::string> last;  // where it was ended
  auto scanned = merge(
      clipped, true,
      [&](std::string_view key, std::string_view value, std::optional<std::uint64_t> version) {
        if (version) scanned_.try_emplace(std::string(key), *version);
        const bool more = visit(key, value) && --limit > 0;
        if (log_ != nullptr && !more) last = std::string(key);
        return more;
      });
  if (!scanned || log_ == nullptr) return scanned;
  return note_scan(clipped, last);
}

// The rows that the scan above would have seen without the own writes, as far as it came and one
// row beyond, so that another release that stops at the same place needs no more.
StoreResult<void> View::note_scan(const Range& range, const std::optional<std::string>& last) {
  ReadLog::Scan& scan = log_->begin_scan(range);
  return merge(range, false,
               [&](std::string_view key, std::string_view value, std::optional<std::uint64_t>) {
                 log_->note_row(scan, key, value);
                 const bool beyond = last && (range.reverse ? key < *last : key > *last);
                 scan.complete = !beyond;
                 return !beyond && !log_->overflowed();
               });
}

void View::note_reads() {
  for (auto& [key, read] : reads_) log_->note(key, read.value);
}

std::vector<Write> View::take_writes() {
  std::vector<Write> writes;
  writes.reserve(own_.size());
  while (!own_.empty()) {
    auto row = own_.extract(own_.begin());
    writes.push_back({std::move(row.key()), std::move(row.mapped())});
  }
  return writes;
}

std::vector<Check> View::checks() const {
  std::vector<Check> checks;
  checks.reserve(reads_.size() + scanned_.size());
  for (const auto& [key, read] : reads_) checks.push_back({key, read.version});
  for (const auto& [key, version] : scanned_) {
    if (reads_.find(key) == reads_.end()) checks.push_back({key, version});
  }
  std::sort(checks.begin(), checks.end(),
            [](const Check& a, const Check& b) { return a.key < b.key; });
  return checks;
}

}  // namespace gateway
