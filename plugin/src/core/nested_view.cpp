#include "core/nested_view.hpp"

#include <algorithm>

namespace ansible {

std::optional<std::string_view> NestedView::get(std::string_view key) {
  const auto own = writes_.find(key);
  if (own == writes_.end()) return outer_.get(key);
  if (!own->second) return std::nullopt;
  return handed_out_.emplace_back(*own->second);
}

void NestedView::put(std::string_view key, std::string_view value) {
  writes_.insert_or_assign(std::string(key), std::string(value));
}

void NestedView::erase(std::string_view key) {
  writes_.insert_or_assign(std::string(key), std::nullopt);
}

// The first `limit` rows of both together (the last ones when reversed), with room for those erased here.
NestedView::Layer NestedView::layered(std::string_view first, std::string_view last,
                                      ScanOptions options) {
  const auto begin = writes_.lower_bound(first);
  const auto end = last.empty() ? writes_.end() : writes_.lower_bound(last);
  Layer rows;
  ScanOptions wider = options;
  const auto own = static_cast<std::size_t>(std::distance(begin, end));
  wider.limit = options.limit > SIZE_MAX - own ? SIZE_MAX : options.limit + own;
  outer_.scan(first, last, wider, [&](std::string_view key, std::string_view value) {
    rows.emplace(key, value);
    return true;
  });
  for (auto at = begin; at != end; ++at) rows.insert_or_assign(at->first, at->second);
  return rows;
}

void NestedView::scan(
    std::string_view first, std::string_view last, ScanOptions options,
    const std::function<bool(std::string_view key, std::string_view value)>& visit) {
  const bool untouched = [&] {
    const auto at = writes_.lower_bound(first);
    return at == writes_.end() || (!last.empty() && at->first >= last);
  }();
  if (untouched) return outer_.scan(first, last, options, visit);
  const Layer rows = layered(first, last, options);
  std::size_t left = options.limit;
  const auto show = [&](const auto& row) {
    if (!row.second) return true;
    return visit(row.first, *row.second) && --left > 0;
  };
  if (options.reverse) {
    std::all_of(rows.rbegin(), rows.rend(), show);
  } else {
    std::all_of(rows.begin(), rows.end(), show);
  }
}

void NestedView::random(std::string_view label, std::span<std::uint8_t> out) {
  outer_.random(label, out);
}
Digest NestedView::sha256(std::string_view data) { return outer_.sha256(data); }
SignatureCheck NestedView::ed25519_verify(std::string_view public_key, std::string_view data,
                                          std::string_view signature) {
  return outer_.ed25519_verify(public_key, data, signature);
}
void NestedView::log(std::uint32_t level, std::string_view text) { outer_.log(level, text); }
void NestedView::metric(std::string_view name, double value) { outer_.metric(name, value); }
bool NestedView::should_yield() { return outer_.should_yield(); }

void NestedView::merge() {
  for (const auto& [key, value] : writes_) {
    if (value) {
      outer_.put(key, *value);
    } else {
      outer_.erase(key);
    }
  }
  writes_.clear();
}

}  // namespace ansible
