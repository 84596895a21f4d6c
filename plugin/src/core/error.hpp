// How the domain says no.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "base/result.hpp"

namespace ansible {

namespace json = base::json;

// The machine contract of every refusal (domain.md, "Codes"). Scripts compare these; texts are for people.
namespace code {
inline constexpr std::string_view kNotInitialized = "not_initialized";
inline constexpr std::string_view kInvalidArgument = "invalid_argument";
inline constexpr std::string_view kNotFound = "not_found";
inline constexpr std::string_view kAmbiguousId = "ambiguous_id";
inline constexpr std::string_view kNotAuthorized = "not_authorized";
inline constexpr std::string_view kInvalidToken = "invalid_token";
inline constexpr std::string_view kAgentDisabled = "agent_disabled";
inline constexpr std::string_view kNotAssignee = "not_assignee";
inline constexpr std::string_view kNotClaimer = "not_claimer";
inline constexpr std::string_view kInvalidTransition = "invalid_transition";
inline constexpr std::string_view kIdempotencyConflict = "idempotency_conflict";
inline constexpr std::string_view kEtaRequired = "eta_required";
inline constexpr std::string_view kEtaInvalid = "eta_invalid";
inline constexpr std::string_view kApprovalRequired = "approval_required";
inline constexpr std::string_view kApprovalRejected = "approval_rejected";
inline constexpr std::string_view kVersionIncompatible = "version_incompatible";
inline constexpr std::string_view kNoRoute = "no_route";
inline constexpr std::string_view kInvalidTargets = "invalid_targets";
inline constexpr std::string_view kCapabilityUnavailable = "capability_unavailable";
inline constexpr std::string_view kOverloaded = "overloaded";
inline constexpr std::string_view kInvalidManifest = "invalid_manifest";
inline constexpr std::string_view kSecretLiteralDetected = "secret_literal_detected";
inline constexpr std::string_view kInvalidSignature = "invalid_signature";
inline constexpr std::string_view kOwnerUnavailable = "owner_unavailable";
inline constexpr std::string_view kInstallFailed = "install_failed";
inline constexpr std::string_view kWireFailed = "wire_failed";
inline constexpr std::string_view kSmokeFailed = "smoke_failed";
inline constexpr std::string_view kRolloutFailed = "rollout_failed";
inline constexpr std::string_view kPostcheckFailed = "postcheck_failed";
inline constexpr std::string_view kTooLarge = "too_large";
inline constexpr std::string_view kConflict = "conflict";
inline constexpr std::string_view kInternal = "internal";
}  // namespace code

// A domain "no": becomes {"error": text, "code": code, ...details}. The text names the remedy.
struct Error {
  std::string_view code;
  std::string text;
  json::object details{};
};

template <class T>
using Result = base::Result<T, Error>;

}  // namespace ansible
