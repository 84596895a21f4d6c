// In which order many gateways get a release.
#include "rollout/waves.hpp"

#include <doctest/doctest.h>

using namespace gateway_app;

namespace {

RolloutNode node(const char* id, const char* tier, bool coordinator = false) {
  return {.id = id, .tier = tier, .coordinator = coordinator};
}

std::vector<RolloutNode> mesh() {
  std::vector<RolloutNode> nodes{node("e3", "edge"),           node("b2", "backbone"),
                                 node("e1", "edge"),           node("b1", "backbone"),
                                 node("b9", "backbone", true), node("e2", "edge")};
  assign_waves(nodes, 2);
  return nodes;
}

std::uint32_t wave_of(const std::vector<RolloutNode>& nodes, std::string_view id) {
  for (const RolloutNode& n : nodes) {
    if (n.id == id) return n.wave;
  }
  return 99;
}

void set_state(std::vector<RolloutNode>& nodes, std::uint32_t wave, const char* state) {
  for (RolloutNode& n : nodes) {
    if (n.wave == wave) n.state = state;
  }
}

std::vector<std::string> names(const std::vector<RolloutNode>& nodes,
                               const std::vector<std::size_t>& indices) {
  std::vector<std::string> out;
  for (const std::size_t i : indices) out.push_back(nodes[i].id);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the coordinator's backbone is first, then the other backbones, then edges in waves") {
  const auto nodes = mesh();
  CHECK(wave_of(nodes, "b9") == 0);
  CHECK(wave_of(nodes, "b1") == 1);
  CHECK(wave_of(nodes, "b2") == 1);
  CHECK(wave_of(nodes, "e1") == 2);
  CHECK(wave_of(nodes, "e2") == 2);
  CHECK(wave_of(nodes, "e3") == 3);
}

TEST_CASE("without a coordinator among them one backbone goes first all the same") {
  std::vector<RolloutNode> nodes{node("b2", "backbone"), node("b1", "backbone")};
  assign_waves(nodes, 1);
  CHECK(wave_of(nodes, "b1") == 0);
  CHECK(wave_of(nodes, "b2") == 1);
}

TEST_CASE("a wave opens when the one before has passed, and none after a failure") {
  auto nodes = mesh();
  CHECK(names(nodes, open_nodes(nodes)) == Names{"b9"});
  set_state(nodes, 0, "running");
  CHECK(open_nodes(nodes).empty());
  set_state(nodes, 0, "passed");
  CHECK(names(nodes, open_nodes(nodes)) == Names{"b2", "b1"});
  set_state(nodes, 1, "passed");
  CHECK(names(nodes, open_nodes(nodes)) == Names{"e1", "e2"});
  set_state(nodes, 2, "failed");
  CHECK(open_nodes(nodes).empty());
}

TEST_CASE("going back reverts what was touched, the last wave first") {
  auto nodes = mesh();
  set_state(nodes, 0, "passed");
  set_state(nodes, 1, "failed");
  CHECK(names(nodes, touched_nodes(nodes)) == Names{"b2", "b1", "b9"});
}
