#include <doctest/doctest.h>

#include "plugin/support/publishing.hpp"

using namespace ansible_test;

TEST_CASE("CAP-1: a publish passes all ten gates and answers with what became of it") {
  CapabilityWorld world;
  const json::object reply = world.published(demo_manifest(), {{"name", "Demo"}});
  CHECK(gates_of(reply) ==
        "G0:passed G1:passed G2:passed G3:passed G4:passed G5:passed G6:passed G7:passed "
        "G8:passed G9:passed");
  for (const json::value& gate : reply.at("publishPipeline").as_array()) {
    CHECK_FALSE(gate.at("detail").as_string().empty());
    CHECK(gate.at("at").as_int64() == world.now_ms);
  }
  CHECK(text_of(reply, "manifestKey") == "cap.demo:1.0.0");
  CHECK(reply.at("manifest").at("ownerAgentId").as_string() == "owner");
  CHECK(reply.at("provenanceVerification").at("mode").as_string() == "unsigned-legacy");
  CHECK(reply.at("approval").is_null());
  CHECK(reply.at("capability").at("name").as_string() == "Demo");
  CHECK(reply.at("capability").at("status").as_string() == "active");
  CHECK(reply.at("capability").at("defaultEtaSeconds").as_int64() == 3600);
  CHECK(json::canonical(reply.at("index").at("eligibleAgentIds")) == R"(["owner"])");
  CHECK(reply.at("revision").at("activeVersion").as_string() == "1.0.0");
  CHECK(reply.at("revision").at("lastAction").as_string() == "published");
  CHECK_FALSE(reply.contains("previousActiveVersion"));
  CHECK(reply.at("lifecycleCoreEvidence").at("install").at("action").as_string() == "applied");
  CHECK(reply.at("lifecycleCoreEvidence").at("wire").at("action").as_string() == "applied");
  CHECK(json::canonical(reply.at("skillDistributionTask").at("targets")).find("helper") !=
        std::string::npos);
  CHECK(world.store.contains("message/" + text_of(reply, "lifecycleMessageId")));
  CHECK(events_of(world.store) == "capability_published");
}

TEST_CASE("the flat form makes the manifest that the reference describes") {
  CapabilityWorld world;
  const json::object reply = world.flat({{"default_eta_seconds", 100}, {"name", "Demo"}});
  INFO(json::canonical(reply));
  REQUIRE(code_of(reply) == "ok");
  const json::object& manifest = reply.at("manifest").as_object();
  CHECK(json::canonical(manifest.at("sla")) ==
        R"({"acceptSlaSeconds":120,"completeSlaSeconds":900,"progressSlaSeconds":300})");
  CHECK(text_of(manifest, "riskClass") == "medium");
  CHECK(text_of(manifest.at("contract").as_object(), "ackSchemaRef") ==
        "schema://ansible/ack/1.0.0");
  CHECK(text_of(manifest.at("provenance").as_object(), "manifestSignature") ==
        "unsigned:owner:2027-01-15T08:00:00.000Z");
  CHECK(sealed(manifest) == manifest);
  world.advance_ms(1000);
  CHECK(gates_of(world.flat({{"default_eta_seconds", 100}, {"name", "Demo"}})) ==
        "G0:passed G1:passed G2:passed G3:passed G4:skipped G5:skipped G6:passed G7:skipped "
        "G8:passed G9:passed");
}

TEST_CASE("CAP-3: the flat form's bad ids and versions are refused at their argument") {
  CapabilityWorld world;
  struct Row {
    json::object more;
    const char* pointer;
  };
  const json::object bad_skill{{"name", "x"}, {"version", "1"}, {"colour", "red"}};
  const Row rows[] = {
      {{{"capability_id", "demo"}}, "/capability_id"},
      {{{"capability_id", nullptr}}, "/capability_id"},
      {{{"version", "banana"}}, "/version"},
      {{{"owner_agent_id", nullptr}}, "/owner_agent_id"},
      {{{"delegation_skill_ref", {{"name", "x"}}}}, "/delegation_skill_ref/version"},
      {{{"executor_skill_ref", bad_skill}}, "/executor_skill_ref/colour"},
      {{{"contract_schema_ref", std::string(401, 'x')}}, "/contract_schema_ref"},
      {{{"status", "archived"}}, "/status"},
      {{{"status", "canary"}}, "/status"},
  };
  for (const Row& row : rows) {
    const json::object reply = world.flat(row.more);
    INFO(json::canonical(reply));
    CHECK(code_of(reply) == "invalid_manifest");
    CHECK(text_of(reply, "pointer") == row.pointer);
    CHECK(text_of(reply, "error").starts_with(std::string(row.pointer).substr(1) + ": expected"));
    CHECK(text_of(reply, "gate") == "G1_SCHEMA");
  }
  const json::object both = world.flat({{"manifest", demo_manifest()}});
  CHECK(code_of(both) == "invalid_argument");
  CHECK(text_of(both, "pointer") == "/capability_id");
}

