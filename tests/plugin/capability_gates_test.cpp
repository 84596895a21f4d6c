// What fails a publish, gate by gate, and what is left of it then.
#include <doctest/doctest.h>

#include <vector>

#include "actors/agent_store.hpp"
#include "capabilities/capability_store.hpp"
#include "capabilities/publish.hpp"
#include "core/fields.hpp"
#include "core/keys.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/publishing.hpp"

using namespace ansible;
using namespace ansible_test;

namespace {

// What differs in the store, but for messages and the pipeline's record: the evidence of a failure.
std::string left_behind(const Store& before, const Store& after) {
  static constexpr std::string_view kEvidence[] = {"message", "broadcast/", "inbox/", "outbox",
                                                   "cap-pipeline/"};
  std::string out;
  for (const auto& [key, value] : after) {
    const auto old = before.find(key);
    if (old != before.end() && old->second == value) continue;
    bool evidence = false;
    for (const std::string_view prefix : kEvidence) evidence |= key.starts_with(prefix);
    if (!evidence) out += key + ' ';
  }
  for (const auto& [key, value] : before) {
    if (!after.contains(key)) out += '-' + key + ' ';
  }
  return out;
}

struct Failure {
  json::object reply;
  std::string left;
  std::string events;
};

void check_failure(const Failure& f, std::string_view code, std::string_view gate) {
  INFO(json::canonical(f.reply));
  CHECK(code_of(f.reply) == code);
  CHECK(text_of(f.reply, "gate") == gate);
  CHECK(f.left == "");
  const bool rolled_back = gate >= "G4";
  CHECK(f.events == (rolled_back ? "capability_publish_gate_failed capability_publish_rollback"
                                 : "capability_publish_gate_failed"));
  CHECK(f.reply.at("rollbackRequired").as_bool() == rolled_back);
  CHECK(f.reply.at("rollbackPerformed").as_bool() == rolled_back);
  bool before = true;
  for (const json::value& entry : f.reply.at("publishPipeline").as_array()) {
    const std::string name(entry.at("gate").as_string());
    if (!name.starts_with("G")) continue;  // an injected fault
    const std::string status(entry.at("status").as_string());
    if (name == gate) {
      CHECK(status == "failed");
      CHECK_FALSE(entry.at("error").as_string().empty());
      before = false;
    } else {
      CHECK_FALSE(entry.at("detail").as_string().empty());
      CHECK((before ? status != "failed" : status == "skipped"));
    }
  }
}

Failure failed_publish(CapabilityWorld& world, const json::object& manifest,
                       const json::object& more = {}) {
  const Store before = world.store;
  Failure f;
  f.reply = world.publish(manifest, more);
  f.left = left_behind(before, world.store);
  f.events = events_of(world.store, before);
  return f;
}

// Publishes cap.demo through gates of which one is preceded by a fault.
Failure with_fault(CapabilityWorld& world, std::string_view gate,
                   Result<GateNote> (*fault)(Context&, Publication&)) {
  std::vector<Gate<Publication>> gates;
  for (const Gate<Publication>& each : publish_gates()) {
    if (each.name == gate) gates.push_back({"FAULT", fault});
    gates.push_back(each);
  }
  const Store before = world.store;
  Failure f;
  in_store(world, [&](Context& context) {
    const ToolResult result =
        publish_through(context,
                        {.actor = {.id = "owner"},
                         .request = {{"manifest", demo_manifest()}, {"from_agent", "owner"}}},
                        gates);
    const Error& error = std::get<RecordedRefusal>(result).error;
    f.reply = error.details;
    f.reply["error"] = error.text;
    f.reply["code"] = error.code;
  });
  f.left = left_behind(before, world.store);
  f.events = events_of(world.store, before);
  return f;
}

}  // namespace

