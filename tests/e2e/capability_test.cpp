// Capabilities as operators and their scripts handle them: the CLI, its labels, its exit codes.
#include <doctest/doctest.h>

#include <fstream>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

// The key pair that RFC 8410 prints.
constexpr const char* kPrivateKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kTrust =
    R"("manifestTrust":{"requireSigned":true,"trustedPublisherKeys":{"architect":
"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"}})";

constexpr const char* kManifest = R"({
  "manifestVersion": "1.0.0", "capabilityId": "cap.signed", "version": "1.0.0",
  "ownerAgentId": "architect", "compatibilityMode": "strict",
  "delegationSkillRef": {"name": "ask-signed", "version": "1.0.0"},
  "executorSkillRef": {"name": "do-signed", "version": "1.0.0"},
  "contract": {"inputSchemaRef": "schema://in/1", "outputSchemaRef": "schema://out/1",
               "ackSchemaRef": "schema://ansible/ack/1.0.0"},
  "sla": {"acceptSlaSeconds": 120, "progressSlaSeconds": 900, "completeSlaSeconds": 3600},
  "riskClass": "low", "rollout": {"mode": "full"},
  "governance": {"requiresHumanApprovalForHighRisk": true, "signedManifestRequired": true},
  "provenance": {"publishedByAgentId": "architect", "publishedAt": "2026-11-25T10:00:00Z"}
})";

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::string publish_line(const std::string& version, const std::string& more = "") {
  return "openclaw ansible capability publish --id cap.x --name X -v " + version +
         " --owner architect --delegation-skill-name ask-x --delegation-skill-version 1.0.0"
         " --executor-skill-name do-x --executor-skill-version 1.0.0 --contract schema://x/1 " +
         more;
}

// What a script does: the line after the label, split on blanks, each part at its colon.
std::string gate_in(const std::string& output, const std::string& label, const std::string& gate) {
  const std::size_t at = output.find("\n " + label);
  if (at == std::string::npos) return "no " + label;
  const std::string line =
      output.substr(at + 2 + label.size(), output.find('\n', at + 1) - at - 2 - label.size());
  const std::size_t part = line.find(gate + ':');
  if (part == std::string::npos) return "no " + gate;
  const std::size_t begin = part + gate.size() + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

std::string fingerprint(const Installation& gw, const std::string& version = "") {
  const auto reply = gw.shell("openclaw ansible capability evidence --id cap.x --format json" +
                              (version.empty() ? "" : " -v " + version));
  auto parsed = json::parse(reply.out);
  REQUIRE(parsed.ok());
  return text_of(*parsed, "lifecycleFingerprint");
}

}  // namespace

