// What a task keeps of a capability, and what a claim makes of it (T-8, T-11, SLA-1, reference 2.2, 2.4).
#include <doctest/doctest.h>

#include "coordination/skills.hpp"
#include "core/fields.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

std::string by_capability(World& world, json::array requires_, const json::object& more = {}) {
  const json::object args = with(
      {{"title", "Title"}, {"description", "Do it"}, {"requires", std::move(requires_)}}, more);
  return text_of(world.ok("ansible_delegate_task", args), "taskId");
}

json::object block(World& world, std::string_view task) {
  return shown(world, task).at("metadata").at("ansible").as_object();
}

struct Contracts : World {
  Contracts() {
    for (const char* id : {"owner", "bob"}) agent(id);
    ansible::Manifest paint = manifest_of("cap.paint", "owner");
    paint.accept_sla_seconds = 60;
    paint.progress_sla_seconds = 600;
    paint.complete_sla_seconds = 7200;
    install(*this, paint);
  }
};

}  // namespace

TEST_CASE("reference 1.4: the task keeps a snapshot of the contract") {
  Contracts world;
  const std::string id = by_capability(world, {"cap.paint"});
  const json::object shown_block = block(world, id);
  CHECK(text_of(shown_block, "routingMode") == "capability");
  CHECK(json::canonical(shown_block.at("requiredCapabilities")) == R"(["cap.paint"])");
  CHECK(json::canonical(shown_block.at("requiredSkills")) == "[]");
  CHECK(shown_block.at("defaultEtaSeconds").as_int64() == 7200);
  CHECK(json::canonical(shown_block.at("routing")) ==
        R"({"delegationSkills":["ask-cap.paint"],"executorSkills":["do-cap.paint"],)"
        R"("skillRequired":"do-cap.paint"})");
  const json::object contract =
      shown_block.at("contract").at("capabilities").as_array().at(0).as_object();
  const json::object expected{
      {"capabilityId", "cap.paint"},
      {"version", "1.0.0"},
      {"contractSchemaRef", "schema://in/1"},
      {"defaultEtaSeconds", 7200},
      {"compatibilityMode", "strict"},
      {"riskClass", "medium"},
      {"requiresHumanApprovalForHighRisk", true},
      {"delegationSkillRef", {{"name", "ask-cap.paint"}, {"version", "1.0.0"}}},
      {"executorSkillRef", {{"name", "do-cap.paint"}, {"version", "1.0.0"}}}};
  for (const auto& member : expected) {
    CAPTURE(member.key());
    CHECK(json::canonical(contract.at(member.key())) == json::canonical(member.value()));
  }

  install(world, manifest_of("cap.paint", "owner", "2.0.0"));
  CHECK(json::canonical(block(world, id).at("contract")) ==
        json::canonical(shown_block.at("contract")));
}

TEST_CASE("T-11: an explicit assignee keeps the contract; other requirements are recorded") {
  Contracts world;
  const std::string id = by_capability(world, {"cap.paint", "patience"}, {{"assignedTo", "bob"}});
  const json::object task = block(world, id);
  CHECK(text_of(task, "routingMode") == "explicit");
  CHECK(json::canonical(task.at("requiredCapabilities")) == R"(["cap.paint"])");
  CHECK(json::canonical(task.at("requiredSkills")) == R"(["patience"])");
  CHECK(code_of(claim(world, id, "bob", {{"requested_version", "2.0.0"}})) ==
        "version_incompatible");
  CHECK(code_of(claim(world, id, "bob", {})) == "ok");
}

