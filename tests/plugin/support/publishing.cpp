#include "plugin/support/publishing.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <utility>

#include "core/fields.hpp"
#include "support/manifest.hpp"

namespace ansible_test {

json::object demo_manifest(std::string_view version) {
  return sealed(test::sample_manifest("cap.demo", version, "owner"));
}

std::string payload(json::object manifest) {
  json::object& provenance = manifest["provenance"].as_object();
  provenance["manifestChecksum"] = "";
  provenance["manifestSignature"] = "";
  return json::canonical(manifest);
}

json::object sealed(json::object manifest) {
  const std::string checksum = "sha256:" + test::sha256_hex(payload(manifest));
  manifest["provenance"].as_object()["manifestChecksum"] = checksum;
  return manifest;
}

json::object changed(json::object manifest, std::string_view pointer, const json::value& value) {
  const std::size_t slash = pointer.find('/', 1);
  const std::string first(pointer.substr(1, slash == pointer.npos ? slash : slash - 1));
  if (slash == pointer.npos) {
    manifest[first] = value;
  } else {
    std::string second(pointer.substr(slash + 1));
    if (const std::size_t at = second.find("~1"); at != second.npos) second.replace(at, 2, "/");
    manifest[first].as_object()[second] = value;
  }
  const json::value* provenance = manifest.if_contains("provenance");
  const bool sealable =
      provenance != nullptr && provenance->is_object() && !pointer.ends_with("/manifestChecksum");
  return sealable ? sealed(std::move(manifest)) : manifest;
}

json::object SigningKey::sign(json::object manifest, std::string_view key_id) const {
  manifest = sealed(std::move(manifest));
  const std::string data = payload(manifest);
  manifest["provenance"].as_object()["manifestSignature"] =
      "ed25519:" + (key_id.empty() ? "" : std::string(key_id) + ':') + key_.sign(data);
  return manifest;
}

std::string trusting(const json::object& keys, const json::object& more) {
  return json::canonical(json::object{
      {"tier", "backbone"}, {"manifestTrust", with({{"trustedPublisherKeys", keys}}, more)}});
}

CapabilityWorld::CapabilityWorld(std::string_view config) : World(config) {
  agent("owner");
  agent("helper");
}

json::object CapabilityWorld::publish(const json::object& manifest, const json::object& more) {
  return call("ansible_capability_publish",
              with({{"manifest", manifest}, {"from_agent", "owner"}}, more));
}

json::object CapabilityWorld::published(const json::object& manifest, const json::object& more) {
  json::object reply = publish(manifest, more);
  INFO(json::canonical(reply));
  REQUIRE(code_of(reply) == "ok");
  return reply;
}

json::object CapabilityWorld::flat(const json::object& more) {
  return call("ansible_capability_publish",
              with({{"capability_id", "cap.demo"},
                    {"version", "1.0.0"},
                    {"owner_agent_id", "owner"},
                    {"delegation_skill_ref", {{"name", "ask-demo"}, {"version", "1.0.0"}}},
                    {"executor_skill_ref", {{"name", "do-demo"}, {"version", "1.0.0"}}},
                    {"contract_schema_ref", "schema://demo/1"},
                    {"from_agent", "owner"}},
                   more));
}

json::object CapabilityWorld::unpublish(const json::object& more) {
  return call("ansible_capability_unpublish",
              with({{"capability_id", "cap.demo"}, {"from_agent", "owner"}}, more));
}

json::object CapabilityWorld::evidence(std::string_view version) {
  json::object args{{"capability_id", "cap.demo"}};
  if (!version.empty()) args["version"] = version;
  return ok("ansible_capability_lifecycle_evidence", args);
}

std::string CapabilityWorld::fingerprint(std::string_view version) {
  return text_of(evidence(version), "lifecycleFingerprint");
}

std::string CapabilityWorld::statuses() {
  std::map<std::string, std::string> by_version;
  for (const char* status : {"canary", "active", "deprecated", "disabled"}) {
    const json::object reply = ok("ansible_list_capabilities", {{"status", status}});
    for (const json::value& entry : reply.at("capabilities").as_array()) {
      by_version[std::string(entry.at("catalog").at("version").as_string())] = status;
    }
  }
  std::string out;
  for (const auto& [version, status] : by_version) {
    out += (out.empty() ? "" : ", ") + version + ' ' + status;
  }
  return out;
}

std::string CapabilityWorld::eligible() {
  const auto found = store.find("cap-index/cap.demo");
  if (found == store.end()) return "no index";
  std::string out;
  for (const std::string& id :
       ansible::texts_field(ansible::parse_document("index", found->second), "eligibleAgentIds")) {
    out += (out.empty() ? "" : ",") + id;
  }
  return out;
}

std::string events_of(const Store& after, const Store& before) {
  std::multiset<std::pair<std::int64_t, std::string>> by_time;
  for (auto at = after.lower_bound("message/"); at != after.end() && at->first < "message0"; ++at) {
    if (before.contains(at->first)) continue;
    const json::object message = ansible::parse_document(at->first, at->second);
    const std::string intent = text_of(message, "intent");
    if (!intent.starts_with("capability_")) continue;
    by_time.emplace(message.at("timestamp").as_int64(), intent);
  }
  std::string out;
  for (const auto& [at, intent] : by_time) out += (out.empty() ? "" : " ") + intent;
  return out;
}

std::string gates_of(const json::object& reply, std::string_view member) {
  std::string out;
  for (const json::value& gate : reply.at(member).as_array()) {
    const std::string name(gate.at("gate").as_string());
    out += (out.empty() ? "" : " ") + name.substr(0, name.find('_')) + ':' +
           std::string(gate.at("status").as_string());
  }
  return out;
}

std::string gate_of(const json::object& reply, std::string_view gate, std::string_view member) {
  for (const json::value& entry : reply.at(member).as_array()) {
    if (std::string_view(entry.at("gate").as_string()).starts_with(gate)) {
      return std::string(entry.at("status").as_string());
    }
  }
  return "none";
}

}  // namespace ansible_test
