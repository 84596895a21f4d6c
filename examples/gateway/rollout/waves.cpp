#include "rollout/waves.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace gateway_app {
namespace {

bool backbone(const RolloutNode& node) { return node.tier == "backbone"; }

// Coordinator backbone, backbones, edges; by id among equals.
std::vector<std::size_t> in_order(const std::vector<RolloutNode>& nodes) {
  std::vector<std::size_t> order(nodes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    const RolloutNode& node = nodes[i];
    return std::tuple(!backbone(node), !node.coordinator, std::string_view(node.id));
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return rank(a) < rank(b); });
  return order;
}

}  // namespace

void assign_waves(std::vector<RolloutNode>& nodes, std::uint32_t per_wave) {
  std::uint32_t edges = 0;
  bool first = true;
  for (const std::size_t i : in_order(nodes)) {
    if (first) {
      nodes[i].wave = 0;
    } else if (backbone(nodes[i])) {
      nodes[i].wave = 1;
    } else {
      nodes[i].wave = 2 + edges++ / std::max(1u, per_wave);
    }
    first = false;
  }
}

std::vector<std::size_t> open_nodes(const std::vector<RolloutNode>& nodes) {
  std::uint32_t wave = UINT32_MAX;
  for (const RolloutNode& node : nodes) {
    if (node.state == "failed" || node.state == "reverted") return {};
    if (node.state != "passed") wave = std::min(wave, node.wave);
  }
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].wave == wave && nodes[i].state == "waiting") open.push_back(i);
  }
  return open;
}

std::vector<std::size_t> touched_nodes(const std::vector<RolloutNode>& nodes) {
  std::vector<std::size_t> touched;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].state != "waiting" && nodes[i].state != "reverted") touched.push_back(i);
  }
  std::stable_sort(touched.begin(), touched.end(),
                   [&](std::size_t a, std::size_t b) { return nodes[a].wave > nodes[b].wave; });
  return touched;
}

}  // namespace gateway_app
