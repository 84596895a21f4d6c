#include "gateway/memory_engine.hpp"

#include <utility>

#include "store/persistent_map.hpp"

namespace gateway {

struct MemoryEngine::Table {
  PersistentMap rows;
  std::uint64_t sequence = 0;
};

namespace {

class MemorySnapshot final : public Snapshot {
 public:
  explicit MemorySnapshot(std::shared_ptr<const MemoryEngine::Table> table)
      : table_(std::move(table)) {}

  std::uint64_t sequence() const override { return table_->sequence; }

  StoreResult<std::vector<Versioned>> get(std::span<const std::string_view> keys) override {
    std::vector<Versioned> found;
    found.reserve(keys.size());
    for (const std::string_view key : keys) {
      const Row* row = table_->rows.find(key);
      found.push_back(row ? Versioned{row->value, row->version} : Versioned{});
    }
    return found;
  }

  StoreResult<void> scan(const Range& range, const RowVisitor& visit) override {
    table_->rows.scan(range, visit);
    return {};
  }

 private:
  std::shared_ptr<const MemoryEngine::Table> table_;
};

}  // namespace

MemoryEngine::MemoryEngine() : table_(std::make_shared<Table>()) {}

std::shared_ptr<const MemoryEngine::Table> MemoryEngine::newest() {
  const std::lock_guard lock(mutex_);
  return table_;
}

StoreResult<std::unique_ptr<Snapshot>> MemoryEngine::snapshot() {
  return std::unique_ptr<Snapshot>(std::make_unique<MemorySnapshot>(newest()));
}

CommitOutcome MemoryEngine::commit(std::span<const Check> checks, std::span<const Write> writes) {
  const std::shared_ptr<const Table> base = newest();
  CommitOutcome outcome;
  for (const Check& check : checks) {
    const Row* row = base->rows.find(check.key);
    if ((row ? row->version : 0) != check.version) outcome.conflicts.push_back(check.key);
  }
  if (!outcome.conflicts.empty()) {
    outcome.kind = CommitOutcome::Kind::kConflict;
    return outcome;
  }
  outcome.kind = CommitOutcome::Kind::kCommitted;
  outcome.sequence = base->sequence;
  if (writes.empty()) return outcome;

  auto next = std::make_shared<Table>(*base);
  const std::uint64_t sequence = ++next->sequence;
  for (const Write& write : writes) {
    if (write.value) {
      next->rows.put(std::make_shared<Row>(Row{write.key, *write.value, sequence}), sequence);
    } else {
      next->rows.erase(write.key, sequence);
    }
  }
  outcome.sequence = sequence;
  const std::lock_guard lock(mutex_);
  table_ = std::move(next);
  return outcome;
}

}  // namespace gateway