TEST_CASE(
    "CAP-1, CAP-13: G0 refuses strangers, external agents and manifests of other publishers") {
  CapabilityWorld world;
  world.agent("outside", "external");
  const json::object demo = demo_manifest();
  check_failure(failed_publish(world, demo, {{"from_agent", "outside"}}), "not_authorized",
                "G0_AUTHZ");
  check_failure(failed_publish(world, demo, {{"from_agent", "helper"}}), "not_authorized",
                "G0_AUTHZ");
  world.published(demo);
  const json::object by_helper =
      changed(demo_manifest("2.0.0"), "/provenance/publishedByAgentId", "helper");
  const Failure stranger = failed_publish(world, by_helper, {{"from_agent", "helper"}});
  check_failure(stranger, "not_authorized", "G0_AUTHZ");
  CHECK(text_of(stranger.reply, "error").find("'owner'") != std::string::npos);
  CHECK(world.evidence().at("lastPipeline").at("outcome").as_string() == "passed");

  const json::object by_admin =
      changed(demo_manifest("2.0.0"), "/provenance/publishedByAgentId", "admin");
  world.published(by_admin, {{"from_agent", "admin"}});
  world.published(demo_manifest("3.0.0"), {{"from_agent", nullptr}});  // the operator
}

TEST_CASE("G0: somebody who cannot be authenticated leaves nothing at all") {
  CapabilityWorld world;
  const Store before = world.store;
  for (const json::object& who :
       {json::object{{"from_agent", "nobody"}},
        json::object{{"from_agent", nullptr}, {"agent_token", "at_wrong"}}}) {
    const json::object reply = world.publish(demo_manifest(), who);
    CHECK((code_of(reply) == "not_authorized" || code_of(reply) == "invalid_token"));
    CHECK(world.store == before);
  }
}

TEST_CASE(
    "CAP-3: G1 refuses a manifest that is wrong, unknown fields, and a checksum not its own") {
  CapabilityWorld world;
  const Failure unknown = failed_publish(world, changed(demo_manifest(), "/colour", "red"));
  check_failure(unknown, "invalid_manifest", "G1_SCHEMA");
  CHECK(text_of(unknown.reply, "pointer") == "/manifest/colour");
  const Failure checksum =
      failed_publish(world, changed(demo_manifest(), "/provenance/manifestChecksum",
                                    json::value("sha256:" + std::string(64, '0'))));
  check_failure(checksum, "invalid_manifest", "G1_SCHEMA");
  CHECK(text_of(checksum.reply, "pointer") == "/manifest/provenance/manifestChecksum");
  CHECK(world.store.contains("cap-pipeline/cap.demo"));
}

TEST_CASE(
    "CAP-15: secrets are found in the raw input, also in unknown fields, and never repeated") {
  CapabilityWorld world;
  const std::string pat = "ghp_" + std::string(24, 'a');
  json::object in_unknown = changed(demo_manifest(), "/extra", {{"password", "hunter2"}});
  in_unknown["note"] = "use " + pat;
  const Failure f = failed_publish(world, in_unknown);
  check_failure(f, "secret_literal_detected", "G1_SCHEMA");
  const std::string text = text_of(f.reply, "error");
  CHECK(text.starts_with("secret_literal_detected:"));
  CHECK(text.find("manifest.extra.password(sensitive_field_name)") != std::string::npos);
  CHECK(text.find("manifest.note(github_pat)") != std::string::npos);
  const json::object in_id =
      changed(demo_manifest(), "/capabilityId", json::value("cap.sk-" + std::string(24, 'a')));
  check_failure(failed_publish(world, in_id), "secret_literal_detected", "G1_SCHEMA");
  check_failure(failed_publish(world, demo_manifest(), {{"approval_note", pat}}),
                "secret_literal_detected", "G1_SCHEMA");
  for (const auto& [key, value] : world.store) {
    for (const std::string& secret : {pat, std::string("hunter2"), std::string(24, 'a')}) {
      CHECK((key + value).find(secret) == std::string::npos);
    }
  }
  CHECK(code_of(world.publish(demo_manifest(), {{"agent_token", "at_wrong"}})) ==
        "invalid_token");  // a token in its place is no finding
}

