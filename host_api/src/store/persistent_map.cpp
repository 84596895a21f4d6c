#include "store/persistent_map.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

struct PersistentMap::Node {
  std::shared_ptr<const Row> row;
  Link left;
  Link right;
  int height = 1;
  std::uint64_t edit = 0;  // the series of changes that made this node, and may still change it

  void measure() {
    height = 1 + std::max(PersistentMap::height(left), PersistentMap::height(right));
  }
};

int PersistentMap::height(const Link& node) { return node ? node->height : 0; }

// The node itself when this edit made it, else a copy that this edit may change.
PersistentMap::Link PersistentMap::owned(Link node, std::uint64_t edit) {
  if (node->edit == edit) return node;
  Link copy = std::make_shared<Node>(*node);
  copy->edit = edit;
  return copy;
}

PersistentMap::Link PersistentMap::rotated_right(Link node, std::uint64_t edit) {
  Link top = owned(std::move(node->left), edit);
  node->left = std::move(top->right);
  node->measure();
  top->right = std::move(node);
  top->measure();
  return top;
}

PersistentMap::Link PersistentMap::rotated_left(Link node, std::uint64_t edit) {
  Link top = owned(std::move(node->right), edit);
  node->right = std::move(top->left);
  node->measure();
  top->left = std::move(node);
  top->measure();
  return top;
}

// Restores the AVL rule at `node`, whose subtrees obey it and differ by at most two. `node` is
// owned.
PersistentMap::Link PersistentMap::balanced(Link node, std::uint64_t edit) {
  const int lean = height(node->left) - height(node->right);
  if (lean > 1) {
    if (height(node->left->left) < height(node->left->right)) {
      node->left = rotated_left(owned(std::move(node->left), edit), edit);
    }
    return rotated_right(std::move(node), edit);
  }
  if (lean < -1) {
    if (height(node->right->right) < height(node->right->left)) {
      node->right = rotated_right(owned(std::move(node->right), edit), edit);
    }
    return rotated_left(std::move(node), edit);
  }
  node->measure();
  return node;
}

PersistentMap::Link PersistentMap::with(Link node, std::shared_ptr<const Row> row,
                                        std::uint64_t edit) {
  if (!node) {
    Link leaf = std::make_shared<Node>();
    leaf->row = std::move(row);
    leaf->edit = edit;
    return leaf;
  }
  node = owned(std::move(node), edit);
  const int order = row->key.compare(node->row->key);
  if (order == 0) {
    node->row = std::move(row);
    return node;
  }
  Link& side = order < 0 ? node->left : node->right;
  side = with(std::move(side), std::move(row), edit);
  return balanced(std::move(node), edit);
}

// Takes the leftmost row out of a tree that is not empty.
PersistentMap::Link PersistentMap::without_first(Link node, std::shared_ptr<const Row>& first,
                                                 std::uint64_t edit) {
  node = owned(std::move(node), edit);
  if (!node->left) {
    first = std::move(node->row);
    return std::move(node->right);
  }
  node->left = without_first(std::move(node->left), first, edit);
  return balanced(std::move(node), edit);
}

// `key` is in the tree.
PersistentMap::Link PersistentMap::without(Link node, std::string_view key, std::uint64_t edit) {
  node = owned(std::move(node), edit);
  const int order = key.compare(node->row->key);
  if (order == 0) {
    if (!node->left) return std::move(node->right);
    if (!node->right) return std::move(node->left);
    node->right = without_first(std::move(node->right), node->row, edit);
  } else {
    Link& side = order < 0 ? node->left : node->right;
    side = without(std::move(side), key, edit);
  }
  return balanced(std::move(node), edit);
}

const Row* PersistentMap::find(std::string_view key) const {
  const Node* node = root_.get();
  while (node) {
    const int order = key.compare(node->row->key);
    if (order == 0) return node->row.get();
    node = (order < 0 ? node->left : node->right).get();
  }
  return nullptr;
}

void PersistentMap::put(std::shared_ptr<const Row> row, std::uint64_t edit) {
  root_ = with(std::move(root_), std::move(row), edit);
}

void PersistentMap::erase(std::string_view key, std::uint64_t edit) {
  if (find(key)) root_ = without(std::move(root_), key, edit);
}

bool PersistentMap::visit_up(const Node* node, const Range& range, const RowVisitor& visit) {
  if (!node) return true;
  const Row& row = *node->row;
  const bool reaches_first = row.key >= range.first;
  const bool before_last = range.last.empty() || row.key < range.last;
  if (reaches_first && !visit_up(node->left.get(), range, visit)) return false;
  if (reaches_first && before_last && !visit(row.key, row.value, row.version)) return false;
  return !before_last || visit_up(node->right.get(), range, visit);
}

bool PersistentMap::visit_down(const Node* node, const Range& range, const RowVisitor& visit) {
  if (!node) return true;
  const Row& row = *node->row;
  const bool reaches_first = row.key >= range.first;
  const bool before_last = range.last.empty() || row.key < range.last;
  if (before_last && !visit_down(node->right.get(), range, visit)) return false;
  if (reaches_first && before_last && !visit(row.key, row.value, row.version)) return false;
  return !reaches_first || visit_down(node->left.get(), range, visit);
}

void PersistentMap::scan(const Range& range, const RowVisitor& visit) const {
  if (range.reverse) {
    visit_down(root_.get(), range, visit);
  } else {
    visit_up(root_.get(), range, visit);
  }
}

}  // namespace gateway
