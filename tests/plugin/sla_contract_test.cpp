// ansible_sla_sweep_contract on hand-written envelopes (SLA-16): plugin/sla_contract/*.json hold request
// and response.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/fields.hpp"
#include "plugin/support/sla_play.hpp"

using namespace ansible_test;

namespace {

constexpr std::string_view kTool = "ansible_sla_sweep_contract";

json::object read_case(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return ansible::parse_document(path.string(), content.str());
}

std::vector<std::filesystem::path> cases() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(SLA_CONTRACT_CASES)) {
    out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Messages without what no rule gives (id, text), in an order that needs no id.
std::vector<std::string> told(const json::array& messages) {
  std::vector<std::string> out;
  for (const json::value& item : messages) {
    json::object message = item.as_object();
    message.erase("id");
    message.erase("content");
    out.push_back(json::canonical(message));
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> ids(const json::array& items) {
  std::vector<std::string> out;
  for (const json::value& item : items) out.push_back(text(item.as_object(), "id"));
  return out;
}

json::object envelope() { return read_case(cases().front()).at("request").as_object(); }

}  // namespace

TEST_CASE("SLA-16: every envelope gives the response that the rules demand") {
  REQUIRE(cases().size() >= 10);
  for (const auto& path : cases()) {
    const json::object one = read_case(path);
    CAPTURE(path.filename().string());
    CAPTURE(text(one, "name"));
    World world;
    const Store before = world.store;
    const json::object reply = world.ok(kTool, one.at("request").as_object());
    CHECK(world.store == before);
    json::object got = reply;
    json::object expected = one.at("expected").as_object();
    const json::array messages = got.at("messagesAfter").as_array();
    CHECK(told(messages) == told(expected.at("messagesAfter").as_array()));
    const std::vector<std::string> message_ids = ids(messages);
    CHECK(std::is_sorted(message_ids.begin(), message_ids.end()));
    CHECK(std::set(message_ids.begin(), message_ids.end()).size() == message_ids.size());
    got.erase("messagesAfter");
    expected.erase("messagesAfter");
    CHECK(json::canonical(got) == json::canonical(expected));
    World other;  // nothing but the envelope matters
    other.agent("ann");
    other.advance_ms(12'345);
    CHECK(json::canonical(other.ok(kTool, one.at("request").as_object())) ==
          json::canonical(reply));
  }
}

TEST_CASE("SLA-16: an envelope that breaks the contract is refused with the place") {
  World world;
  struct Row {
    const char* pointer;
    void (*spoil)(json::object&);
  };
  const Row rows[] = {
      {"/contractSchemaRef", [](json::object& e) { e["contractSchemaRef"] = "schema://other"; }},
      {"/nowMs", [](json::object& e) { e.erase("nowMs"); }},
      {"/nodeId", [](json::object& e) { e["nodeId"] = ""; }},
      {"/options/maxMessages",
       [](json::object& e) { e["options"].as_object()["maxMessages"] = -1; }},
      {"/options/dryRun", [](json::object& e) { e["options"].as_object().erase("dryRun"); }},
      {"/options/fyiAgents",
       [](json::object& e) { e["options"].as_object()["fyiAgents"] = json::array{""}; }},
      {"/options/extra", [](json::object& e) { e["options"].as_object()["extra"] = 1; }},
      {"/tasks", [](json::object& e) { e["tasks"] = "none"; }},
      {"/tasks/0", [](json::object& e) { e["tasks"] = json::array{1}; }},
      {"/tasks/0/id", [](json::object& e) { e["tasks"] = json::array{json::object{}}; }},
      {"/tasks/1/id",
       [](json::object& e) {
         e["tasks"] = json::array{json::object{{"id", "a"}}, json::object{{"id", "a"}}};
       }},
  };
  world.ok(kTool, envelope());
  for (const Row& row : rows) {
    CAPTURE(row.pointer);
    json::object spoilt = envelope();
    row.spoil(spoilt);
    const auto reply = world.call(kTool, spoilt);
    CHECK(text(reply, "code") == "invalid_argument");
    CHECK(text(reply, "pointer") == row.pointer);
  }
}