TEST_CASE("reference 4.5: high risk needs an artifact, approved by who is authenticated") {
  CapabilityWorld world;
  const json::object high = changed(demo_manifest(), "/riskClass", "high");
  check_failure(failed_publish(world, high), "approval_required", "G1_SCHEMA");
  check_failure(failed_publish(world, high, {{"approval_artifact_id", "  "}}), "approval_required",
                "G1_SCHEMA");
  const json::object artifact{{"approval_artifact_id", "CHG-7"}};
  for (const char* claimed : {"admin", "helper", "nobody"}) {
    check_failure(failed_publish(world, high, with(artifact, {{"approved_by_agent", claimed}})),
                  "approval_required", "G1_SCHEMA");
  }
  const json::object operator_for = with(artifact, {{"from_agent", nullptr}});
  check_failure(failed_publish(world, high, with(operator_for, {{"approved_by_agent", "helper"}})),
                "approval_required", "G1_SCHEMA");

  const auto approver = [&](const char* version, const json::object& more) {
    const json::object reply =
        world.published(changed(demo_manifest(version), "/riskClass", "high"), more);
    return text_of(reply.at("approval").as_object(), "approvedByAgentId");
  };
  CHECK(approver("1.0.0", artifact) == "owner");
  CHECK(approver("1.1.0", operator_for) == "operator:node-a");
  CHECK(approver("1.2.0", with(operator_for, {{"approved_by_agent", "admin"}})) == "admin");
  CHECK(approver("1.0.0", {}) == "owner");  // it was approved once, and is the same
}

TEST_CASE("CAP-8: G2 lets a key sign for its publisher only, and the node's policy decides") {
  const SigningKey key;
  const SigningKey other;
  const json::object bound{{"publisher", "owner"}, {"publicKey", key.public_pem()}};
  const auto verdict = [&](const json::object& keys, const json::object& policy,
                           const json::object& manifest) {
    CapabilityWorld world(trusting(keys, policy));
    const json::object reply = world.publish(manifest);
    if (code_of(reply) != "ok") {
      CHECK(text_of(reply, "gate") == "G2_PROVENANCE");
      return code_of(reply);
    }
    return json::canonical(reply.at("provenanceVerification"));
  };
  const std::string signed_by = R"({"algorithm":"ed25519","mode":"signed","trustedKeyId":")";
  const std::string no = "invalid_signature";
  const json::object demo = demo_manifest();
  const json::object own{{"owner", key.public_pem()}};
  CHECK(verdict(own, {}, key.sign(demo)) == signed_by + R"(owner"})");
  CHECK(verdict({{"spring", bound}}, {}, key.sign(demo, "spring")) == signed_by + R"(spring"})");
  CHECK(verdict({{"helper", key.public_pem()}}, {}, key.sign(demo, "helper")) == no);
  CHECK(verdict(own, {}, key.sign(demo, "spring")) == no);
  CHECK(verdict({}, {}, key.sign(demo)) == no);
  CHECK(verdict(own, {}, other.sign(demo)) == no);
  CHECK(verdict({{"owner", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}}, {},
                key.sign(demo)) == no);
  CHECK(verdict(own, {}, changed(key.sign(demo), "/riskClass", "medium")) == no);
  CHECK(verdict(own, {}, changed(demo, "/provenance/manifestSignature", "rsa:AAAA")) == no);

  CHECK(verdict(own, {}, demo) == R"({"mode":"unsigned-legacy"})");
  CHECK(verdict(own, {{"allowUnsignedLegacy", false}}, demo) == no);
  CHECK(verdict(own, {{"requireSigned", true}}, demo) == no);
  CHECK(verdict(own, {{"requireSigned", true}}, key.sign(demo)) == signed_by + R"(owner"})");
  const json::object demands = changed(demo, "/governance/signedManifestRequired", true);
  CHECK(verdict(own, {}, demands) == no);
  CHECK(verdict(own, {}, key.sign(demands)) == signed_by + R"(owner"})");
}

