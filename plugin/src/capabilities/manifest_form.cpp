#include "capabilities/manifest_form.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "core/base64.hpp"
#include "core/ids.hpp"
#include "core/text.hpp"

namespace ansible {
namespace {

constexpr std::string_view kManifestVersion = "1.0.0";
constexpr std::string_view kChecksumPrefix = "sha256:";
constexpr std::size_t kChecksumDigits = 64;
constexpr std::size_t kShortestSignature = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kMostNames = 100;
constexpr std::size_t kLongestId = 100;

bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool letter(char c) { return lower(c) || (c >= 'A' && c <= 'Z'); }

// Takes the characters that fit off the front; how many.
template <class Fits>
std::size_t take(std::string_view& text, Fits fits) {
  const auto end = std::find_if_not(text.begin(), text.end(), fits);
  const auto n = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(n);
  return n;
}

bool valid_checksum(std::string_view text) {
  if (!text.starts_with(kChecksumPrefix)) return false;
  text.remove_prefix(kChecksumPrefix.size());
  return text.size() == kChecksumDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return digit(c) || (c >= 'a' && c <= 'f');
         });
}

bool valid_time(std::string_view text) { return parse_iso_time(text).has_value(); }

using Words = std::initializer_list<std::string_view>;

std::string alternatives(Words words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : "|") + std::string(word);
  return out;
}

// A form that a text must have, and how it is described.
struct Form {
  bool (*fits)(std::string_view);
  std::string_view described;
};

constexpr Form kCapabilityId = {valid_capability_id, "cap.<name> of a-z 0-9 . _ -"};
constexpr Form kVersion = {valid_version, "a version like 1.2.0 or 1.2.0-rc.1"};
constexpr Form kChecksum = {valid_checksum, "sha256: and 64 lower-case hex digits"};
constexpr Form kTime = {valid_time, "an ISO date-time with zone"};

// Reads the members of one object. The first problem found anywhere in the manifest is kept, and what is read after it
// does not matter.
class Reader {
 public:
  Reader(const json::object& from, std::string at, std::optional<Error>& problem, Words members)
      : from_(from), at_(std::move(at)), problem_(problem) {
    for (const auto& member : from_) {
      const std::string_view name = member.key();
      if (std::find(members.begin(), members.end(), name) == members.end()) {
        fail(json::pointer_token(name), "no such field", &member.value());
      }
    }
  }

  std::string text(std::string_view name, std::size_t longest, const Form* form = nullptr) {
    const json::value* v = from_.if_contains(name);
    const std::string limit = "text of at most " + std::to_string(longest) + " characters";
    if (v == nullptr || !v->is_string()) {
      fail(name, form != nullptr ? std::string(form->described) : limit, v);
      return {};
    }
    if (json::utf16_length(v->get_string()) > longest) fail(name, limit, v);
    std::string clean = trimmed(v->get_string());
    if (form != nullptr && !form->fits(clean)) fail(name, std::string(form->described), v);
    return clean;
  }

  std::optional<std::string> optional_text(std::string_view name, std::size_t longest) {
    if (!from_.contains(name)) return std::nullopt;
    return text(name, longest);
  }

  std::string one_of(std::string_view name, Words words) {
    const json::value* v = from_.if_contains(name);
    const bool known =
        v != nullptr && v->is_string() &&
        std::find(words.begin(), words.end(), std::string_view(v->get_string())) != words.end();
    if (known) return std::string(v->get_string());
    fail(name, alternatives(words), v);
    return {};
  }

  std::int64_t seconds(std::string_view name, std::int64_t least, std::int64_t most) {
    const json::value* v = from_.if_contains(name);
    const double number = v != nullptr && v->is_number() ? std::floor(v->to_number<double>()) : -1;
    if (number >= static_cast<double>(least) && number <= static_cast<double>(most)) {
      return static_cast<std::int64_t>(number);
    }
    fail(name, "seconds from " + std::to_string(least) + " to " + std::to_string(most), v);
    return least;
  }

  bool flag(std::string_view name) {
    const json::value* v = from_.if_contains(name);
    if (v != nullptr && v->is_bool()) return v->get_bool();
    fail(name, "true or false", v);
    return false;
  }

