#include "capabilities/manifest_form.hpp"

#include <doctest/doctest.h>

#include "core/base64.hpp"
#include "core/fields.hpp"
#include "plugin/support/publishing.hpp"

using namespace ansible;
using namespace ansible_test;

namespace {

struct Row {
  const char* pointer;
  json::value value;
};

// The pointer at which the manifest is refused, or "ok".
std::string refused_at(const json::object& manifest) {
  const auto read = read_manifest(manifest);
  if (read.ok()) return "ok";
  CHECK(read.error().code == "invalid_manifest");
  CHECK(read.error().details.contains("expected"));
  CHECK(read.error().details.contains("got"));
  return text_of(read.error().details, "pointer");
}

json::value xs(std::size_t length, const std::string& before = "") {
  return json::value(before + std::string(length, 'x'));
}

const json::value kWrongType = json::array{json::object{}};

}  // namespace

TEST_CASE("CAP-3: a manifest with one wrong field is refused at that field") {
  const Row rows[] = {
      {"/manifestVersion", "1.0.1"},
      {"/capabilityId", "demo"},
      {"/capabilityId", "cap."},
      {"/capabilityId", "cap.-x"},
      {"/capabilityId", "cap.Upper"},
      {"/capabilityId", "cap.a/b"},
      {"/capabilityId", xs(157, "cap.")},
      {"/version", "banana"},
      {"/version", "1.2"},
      {"/version", "1.2.3.4"},
      {"/version", "v1.2.3"},
      {"/version", "1.2.3-"},
      {"/version", "1.2.3-a+b"},
      {"/version", "1.2.3 4"},
      {"/version", xs(120, "1.0.0-")},
      {"/ownerAgentId", xs(101)},
      {"/standbyOwnerAgentIds", "helper"},
      {"/standbyOwnerAgentIds", json::array{"helper", "owner"}},
      {"/compatibilityMode", "loose"},
      {"/delegationSkillRef/name", xs(201)},
      {"/delegationSkillRef/version", xs(121)},
      {"/delegationSkillRef/source", xs(401)},
      {"/delegationSkillRef/path", nullptr},
      {"/executorSkillRef/name", xs(201)},
      {"/contract/inputSchemaRef", xs(401)},
      {"/contract/outputSchemaRef", xs(401)},
      {"/contract/ackSchemaRef", xs(401)},
      {"/sla/acceptSlaSeconds", 9},
      {"/sla/acceptSlaSeconds", 3601},
      {"/sla/acceptSlaSeconds", "120"},
      {"/sla/progressSlaSeconds", 29},
      {"/sla/progressSlaSeconds", 86'401},
      {"/sla/completeSlaSeconds", 59},
      {"/sla/completeSlaSeconds", 604'801},
      {"/riskClass", "extreme"},
      {"/rollout/mode", "half"},
      {"/rollout/canaryTargets", "helper"},
      {"/governance/requiresHumanApprovalForHighRisk", "yes"},
      {"/governance/signedManifestRequired", 1},
      {"/provenance/publishedByAgentId", xs(101)},
      {"/provenance/manifestChecksum", "sha256:ABC"},
      {"/provenance/manifestSignature", xs(8'193)},
      {"/provenance/publishedAt", "yesterday"},
      {"/note", "unknown"},
      {"/sla/reviewSlaSeconds", 60},
      {"/executorSkillRef/token~1name", "x"},
      {"/rollout/percent", 5},
      {"/provenance/by", "x"},
  };
  for (const Row& row : rows) {
    INFO(row.pointer << " = " << json::canonical(row.value));
    CHECK(refused_at(changed(demo_manifest(), row.pointer, row.value)) == row.pointer);
  }
  CHECK(refused_at(changed(demo_manifest(), "/standbyOwnerAgentIds", json::array{"a", 7})) ==
        "/standbyOwnerAgentIds/1");
}

TEST_CASE("CAP-3: every field of a manifest is needed, but paths, sources and lists") {
  const json::object whole = demo_manifest();
  for (const auto& member : whole) {
    INFO(std::string(member.key()));
    json::object less = whole;
    less.erase(member.key());
    const bool optional = member.key() == "standbyOwnerAgentIds";
    CHECK(refused_at(less) == (optional ? "ok" : "/" + std::string(member.key())));
    CHECK(refused_at(changed(whole, "/" + std::string(member.key()), kWrongType)) != "ok");
    if (!member.value().is_object()) continue;
    for (const auto& inner : member.value().get_object()) {
      const std::string pointer = "/" + std::string(member.key()) + "/" + std::string(inner.key());
      INFO(pointer);
      less = whole;
      less[member.key()].as_object().erase(inner.key());
      CHECK(refused_at(less) == (inner.key() == "canaryTargets" ? "ok" : pointer));
    }
  }
}

TEST_CASE("CAP-3: high risk needs its approval flag, a required signature needs to be there") {
  json::object high = changed(demo_manifest(), "/riskClass", "high");
  CHECK(refused_at(high) == "ok");
  CHECK(refused_at(changed(high, "/governance/requiresHumanApprovalForHighRisk", false)) ==
        "/governance/requiresHumanApprovalForHighRisk");
  json::object needs = changed(demo_manifest(), "/governance/signedManifestRequired", true);
  CHECK(refused_at(changed(needs, "/provenance/manifestSignature", "unsigned:x")) ==
        "/provenance/manifestSignature");
}

TEST_CASE("a manifest is read trimmed, cleaned and floored, and its payload is canonical") {
  json::object written = demo_manifest();
  written["capabilityId"] = " cap.demo ";
  written["sla"].as_object()["acceptSlaSeconds"] = 120.9;
  written["standbyOwnerAgentIds"] = json::array{" helper", "", "helper", "other"};
  written["rollout"].as_object().erase("canaryTargets");
  const auto read = read_manifest(written);
  REQUIRE(read.ok());
  CHECK(read->capability_id == "cap.demo");
  CHECK(read->accept_sla_seconds == 120);
  CHECK(read->standby_owner_agent_ids == std::vector<std::string>{"helper", "other"});
  json::object normal = demo_manifest();
  normal["standbyOwnerAgentIds"] = json::array{"helper", "other"};
  CHECK(canonical_payload(*read) == payload(normal));
}

TEST_CASE("the canonical payload is these very bytes") {
  const std::string expected =
      R"({"capabilityId":"cap.demo","compatibilityMode":"strict","contract":{"ackSchemaRef":)"
      R"("schema://ansible/ack/1.0.0","inputSchemaRef":"schema://demo/in/1","outputSchemaRef":)"
      R"("schema://demo/out/1"},"delegationSkillRef":{"name":"ask-demo","version":"1.0.0"},)"
      R"("executorSkillRef":{"name":"do-demo","version":"1.0.0"},"governance":)"
      R"({"requiresHumanApprovalForHighRisk":true,"signedManifestRequired":false},)"
      R"("manifestVersion":"1.0.0","ownerAgentId":"owner","provenance":{"manifestChecksum":"",)"
      R"("manifestSignature":"","publishedAt":"2027-01-15T08:00:00.000Z","publishedByAgentId":)"
      R"("owner"},"riskClass":"low","rollout":{"canaryTargets":[],"mode":"full"},"sla":)"
      R"({"acceptSlaSeconds":120,"completeSlaSeconds":3600,"progressSlaSeconds":900},)"
      R"("standbyOwnerAgentIds":[],"version":"1.0.0"})";
  CHECK(canonical_payload(*read_manifest(demo_manifest())) == expected);
}

TEST_CASE("CAP-8: signatures are read as the reference writes them, and nothing else is one") {
  const std::string bytes(64, '\x5A');
  const std::string base64 = base64_encode(bytes);
  std::string unpadded = base64;
  while (unpadded.back() == '=') unpadded.pop_back();
  for (const std::string& text :
       {"ed25519:" + base64, "ed25519:" + unpadded,
        "ed25519:" + base64.substr(0, 40) + "\n " + base64.substr(40), "ed25519:key-1:" + base64}) {
    INFO(text);
    const auto read = read_signature(text);
    REQUIRE(read.ok());
    CHECK(read->is_signed);
    CHECK(read->signature == bytes);
    CHECK(read->key_id == (text.find("key-1") != std::string::npos ? "key-1" : ""));
  }
  CHECK_FALSE(read_signature("unsigned:whatever")->is_signed);
  std::string other_bits = unpadded;
  other_bits.back() = other_bits.back() == 'g' ? 'h' : static_cast<char>(other_bits.back() + 1);
  for (const std::string& text : std::vector<std::string>{
           "", "signed", "unsigned", "rsa:" + base64, "ed25519:", "ed25519::" + base64,
           "ed25519:" + base64_encode("short"), "ed25519:" + base64_encode(bytes + "x"),
           "ed25519:" + base64 + "!", "ed25519:" + other_bits}) {
    INFO(text);
    const auto read = read_signature(text);
    CHECK((!read.ok() && read.error().code == "invalid_signature"));
  }
}