TEST_CASE("SLA-1: windows come from the manifest, accept at creation, the others at the claim") {
  Contracts world;
  const std::string id = by_capability(world, {"cap.paint"});
  CHECK(block(world, id).at("sla").at("acceptByAt").as_int64() == world.now_ms + 60'000);
  CHECK_FALSE(block(world, id).at("sla").as_object().contains("progressByAt"));
  world.advance_ms(5'000);
  REQUIRE(code_of(claim(world, id, "owner", {})) == "ok");
  CHECK(block(world, id).at("sla").at("progressByAt").as_int64() == world.now_ms + 600'000);
  CHECK(block(world, id).at("sla").at("completeByAt").as_int64() == world.now_ms + 7'200'000);
}

TEST_CASE("SLA-1: explicit seconds go before the manifest's; of several contracts the shortest") {
  Contracts world;
  ansible::Manifest quick = manifest_of("cap.quick", "owner");
  quick.accept_sla_seconds = 30;
  install(world, quick);
  const std::string both = by_capability(world, {"cap.paint", "cap.quick"});
  CHECK(block(world, both).at("sla").at("acceptByAt").as_int64() == world.now_ms + 30'000);
  CHECK(block(world, both).at("defaultEtaSeconds").as_int64() == 3600);
  const std::string own =
      by_capability(world, {"cap.paint"}, {{"sla", {{"acceptSlaSeconds", 90}}}});
  CHECK(block(world, own).at("sla").at("acceptByAt").as_int64() == world.now_ms + 90'000);
}

TEST_CASE("T-8: a contract's default ETA stands in for the claimer's") {
  Contracts world;
  const json::object reply = claim(world, by_capability(world, {"cap.paint"}), "owner", {});
  CHECK(text_of(reply.at("accepted").as_object(), "etaAt") == "2027-01-15T10:00:00.000Z");
}

TEST_CASE("reference 2.4: a version is negotiated when the claimer asks for one") {
  Contracts world;
  const auto try_version = [&](std::string_view mode, std::string_view version) {
    ansible::Manifest m = manifest_of("cap.mode", "owner");
    m.compatibility_mode = mode;
    install(world, m);
    return claim(world, by_capability(world, {"cap.mode"}), "owner",
                 {{"requested_version", version}});
  };
  const json::object same = try_version("strict", "1.0.0");
  CHECK(json::canonical(same.at("accepted").at("versionNegotiation")) ==
        R"({"capabilityId":"cap.mode","compatibilityMode":"strict",)"
        R"("requestedVersion":"1.0.0","resolvedVersion":"1.0.0"})");
  const std::string id(same.at("task").at("id").as_string());
  CHECK(json::canonical(block(world, id).at("ack").at("versionNegotiation")) ==
        json::canonical(same.at("accepted").at("versionNegotiation")));

  const json::object strict = try_version("strict", "1.1.0");
  CHECK(code_of(strict) == "version_incompatible");
  CHECK(text_of(strict, "resolvedVersion") == "1.0.0");
  CHECK(code_of(try_version("backward", "0.9.0")) == "ok");
  CHECK(code_of(try_version("legacy-window", "0.1.0")) == "ok");

  const std::string unasked = by_capability(world, {"cap.paint"});
  CHECK_FALSE(
      claim(world, unasked, "owner", {}).at("accepted").as_object().contains("versionNegotiation"));
  install(world, manifest_of("cap.mode", "owner"));
  CHECK(code_of(claim(world, by_capability(world, {"cap.paint", "cap.mode"}), "owner",
                      {{"requested_version", "1.0.0"}})) == "version_incompatible");
  CHECK(code_of(claim(world, delegate(world, "bob"), "bob",
                      {{"etaSeconds", 9}, {"requested_version", "1.0.0"}})) ==
        "version_incompatible");
}

TEST_CASE("T-8: who was found by a requirement must still offer it when it claims") {
  Contracts world;
  const auto advertise = [&](const std::vector<std::string>& skills) {
    in_store(world,
             [&](ansible::Context& context) { ansible::save_skills(context.txn, "bob", skills); });
  };
  advertise({"cook"});
  const std::string by_skill = by_capability(world, {"cook"});
  const std::string painting = by_capability(world, {"cap.paint"});
  const std::string named = by_capability(world, {"cook"}, {{"assignedTo", "bob"}});
  advertise({});
  disable(world, "cap.paint");
  const json::object refused = claim(world, by_skill, "bob");
  CHECK(code_of(refused) == "capability_unavailable");
  CHECK(json::canonical(refused.at("missing")) == R"(["cook"])");
  CHECK(code_of(claim(world, painting, "owner")) == "capability_unavailable");
  CHECK(code_of(claim(world, named, "bob")) == "ok");
  advertise({"cook"});
  CHECK(code_of(claim(world, by_skill, "bob")) == "ok");
}

TEST_CASE("T-8: an update of the capability leaves the tasks of the old version to its owner") {
  Contracts world;
  const std::string id = by_capability(world, {"cap.paint"});
  install(world, manifest_of("cap.paint", "bob", "2.0.0"));
  CHECK(code_of(claim(world, id, "owner", {})) == "ok");
}
