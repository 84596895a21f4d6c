// A publish on its way through the gates G0 ... G9 (CAP-1, reference 4.6).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/actor.hpp"
#include "capabilities/pipeline.hpp"
#include "core/context.hpp"
#include "records/agent.hpp"
#include "records/capability.hpp"
#include "records/manifest.hpp"

namespace ansible {

// What a publish comes to, once its manifest is known.
enum class Effect : std::uint8_t {
  kActivate,    // it becomes the active version
  kCanary,      // it stands beside the active version (CAP-11)
  kKeep,        // it is the active version (CAP-5)
  kKeepCanary,  // it is the version in canary
  kShelve,      // published as deprecated or disabled: recorded, not routed to
};

// Filled gate by gate.
struct Publication {
  Actor actor;
  json::object request;  // the arguments as they came (CAP-15)
  bool rollback =
      false;  // by ansible_capability_rollback: the version is stored, nothing is submitted

  // G1
  Manifest manifest{};  // as submitted; from G2 on the stored one, where the version was known
  std::string name{};
  std::string status{};
  json::object approval{};  // empty: none was needed
  std::optional<Manifest> stored{};
  std::optional<CatalogRecord> known{};  // the version, as catalogued before
  RevisionRecord revision{};
  std::optional<std::string> previous_active{};
  Effect effect = Effect::kActivate;

  json::object provenance{};             // G2
  Agent owner{};                         // G3
  json::object install{};                // G4: {gate, action, at, detail}
  json::object wire{};                   // G5
  std::vector<std::string> executors{};  // G7, of a canary
  CatalogRecord catalog{};               // G8
};

// Where the request names the capability and the version, for texts and evidence; empty when it does not, or not in the
// form that ids and versions have.
std::string named_capability(const Publication& publication);
std::string named_version(const Publication& publication);

// G1: reads the request into the publication.
Result<GateNote> check_schema(Context& context, Publication& publication);

// All gates, in order.
std::span<const Gate<Publication>> publish_gates();

}  // namespace ansible