  // A cleaned list of names; absent is empty.
  std::vector<std::string> names(std::string_view name) {
    std::vector<std::string> out;
    const json::value* v = from_.if_contains(name);
    if (v == nullptr) return out;
    if (!v->is_array() || v->get_array().size() > kMostNames) {
      fail(name, "at most " + std::to_string(kMostNames) + " ids", v);
      return out;
    }
    for (std::size_t i = 0; i < v->get_array().size(); ++i) {
      const json::value& item = v->get_array()[i];
      if (!item.is_string() || json::utf16_length(item.get_string()) > kLongestId) {
        fail(std::string(name) + '/' + std::to_string(i), "an id of at most 100 characters", &item);
        return out;
      }
      std::string clean = trimmed(item.get_string());
      if (!clean.empty() && std::find(out.begin(), out.end(), clean) == out.end()) {
        out.push_back(std::move(clean));
      }
    }
    return out;
  }

  Reader object(std::string_view name, Words members) {
    static const json::object kNone;
    const json::value* v = from_.if_contains(name);
    const bool is_object = v != nullptr && v->is_object();
    if (!is_object) fail(name, "an object", v);
    return {is_object ? v->get_object() : kNone, at_ + '/' + std::string(name), problem_, members};
  }

  SkillRef skill(std::string_view name) {
    Reader ref = object(name, {"name", "version", "path", "source"});
    SkillRef out;
    out.name = ref.text("name", 200);
    out.version = ref.text("version", 120);
    out.path = ref.optional_text("path", 4'000);
    out.source = ref.optional_text("source", 400);
    return out;
  }

  void fail(std::string_view name, const std::string& expected, const json::value* got) {
    if (problem_) return;
    const std::string pointer = at_ + '/' + std::string(name);
    const std::string found = got == nullptr ? "nothing" : excerpt(json::canonical(*got), 60);
    problem_ = Error{code::kInvalidManifest,
                     pointer.substr(1) + ": expected " + expected + ", got " + found,
                     {{"pointer", pointer}, {"expected", expected}, {"got", found}}};
  }

 private:
  const json::object& from_;
  std::string at_;
  std::optional<Error>& problem_;
};

void read_identity(Reader& top, Manifest& m) {
  const std::string format = top.text("manifestVersion", 32);
  if (format != kManifestVersion) {
    const json::value got(format);
    top.fail("manifestVersion", "\"1.0.0\"", &got);
  }
  m.capability_id = top.text("capabilityId", 160, &kCapabilityId);
  m.version = top.text("version", 120, &kVersion);
  m.owner_agent_id = top.text("ownerAgentId", 100);
  m.standby_owner_agent_ids = top.names("standbyOwnerAgentIds");
  const auto& standbys = m.standby_owner_agent_ids;
  if (std::find(standbys.begin(), standbys.end(), m.owner_agent_id) != standbys.end()) {
    const json::value got(m.owner_agent_id);
    top.fail("standbyOwnerAgentIds", "others than the owner", &got);
  }
  m.compatibility_mode = top.one_of("compatibilityMode", {"strict", "backward", "legacy-window"});
}

void read_terms(Reader& top, Manifest& m) {
  m.delegation_skill = top.skill("delegationSkillRef");
  m.executor_skill = top.skill("executorSkillRef");
  Reader contract = top.object("contract", {"inputSchemaRef", "outputSchemaRef", "ackSchemaRef"});
  m.input_schema_ref = contract.text("inputSchemaRef", 400);
  m.output_schema_ref = contract.text("outputSchemaRef", 400);
  m.ack_schema_ref = contract.text("ackSchemaRef", 400);
  Reader sla = top.object("sla", {"acceptSlaSeconds", "progressSlaSeconds", "completeSlaSeconds"});
  m.accept_sla_seconds = sla.seconds("acceptSlaSeconds", 10, 3'600);
  m.progress_sla_seconds = sla.seconds("progressSlaSeconds", 30, 86'400);
  m.complete_sla_seconds = sla.seconds("completeSlaSeconds", 60, 604'800);
}

void read_rules(Reader& top, Manifest& m) {
  m.risk_class = top.one_of("riskClass", {"low", "medium", "high"});
  Reader rollout = top.object("rollout", {"mode", "canaryTargets"});
  m.rollout_mode = rollout.one_of("mode", {"canary", "full"});
  m.canary_targets = rollout.names("canaryTargets");
  Reader governance =
      top.object("governance", {"requiresHumanApprovalForHighRisk", "signedManifestRequired"});
  m.requires_human_approval_for_high_risk = governance.flag("requiresHumanApprovalForHighRisk");
  m.signed_manifest_required = governance.flag("signedManifestRequired");
  if (m.risk_class == "high" && !m.requires_human_approval_for_high_risk) {
    const json::value got(false);
    governance.fail("requiresHumanApprovalForHighRisk", "true for riskClass high", &got);
  }
}

void read_provenance(Reader& top, Manifest& m) {
  Reader provenance = top.object(
      "provenance", {"publishedByAgentId", "manifestChecksum", "manifestSignature", "publishedAt"});
  m.published_by_agent_id = provenance.text("publishedByAgentId", 100);
  m.manifest_checksum = provenance.text("manifestChecksum", 100, &kChecksum);
  m.manifest_signature = provenance.text("manifestSignature", 8'192);
  m.published_at = provenance.text("publishedAt", 64, &kTime);
  if (m.signed_manifest_required && m.manifest_signature.size() < kShortestSignature) {
    const json::value got(m.manifest_signature);
    provenance.fail("manifestSignature", "a signature, as signedManifestRequired is true", &got);
  }
}

// Without blanks and with its padding, both of which people lose.
std::string plain_base64(std::string_view text) {
  std::string out(text);
  std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
  out.append((4 - out.size() % 4) % 4, '=');
  return out;
}

Error invalid_signature(std::string_view got) {
  return {code::kInvalidSignature,
          "manifestSignature: expected unsigned:<anything>, ed25519:<base64> or "
          "ed25519:<key id>:<base64> of 64 bytes, got " +
              excerpt(got, 60),
          {}};
}

}  // namespace

bool valid_capability_id(std::string_view id) {
  if (!id.starts_with("cap.") || id.size() > 160) return false;
  id.remove_prefix(4);
  if (id.empty() || (!lower(id.front()) && !digit(id.front()))) return false;
  take(id, [](char c) { return lower(c) || digit(c) || c == '.' || c == '_' || c == '-'; });
  return id.empty();
}

bool valid_version(std::string_view version) {
  for (int part = 0; part < 3; ++part) {
    if (part > 0) {
      if (version.empty() || version.front() != '.') return false;
      version.remove_prefix(1);
    }
    if (take(version, digit) == 0) return false;
  }
  if (version.empty()) return true;
  if (version.front() != '-' && version.front() != '+') return false;
  version.remove_prefix(1);
  const auto suffix = [](char c) { return letter(c) || digit(c) || c == '.' || c == '-'; };
  return take(version, suffix) > 0 && version.empty();
}

Result<Manifest> read_manifest(const json::object& from) {
  std::optional<Error> problem;
  Reader top(from, "", problem,
             {"manifestVersion", "capabilityId", "version", "ownerAgentId", "standbyOwnerAgentIds",
              "compatibilityMode", "delegationSkillRef", "executorSkillRef", "contract", "sla",
              "riskClass", "rollout", "governance", "provenance"});
  Manifest manifest;
  read_identity(top, manifest);
  read_terms(top, manifest);
  read_rules(top, manifest);
  read_provenance(top, manifest);
  if (problem) return std::move(*problem);
  return manifest;
}

std::string canonical_payload(Manifest manifest) {
  manifest.manifest_checksum.clear();
  manifest.manifest_signature.clear();
  return json::canonical(to_json(manifest));
}

std::string canonical_content(const Manifest& manifest) {
  json::object content = to_json(manifest);
  content.erase("provenance");
  return json::canonical(content);
}

std::string checksum_text(std::string_view digest_hex) {
  return std::string(kChecksumPrefix) + std::string(digest_hex);
}

Result<SignatureText> read_signature(std::string_view text) {
  if (text.starts_with("unsigned:")) return SignatureText{};
  constexpr std::string_view kPrefix = "ed25519:";
  if (!text.starts_with(kPrefix)) return invalid_signature(text);
  std::string_view rest = text.substr(kPrefix.size());
  SignatureText out{.is_signed = true};
  if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    out.key_id = trimmed(rest.substr(0, colon));
    if (out.key_id.empty()) return invalid_signature(text);
    rest.remove_prefix(colon + 1);
  }
  const auto bytes = base64_decode(plain_base64(rest));
  if (!bytes || bytes->size() != kSignatureBytes) return invalid_signature(text);
  out.signature = *bytes;
  return out;
}

std::string signature_text(std::string_view key_id, std::string_view signature) {
  return "ed25519:" + (key_id.empty() ? "" : std::string(key_id) + ':') + base64_encode(signature);
}

std::string unsigned_text(const Manifest& manifest) {
  return "unsigned:" + manifest.published_by_agent_id + ':' + manifest.published_at;
}

}  // namespace ansible
