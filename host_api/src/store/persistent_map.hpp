// An ordered map whose old versions stay readable: the memory engine's table.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/engine.hpp"

namespace gateway {

// A row, shared by every version of the map that contains it.
struct Row {
  std::string key;
  std::string value;
  std::uint64_t version = 0;
};

// An AVL tree in which a change copies the path to the root and shares the rest, so copying the map
// is copying one pointer. Nodes made under the same `edit` number are changed in place: a batch
// copies each shared path once.
//
// Invariant: an edit number is used for one uninterrupted series of changes, and no copy of the map
// is taken between them (MemoryEngine: the sequence of the commit being built, published when it is
// complete).
//
// Thread rule: a map that is no longer changed may be read from any thread.
class PersistentMap {
 public:
  // The row of `key`, or null. Valid as long as this map (or a copy of it) lives.
  const Row* find(std::string_view key) const;

  void put(std::shared_ptr<const Row> row, std::uint64_t edit);
  void erase(std::string_view key, std::uint64_t edit);

  // Visits the rows of `range` in order until the visitor returns false.
  void scan(const Range& range, const RowVisitor& visit) const;

 private:
  struct Node;
  using Link = std::shared_ptr<Node>;

  static int height(const Link& node);
  static Link owned(Link node, std::uint64_t edit);
  static Link balanced(Link node, std::uint64_t edit);
  static Link rotated_right(Link node, std::uint64_t edit);
  static Link rotated_left(Link node, std::uint64_t edit);
  static Link with(Link node, std::shared_ptr<const Row> row, std::uint64_t edit);
  static Link without(Link node, std::string_view key, std::uint64_t edit);
  static Link without_first(Link node, std::shared_ptr<const Row>& first, std::uint64_t edit);
  static bool visit_up(const Node* node, const Range& range, const RowVisitor& visit);
  static bool visit_down(const Node* node, const Range& range, const RowVisitor& visit);

  Link root_;
};

}  // namespace gateway
