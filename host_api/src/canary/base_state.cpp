#include "canary/base_state.hpp"

namespace gateway {
namespace {

// What one page of a scan may hold: a snapshot is open while it is read.
constexpr std::size_t kPageRows = 500;
constexpr std::size_t kPageBytes = 1u << 20;

StoreError moved() { return {GW_UNAVAILABLE, "the state has moved on"}; }

}  // namespace

void RecentWrites::note(const std::vector<Write>& writes, std::uint64_t base) {
  const std::lock_guard lock(mutex_);
  for (const Write& write : writes) entries_.push_back({base, write.key});
  while (entries_.size() > kMost) {
    forgotten_ = entries_.front().base + 1;
    entries_.pop_front();
  }
}

template <class Matches>
bool RecentWrites::any_since(std::uint64_t base, const Matches& matches) const {
  const std::lock_guard lock(mutex_);
  if (base < forgotten_) return true;
  for (auto entry = entries_.rbegin(); entry != entries_.rend() && entry->base >= base; ++entry) {
    if (matches(entry->key)) return true;
  }
  return false;
}

bool RecentWrites::touched(std::string_view key, std::uint64_t base) const {
  return any_since(base, [&](const std::string& written) { return written == key; });
}

bool RecentWrites::touched(const Range& range, std::uint64_t base) const {
  return any_since(base, [&](const std::string& written) {
    return written >= range.first && (range.last.empty() || written < range.last);
  });
}

RecordedSnapshot::Source state_at(std::uint64_t base, Engine& engine, const RecentWrites& recent) {
  RecordedSnapshot::Source source;
  source.get = [base, &engine, &recent](std::span<const std::string_view> keys)
      -> StoreResult<std::vector<std::optional<std::string>>> {
    auto snapshot = engine.snapshot();
    if (!snapshot) return std::move(snapshot).error();
    auto rows = (*snapshot)->get(keys);
    if (!rows) return std::move(rows).error();
    std::vector<std::optional<std::string>> values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      // Asked after the reading: whatever this snapshot shows was noted before it was committed.
      if ((*rows)[i].version > base || recent.touched(keys[i], base)) return moved();
      values.push_back(std::move((*rows)[i].value));
    }
    return values;
  };
  source.scan = [base, &engine, &recent](const Range& range) -> StoreResult<ScanPage> {
    auto snapshot = engine.snapshot();
    if (!snapshot) return std::move(snapshot).error();
    ScanPage page;
    page.complete = true;
    std::size_t bytes = 0;
    bool newer = false;
    auto scanned = (*snapshot)->scan(
        range, [&](std::string_view key, std::string_view value, std::uint64_t version) {
          if (page.rows.size() >= kPageRows || bytes >= kPageBytes) {
            page.complete = false;
            return false;
          }
          newer = newer || version > base;
          bytes += key.size() + value.size();
          page.rows.emplace_back(key, value);
          return !newer;
        });
    if (!scanned) return std::move(scanned).error();
    if (newer || recent.touched(range, base)) return moved();
    return page;
  };
  return source;
}

}  // namespace gateway