TEST_CASE("the runbook: a capability is published, listed, updated, rolled back and withdrawn") {
  const Installation gw;
  gw.start();
  gw.ok("openclaw ansible capability list", "=== Capabilities (0) ===");
  const std::string first = gw.ok(publish_line("1.0.0"), "Capability published");
  CHECK(first.find("\n id=cap.x\n") != std::string::npos);
  CHECK(first.find("\n status=active\n") != std::string::npos);
  CHECK(first.find("\n publishPipeline=G4_INSTALL_STAGE:passed G5_WIRE_STAGE:passed"
                   " G6_SMOKE_TEST:passed G7_ROLLOUT:passed G8_INDEX_ACTIVATE:passed"
                   " G9_POSTCHECK:passed\n") != std::string::npos);
  CHECK(first.find("\n lifecycleCore=G4:applied G5:applied\n") != std::string::npos);
  const std::string old = fingerprint(gw);
  CHECK(old.size() == 71);

  const std::string again = gw.ok(publish_line("1.0.0"), "Capability published");
  CHECK(again.find("G4_INSTALL_STAGE:skipped G5_WIRE_STAGE:skipped") != std::string::npos);
  CHECK(gate_in(again, "publishPipeline=", "G8_INDEX_ACTIVATE") == "passed");
  CHECK(gate_in(again, "publishPipeline=", "G9_POSTCHECK") == "passed");

  gw.ok(publish_line("2.0.0"));
  CHECK(fingerprint(gw) != old);
  const std::string list = gw.ok("openclaw ansible capability list --status active");
  CHECK(list.find("\ncap.x  [active]  v2.0.0\n  owner=architect") != std::string::npos);
  CHECK(list.find("  eligible=architect\n") != std::string::npos);
  gw.ok("openclaw ansible capability list --status deprecated", "cap.x  [deprecated]  v1.0.0\n");

  gw.ok(publish_line("1.0.0"));
  CHECK(fingerprint(gw) == old);
  gw.ok("openclaw ansible capability rollback --id cap.x --version 2.0.0", "Capability published");
  gw.ok("openclaw ansible capability rollback --id cap.x --version 1.0.0");
  CHECK(fingerprint(gw) == old);
  gw.ok("openclaw ansible capability evidence --id cap.x", old);

  const std::string gone =
      gw.ok("openclaw ansible capability unpublish --id cap.x", "Capability unpublished");
  CHECK(gone.find("\n unpublishPipeline=U1_DISABLE_ROUTING:passed U2_UNWIRE:passed"
                  " U3_ARCHIVE:passed U4_EMIT:passed\n") != std::string::npos);
  CHECK(gone.find("\n unwindEvidence: scanned=2 touched=1\n") != std::string::npos);
  gw.ok("openclaw ansible capability list --status disabled", "cap.x  [disabled]  v1.0.0");
  CHECK(gw.ok("openclaw ansible capability list --status active").find("cap.x") ==
        std::string::npos);
  gw.refused("openclaw ansible capability unpublish --id cap.y", 1, "never published");
}

TEST_CASE(
    "CAP-2: a failed publish says where and why over HTTP; its events stay, the rest does not") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  gw.refused(publish_line("banana"), 1, "failed at G1_SCHEMA");
  const json::value bad = gw.document(publish_line("banana"), 1);
  CHECK(text_of(bad, "code") == "invalid_manifest");
  CHECK(text_of(bad, "pointer") == "/version");
  CHECK(bad.at("publishPipeline").as_array().size() == 10);
  CHECK(bad.at("rollbackRequired").as_bool() == false);
  CHECK(text_of(gw.document(publish_line("1.0.0", "--owner nobody"), 1), "code") ==
        "owner_unavailable");
  CHECK(
      text_of(
          gw.document(
              publish_line("1.0.0", "--as worker --approval-note ghp_abcdefghijklmnopqrstuvwx"), 1),
          "code") == "secret_literal_detected");
  gw.ok("openclaw ansible capability list", "Capabilities (0)");
  const json::object inbox =
      gw.invoke("ansible_read_messages", {{"agent", "worker"}, {"all", true}});
  const std::string messages = json::canonical(inbox);
  CHECK(messages.find("capability_publish_gate_failed") != std::string::npos);
  CHECK(messages.find("ghp_") == std::string::npos);
  gw.ok(publish_line("1.0.0"));
  CHECK(text_of(gw.document(publish_line("2.0.0", "--as worker"), 4), "code") == "not_authorized");
  CHECK(text_of(gw.document("openclaw ansible capability unpublish --id cap.x --as worker", 4),
                "code") == "not_authorized");
  CHECK(text_of(gw.document(publish_line("1.0.0", "--eta 1000"), 1), "code") == "conflict");
}

