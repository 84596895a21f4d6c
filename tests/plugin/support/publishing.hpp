// Manifests as publishers hand them in, and what becomes of them.
#pragma once

#include <string>
#include <string_view>

#include "plugin/support/tasks.hpp"
#include "plugin/support/world.hpp"
#include "support/ed25519.hpp"

namespace ansible_test {

// A correct, unsigned manifest of cap.demo: owner and publisher are the internal agent "owner", rollout full.
json::object demo_manifest(std::string_view version = "1.0.0");

// The manifest with `value` at the JSON pointer (one or two steps), and the checksum that it needs then.
json::object changed(json::object manifest, std::string_view pointer, const json::value& value);

// The manifest with its checksum computed anew.
json::object sealed(json::object manifest);

// The bytes that the checksum and the signature are made of.
std::string payload(json::object manifest);

// A publisher's key pair.
class SigningKey {
 public:
  std::string public_pem() const { return key_.public_pem(); }

  // The sealed manifest, signed: "ed25519:<base64>", or with a key id "ed25519:<key id>:<base64>".
  json::object sign(json::object manifest, std::string_view key_id = "") const;

 private:
  test::Ed25519Key key_;
};

// A configuration that trusts these keys: {"<id>": pem or {publisher, publicKey}}.
std::string trusting(const json::object& keys, const json::object& more = {});

// A gateway with the internal agents "owner", "helper" and "admin".
struct CapabilityWorld : World {
  explicit CapabilityWorld(std::string_view config = R"({"tier":"backbone"})");

  // Publishes as "owner" (or whom `more` names).
  json::object publish(const json::object& manifest, const json::object& more = {});
  json::object published(const json::object& manifest,
                         const json::object& more = {});  // must succeed
  json::object flat(const json::object& more = {});
  json::object unpublish(const json::object& more = {});
  json::object evidence(std::string_view version = "");
  std::string fingerprint(std::string_view version = "");

  // "v1 active, v2 deprecated": each version's status, by version.
  std::string statuses();
  std::string eligible();  // "owner", "" ...
};

// The intents of the events about capabilities that `after` has and `before` has not, oldest first, joined by blanks.
std::string events_of(const Store& after, const Store& before = {});

// "G0:passed G1:failed ..." of a reply's pipeline.
std::string gates_of(const json::object& reply, std::string_view member = "publishPipeline");
std::string gate_of(const json::object& reply, std::string_view gate,
                    std::string_view member = "publishPipeline");

}  // namespace ansible_test
