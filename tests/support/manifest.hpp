// A capability's manifest as a publisher would write it, for tests.
#pragma once

#include <openssl/sha.h>

#include <string>
#include <string_view>

#include "base/json.hpp"

namespace test {

// Complete and of low risk, for a full rollout; published by its owner, unsigned. Its checksum is only of the right
// form: it is the caller's to compute.
inline base::json::object sample_manifest(std::string_view capability, std::string_view version,
                                          std::string_view owner) {
  namespace json = base::json;
  return {{"manifestVersion", "1.0.0"},
          {"capabilityId", capability},
          {"version", version},
          {"ownerAgentId", owner},
          {"standbyOwnerAgentIds", json::array{}},
          {"compatibilityMode", "strict"},
          {"delegationSkillRef", {{"name", "ask-demo"}, {"version", "1.0.0"}}},
          {"executorSkillRef", {{"name", "do-demo"}, {"version", "1.0.0"}}},
          {"contract",
           {{"inputSchemaRef", "schema://demo/in/1"},
            {"outputSchemaRef", "schema://demo/out/1"},
            {"ackSchemaRef", "schema://ansible/ack/1.0.0"}}},
          {"sla",
           {{"acceptSlaSeconds", 120}, {"progressSlaSeconds", 900}, {"completeSlaSeconds", 3600}}},
          {"riskClass", "low"},
          {"rollout", {{"mode", "full"}, {"canaryTargets", json::array{}}}},
          {"governance",
           {{"requiresHumanApprovalForHighRisk", true}, {"signedManifestRequired", false}}},
          {"provenance",
           {{"publishedByAgentId", owner},
            {"manifestChecksum", "sha256:" + std::string(64, '0')},
            {"manifestSignature", "unsigned:" + std::string(owner) + ":2027-01-15T08:00:00.000Z"},
            {"publishedAt", "2027-01-15T08:00:00.000Z"}}}};
}

// 64 lower-case hex digits.
inline std::string sha256_hex(std::string_view data) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest);
  std::string out;
  for (const unsigned char byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

}  // namespace test