TEST_CASE(
    "CAP-8: a manifest is signed without a gateway, and published by file where its key is "
    "trusted") {
  const Installation gw({.plugin_config = kTrust});
  const std::string draft = gw.file("draft.json");
  const std::string manifest = gw.file("manifest.json");
  const std::string key = gw.file("key.pem");
  write(draft, kManifest);
  write(key, kPrivateKey);
  const std::string sign = "openclaw ansible capability sign --manifest " + draft;
  const std::string bare = gw.ok(sign + " --out " + manifest, "Checksummed");
  const std::string checksum = bare.substr(bare.find("sha256:"), 71);
  gw.start();
  const std::string publish = "openclaw ansible capability publish --manifest " + manifest;
  CHECK(text_of(gw.document(publish, 1), "code") == "invalid_signature");

  gw.ok(sign + " --key " + key + " --out " + manifest, "Signed");
  const json::value piped = gw.document(sign + " --key " + key);
  CHECK(text_of(piped.at("provenance"), "manifestChecksum") == checksum);
  CHECK(text_of(piped.at("provenance"), "manifestSignature").starts_with("ed25519:"));
  gw.ok(publish, "Capability published");
  const json::value again = gw.document(publish + " --as architect");
  CHECK(text_of(again.at("provenanceVerification"), "mode") == "signed");
  CHECK(text_of(again.at("provenanceVerification"), "trustedKeyId") == "architect");

  gw.ok(sign + " --key " + key + " --key-id spring --out " + manifest);
  CHECK(text_of(gw.document(publish, 1), "code") == "invalid_signature");
  gw.ok("sed -i s/do-signed/do-other/ " + manifest);
  CHECK(text_of(gw.document(publish, 1), "pointer") == "/manifest/provenance/manifestChecksum");
}

TEST_CASE("reference 4.5, CAP-11: high risk needs an approval, a canary needs targets that exist") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  write(gw.file("draft.json"), kManifest);
  // Changes the draft as an editor would, completes it, and says how to publish it.
  const auto publish = [&](const std::string& edits) {
    gw.ok("sed -e 's/\"signedManifestRequired\": true/\"signedManifestRequired\": false/' " +
          edits + " " + gw.file("draft.json") + " > " + gw.file("edited.json"));
    gw.ok("openclaw ansible capability sign --manifest " + gw.file("edited.json") + " --out " +
          gw.file("manifest.json"));
    return "openclaw ansible capability publish --manifest " + gw.file("manifest.json");
  };
  const std::string high = publish("-e 's/\"low\"/\"high\"/'");
  CHECK(text_of(gw.document(high, 4), "code") == "approval_required");
  const json::value approved = gw.document(high + " --approval-artifact CHG-7");
  CHECK(text_of(approved.at("approval"), "approvedByAgentId") == "operator:node-e2e");

  const auto canary = [](const std::string& target) {
    return "-e 's/\"version\": \"1.0.0\",/\"version\": \"2.0.0\",/'"
           " -e 's/{\"mode\": \"full\"}/{\"mode\": \"canary\", \"canaryTargets\": [\"" +
           target + "\"]}/'";
  };
  const json::value failed = gw.document(publish(canary("nobody")), 1);
  CHECK(text_of(failed, "code") == "rollout_failed");
  CHECK(failed.at("rollbackPerformed").as_bool());
  gw.ok(publish(canary("worker")), " canary=v2.0.0 on worker until ");
  const std::string list = gw.ok("openclaw ansible capability list");
  CHECK(list.find("cap.signed  [active]  v1.0.0") != std::string::npos);
  CHECK(list.find("cap.signed  [canary]  v2.0.0") != std::string::npos);
  gw.ok("openclaw ansible capability rollback --id cap.signed --version 1.0.0");
  CHECK(gw.ok("openclaw ansible capability list").find("[canary]") == std::string::npos);
}

TEST_CASE("a manifest, a key or a file that cannot be used is named") {
  const Installation gw;
  const std::string draft = gw.file("draft.json");
  const std::string sign = "openclaw ansible capability sign --manifest " + draft;
  gw.refused(sign, 1, "cannot read " + draft);
  write(draft, "{\"a\":1,\"a\":2}");
  gw.refused(sign, 1, "draft.json");
  write(draft, R"({"manifestVersion":"1.0.0","provenance":{}})");
  CHECK(text_of(gw.document(sign, 1), "code") == "invalid_manifest");
  write(draft, kManifest);
  write(gw.file("key.pem"), "no key");
  CHECK(text_of(gw.document(sign + " --key " + gw.file("key.pem"), 1), "code") == "bad_key");
  gw.refused(sign + " --out /nowhere/at/all.json", 1, "/nowhere/at/all.json");
  gw.refused("openclaw ansible capability publish --manifest /nowhere.json", 2, "/nowhere.json");
  write(draft, "[]");
  gw.refused("openclaw ansible capability publish --manifest " + draft, 2, "one JSON object");
}