TEST_CASE("CAP-4: a version that was published never changes; other content is refused") {
  CapabilityWorld world;
  world.published(demo_manifest(), {{"name", "Demo"}});
  const std::string manifest = world.store.at("cap-manifest/cap.demo/1.0.0");
  for (const json::object& other : {changed(demo_manifest(), "/riskClass", "medium"),
                                    changed(demo_manifest(), "/ownerAgentId", "helper"),
                                    changed(demo_manifest(), "/sla/acceptSlaSeconds", 121)}) {
    const json::object reply = world.publish(other);
    CHECK(code_of(reply) == "conflict");
    CHECK(gate_of(reply, "G1") == "failed");
  }
  CHECK(code_of(world.publish(demo_manifest(), {{"name", "Other"}})) == "conflict");
  world.published(changed(demo_manifest(), "/provenance/publishedAt", "2027-02-01"));
  CHECK(world.store.at("cap-manifest/cap.demo/1.0.0") == manifest);
}

TEST_CASE("CAP-5: publishing the active version again does nothing twice") {
  CapabilityWorld world;
  world.published(demo_manifest());
  const std::string fingerprint = world.fingerprint();
  world.sweep("distribution");
  const auto requests = [&] { return world.store.contains("cap-distribution/cap.demo/1.0.0"); };
  REQUIRE_FALSE(requests());
  world.agent("latecomer");
  const json::object again = world.published(demo_manifest());
  CHECK(gates_of(again) ==
        "G0:passed G1:passed G2:passed G3:passed G4:skipped G5:skipped G6:passed G7:skipped "
        "G8:passed G9:passed");
  CHECK(again.at("lifecycleCoreEvidence").at("install").at("action").as_string() == "idempotent");
  CHECK(again.at("skillDistributionTask").is_null());
  CHECK_FALSE(requests());
  CHECK(world.fingerprint() == fingerprint);
}

TEST_CASE("CAP-6, CAP-7: an update deprecates its predecessor; publishing that again goes back") {
  CapabilityWorld world;
  world.published(demo_manifest("1.0.0"));
  const std::string first = world.fingerprint("1.0.0");
  world.agent("latecomer");
  const json::object update = world.published(demo_manifest("2.0.0"));
  CHECK(text_of(update, "previousActiveVersion") == "1.0.0");
  CHECK(world.statuses() == "1.0.0 deprecated, 2.0.0 active");
  CHECK(world.evidence("1.0.0").at("wiring").at("active").as_bool() == false);
  CHECK(world.evidence("1.0.0").at("installStage").at("status").as_string() == "unwired");
  CHECK(world.fingerprint("1.0.0") != first);

  const json::object back = world.published(demo_manifest("1.0.0"));
  CHECK(world.statuses() == "1.0.0 active, 2.0.0 deprecated");
  CHECK(world.fingerprint() == first);
  CHECK(json::canonical(back.at("revision").at("archivedVersions")) == R"(["2.0.0"])");
  CHECK(json::canonical(back.at("revision").at("versions")) == R"(["1.0.0","2.0.0"])");
  CHECK(world.eligible() == "owner");
}

TEST_CASE("CAP-6: rollback reactivates a superseded or withdrawn version with its fingerprint") {
  CapabilityWorld world;
  world.published(demo_manifest("1.0.0"));
  const std::string first = world.fingerprint();
  world.published(demo_manifest("2.0.0"));
  const auto rollback = [&](std::string_view version) {
    return world.call("ansible_capability_rollback",
                      {{"capability_id", "cap.demo"}, {"version", version}});
  };
  const json::object back = rollback("1.0.0");
  INFO(json::canonical(back));
  CHECK(code_of(back) == "ok");
  CHECK(back.at("revision").at("lastAction").as_string() == "rolled_back");
  CHECK(world.fingerprint() == first);
  world.unpublish();
  CHECK(world.eligible().empty());
  CHECK(code_of(rollback("1.0.0")) == "ok");
  CHECK(world.fingerprint() == first);
  CHECK(world.eligible() == "owner");
  CHECK(code_of(rollback("3.0.0")) == "not_found");
}

