#include "property/mirror.hpp"

#include <stdexcept>
#include <utility>

namespace property {
namespace {

Row parsed(std::string_view value, std::uint64_t version) {
  Row row{std::string(value), nullptr, version};
  if (value.starts_with('{')) {
    if (auto document = json::parse(value); document.ok()) row.document = std::move(*document);
  }
  return row;
}

}  // namespace

const Row* Mirror::find(std::string_view key) const {
  const auto at = rows_.find(key);
  return at == rows_.end() ? nullptr : &at->second;
}

std::vector<Change> Mirror::refresh(gateway::Engine& engine) {
  std::vector<Change> changes;
  auto at = rows_.begin();
  const auto drop = [&] {
    changes.push_back({at->first, std::move(at->second), {}});
    at = rows_.erase(at);
  };
  auto snapshot = engine.snapshot();
  if (!snapshot.ok()) throw std::runtime_error(snapshot.error().message);
  const auto visit = [&](std::string_view key, std::string_view value, std::uint64_t version) {
    while (at != rows_.end() && at->first < key) drop();
    if (at == rows_.end() || at->first != key) {
      at = rows_.emplace_hint(at, std::string(key), parsed(value, version));
      changes.push_back({at->first, {}, at->second});
    } else if (at->second.version != version) {
      Row now = parsed(value, version);
      changes.push_back({at->first, std::exchange(at->second, now), now});
    }
    ++at;
    return true;
  };
  const auto scanned = (*snapshot)->scan({.first = std::string_view("\x01", 1), .last = {}}, visit);
  if (!scanned.ok()) throw std::runtime_error(scanned.error().message);
  while (at != rows_.end()) drop();
  return changes;
}

}  // namespace property
