// The state that another release's step has read, as a snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "canary/wire.hpp"
#include "execution/read_log.hpp"
#include "gateway/engine.hpp"

namespace gateway {

// Rows of a scan beyond what was recorded.
struct ScanPage {
  std::vector<std::pair<std::string, std::string>> rows;
  bool complete = false;  // to the end of the range
};

// Answers reads from a log, and asks for what is not in it.
// Thread rule: one thread.
class RecordedSnapshot final : public Snapshot {
 public:
  struct Source {
    std::function<StoreResult<std::vector<std::optional<std::string>>>(
        std::span<const std::string_view>)>
        get;
    std::function<StoreResult<ScanPage>(const Range&)> scan;  // some rows of it, from its beginning
  };

  RecordedSnapshot(const ReadLog& log, Source source) : log_(log), source_(std::move(source)) {}

  std::uint64_t sequence() const override { return 0; }
  StoreResult<std::vector<Versioned>> get(std::span<const std::string_view> keys) override;
  StoreResult<void> scan(const Range& range, const RowVisitor& visit) override;

 private:
  const ReadLog::Scan* recorded(const Range& range) const;

  const ReadLog& log_;
  const Source source_;
};

// The part of `range` beyond `key`, in its direction. The texts it refers to are in `bound`.
Range rest_of(const Range& range, std::string_view key, std::string& bound);

}  // namespace gateway