TEST_CASE("CAP-7: published as deprecated or disabled, a version is recorded and not routed to") {
  CapabilityWorld world;
  const json::object reply = world.published(demo_manifest("1.0.0"), {{"status", "disabled"}});
  CHECK(gate_of(reply, "G4") == "passed");
  CHECK(gate_of(reply, "G5") == "skipped");
  CHECK(world.statuses() == "1.0.0 disabled");
  CHECK(world.eligible().empty());
  world.published(demo_manifest("2.0.0"));
  world.published(demo_manifest("1.0.0"), {{"status", "deprecated"}});
  CHECK(world.statuses() == "1.0.0 deprecated, 2.0.0 active");
  CHECK(world.eligible() == "owner");
  world.published(demo_manifest("2.0.0"), {{"status", "deprecated"}});
  CHECK(world.statuses() == "1.0.0 deprecated, 2.0.0 deprecated");
  CHECK(world.eligible().empty());
}

TEST_CASE("CAP-11: a canary stands beside the active version until it is promoted or ended") {
  CapabilityWorld world;
  world.published(demo_manifest("1.0.0"));
  json::object canary = changed(demo_manifest("2.0.0"), "/rollout/mode", "canary");
  const json::object reply =
      world.published(changed(canary, "/rollout/canaryTargets", json::array{"helper"}));
  CHECK(world.statuses() == "1.0.0 active, 2.0.0 canary");
  CHECK(world.eligible() == "owner");
  CHECK(reply.at("capability").at("status").as_string() == "canary");
  CHECK(json::canonical(reply.at("canary").at("executors")) == R"(["helper"])");
  CHECK(reply.at("canary").at("soakUntil").as_int64() == world.now_ms + 300'000);
  CHECK(reply.at("skillDistributionTask").is_null());
  CHECK(world.ok("ansible_list_capabilities", {}).at("total").as_int64() == 2);

  const json::object back = world.call("ansible_capability_rollback",
                                       {{"capability_id", "cap.demo"}, {"version", "1.0.0"}});
  CHECK(code_of(back) == "ok");
  CHECK(world.statuses() == "1.0.0 active, 2.0.0 disabled");
  CHECK_FALSE(world.store.contains("cap-canary/cap.demo"));
}

TEST_CASE("CAP-11: canary targets are agents, or nodes that mean their agents, or else the owner") {
  CapabilityWorld world;
  world.agent("outside", "external");
  const auto executors = [&](const char* version, const json::array& targets) {
    json::object m = changed(demo_manifest(version), "/rollout/mode", "canary");
    const json::object reply = world.publish(changed(m, "/rollout/canaryTargets", targets));
    INFO(json::canonical(reply));
    return reply.contains("canary") ? json::canonical(reply.at("canary").at("executors"))
                                    : code_of(reply) + " " + text_of(reply, "gate");
  };
  CHECK(executors("1.0.0", {}) == R"(["owner"])");
  CHECK(executors("1.1.0", {"outside", "helper"}) == R"(["outside","helper"])");
  CHECK(executors("1.2.0", {"helper", "nobody"}) == "rollout_failed G7_ROLLOUT");
  CHECK(executors("1.3.0", {"helper", "node-a"}) == R"(["helper","admin","node-a","owner"])");
  CHECK(world.statuses() == "1.0.0 deprecated, 1.1.0 deprecated, 1.3.0 canary");
}

TEST_CASE(
    "CAP-10: a busy owner and a full queue do not fail the smoke test, which leaves no task") {
  CapabilityWorld world;
  for (int i = 0; i < 6; ++i) task_in(world, "claimed", "owner");
  const std::size_t tasks = world.ok("ansible_dump_tasks", {}).at("items").as_array().size();
  CHECK(gate_of(world.published(demo_manifest()), "G6") == "passed");
  CHECK(world.ok("ansible_dump_tasks", {}).at("items").as_array().size() == tasks);
}

TEST_CASE("a published capability is listed and shown, secrets in its evidence are not") {
  CapabilityWorld world;
  CHECK(code_of(world.call("ansible_capability_lifecycle_evidence",
                           {{"capability_id", "cap.demo"}})) == "not_found");
  world.published(demo_manifest());
  const json::object list = world.ok("ansible_list_capabilities", {{"status", "active"}});
  CHECK(list.at("total").as_int64() == 1);
  CHECK(list.at("capabilities").at(0).at("catalog").at("capabilityId").as_string() == "cap.demo");
  CHECK(list.at("capabilities").at(0).at("index").at("eligibleAgentIds").as_array().size() == 1);
  const json::object evidence = world.evidence();
  CHECK(text_of(evidence, "lifecycleFingerprint").starts_with("sha256:"));
  CHECK(evidence.at("lastPipeline").at("outcome").as_string() == "passed");
  CHECK(evidence.at("lastPipeline").at("gates").as_array().size() == 10);
  CHECK(code_of(world.call("ansible_capability_lifecycle_evidence",
                           {{"capability_id", "cap.demo"}, {"version", "9.0.0"}})) == "not_found");
}