TEST_CASE("CAP-9: G3 wants an owner who is registered, enabled, internal and whose gateway lives") {
  CapabilityWorld world;
  world.agent("outside", "external");
  world.ok("ansible_register_agent",
           {{"agent_id", "distant"}, {"type", "internal"}, {"gateway", "node-b"}});
  world.ok("ansible_disable_agent", {{"agent_id", "helper"}});
  for (const char* owner : {"nobody", "outside", "helper", "distant"}) {
    check_failure(failed_publish(world, changed(demo_manifest(), "/ownerAgentId", owner)),
                  "owner_unavailable", "G3_OWNER_LIVENESS");
  }
  const json::object distant = changed(demo_manifest(), "/ownerAgentId", "distant");
  const auto pulse = [&](std::int64_t age_ms) {
    world.store["pulse/node-b"] =
        json::canonical(json::object{{"lastSeen", world.now_ms - age_ms}, {"status", "online"}});
  };
  pulse(90'001);
  check_failure(failed_publish(world, distant), "owner_unavailable", "G3_OWNER_LIVENESS");
  pulse(90'000);
  const json::object reply = world.published(distant);
  CHECK(reply.at("capability").at("ownerNodeId").as_string() == "node-b");
}

TEST_CASE("CAP-2: a fault between the gates fails the next one and leaves its evidence only") {
  struct Row {
    std::string_view gate;
    std::string_view code;
    Result<GateNote> (*fault)(Context&, Publication&);
  };
  const Row rows[] = {
      {"G4_INSTALL_STAGE", "install_failed",
       [](Context& c, Publication&) -> Result<GateNote> {
         Agent owner = *load_agent(c.txn, "owner");
         owner.disabled_at = c.now_ms;
         save_agent(c.txn, owner);
         return passed("the owner is disabled meanwhile");
       }},
      {"G5_WIRE_STAGE", "wire_failed",
       [](Context& c, Publication&) -> Result<GateNote> {
         c.txn.erase(key::cap_stage("cap.demo", "1.0.0"));
         return passed("the stage is gone");
       }},
      {"G6_SMOKE_TEST", "smoke_failed",
       [](Context& c, Publication&) -> Result<GateNote> {
         Agent owner = *load_agent(c.txn, "owner");
         owner.disabled_at = c.now_ms;
         save_agent(c.txn, owner);
         return passed("the owner does not answer");
       }},
      {"G9_POSTCHECK", "postcheck_failed",
       [](Context& c, Publication&) -> Result<GateNote> {
         c.txn.erase(key::cap_index("cap.demo"));
         return passed("the index is gone");
       }},
  };
  for (const Row& row : rows) {
    INFO(row.gate);
    CapabilityWorld world;
    check_failure(with_fault(world, row.gate, row.fault), row.code, row.gate);
    CHECK(world.store.at("cap-pipeline/cap.demo").find(R"("outcome":"failed")") !=
          std::string::npos);
    world.published(demo_manifest());  // and nothing stands in the way of the next try
  }
}

TEST_CASE(
    "CAP-2: a failed update leaves the active version as it was, and says why in its evidence") {
  CapabilityWorld world;
  world.published(demo_manifest("1.0.0"));
  const std::string fingerprint = world.fingerprint();
  json::object canary = changed(demo_manifest("2.0.0"), "/rollout/mode", "canary");
  const Failure f =
      failed_publish(world, changed(canary, "/rollout/canaryTargets", json::array{"nobody"}));
  check_failure(f, "rollout_failed", "G7_ROLLOUT");
  CHECK(world.fingerprint() == fingerprint);
  CHECK(world.statuses() == "1.0.0 active");
  const json::object last = world.evidence().at("lastPipeline").as_object();
  CHECK(text_of(last, "outcome") == "failed");
  CHECK(text_of(last, "version") == "2.0.0");
  CHECK(last.at("gates").as_array().size() == 10);
}
