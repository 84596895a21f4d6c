#include "journal/replay_judge.hpp"

#include <algorithm>
#include <string>

#include "base/json.hpp"
#include "canary/compare.hpp"
#include "canary/redaction.hpp"

namespace gateway {
namespace {

namespace json = base::json;
using End = ShadowLink::End;

constexpr std::size_t kMaxShown = 400;  // bytes of a value

// Not in the middle of a character.
std::string cut(std::string text) {
  if (text.size() <= kMaxShown) return text;
  text.resize(kMaxShown);
  while (!text.empty() && !json::valid_utf8(text)) text.pop_back();
  return text + "...";
}

std::string shown(const json::value& document, const std::string& pointer) {
  boost::system::error_code error;
  const json::value* found = document.find_pointer(pointer, error);
  if (found == nullptr) return "(absent)";
  const bool secret = names_a_secret(pointer) && !found->is_bool() && !found->is_null();
  return cut(json::canonical(secret ? json::value(kRedacted) : redacted(*found)));
}

json::value document(const wire::Answer& answer) {
  auto parsed = json::parse(document_of(answer));
  return parsed ? std::move(*parsed) : json::value(nullptr);
}

std::string words_of(const ReplaySide::Told& told) {
  if (!told.ran) return "the call had ended in an earlier step";
  return cut(redacted_text(told.end == End::kAnswered ? told.answer.error : told.words));
}

void note(ReplayFinding& finding, Difference kind) {
  finding.kinds[static_cast<std::size_t>(kind)] = true;
}

// A side without an answer: crashed, hung, or its call had ended.
bool silent(const ReplaySide::Told& told) { return !told.ran || told.end != End::kAnswered; }

Difference silence_of(const ReplaySide::Told& told) {
  if (!told.ran) return Difference::kStatus;
  return told.end == End::kSlow ? Difference::kSlow : Difference::kCrash;
}

void compare_answers(ReplayFinding& finding, const wire::Answer& base,
                     const wire::Answer& candidate, const std::vector<Mismatch>& mismatches) {
  const json::value left = document(base);
  const json::value right = document(candidate);
  for (const Mismatch& mismatch : mismatches) {
    note(finding, mismatch.kind);
    for (const std::string& pointer : mismatch.pointers) {
      finding.difference.places.push_back(
          {redacted_text(pointer), shown(left, pointer), shown(right, pointer)});
    }
  }
}

// From the gravest on.
Difference gravest(const std::array<bool, kDifferences>& kinds) {
  for (const Difference kind : {Difference::kCrash, Difference::kSlow, Difference::kStatus,
                                Difference::kWrites, Difference::kReply}) {
    if (kinds[static_cast<std::size_t>(kind)]) return kind;
  }
  return Difference::kReply;
}

}  // namespace

std::optional<ReplayFinding> judge_replay(const ReplaySide::Told& base,
                                          const ReplaySide::Told& candidate, const Sides& sides,
                                          const std::string& tool,
                                          std::span<const AllowedDifference> allow) {
  ReplayFinding finding;
  if (!base.ran && !candidate.ran) return std::nullopt;
  if (silent(base) || silent(candidate)) {
    for (const auto* told : {&base, &candidate}) {
      if (silent(*told)) note(finding, silence_of(*told));
    }
  } else {
    const auto mismatches = compare(base.answer, candidate.answer, sides, tool, allow);
    if (mismatches.empty()) return std::nullopt;
    compare_answers(finding, base.answer, candidate.answer, mismatches);
  }
  finding.difference.kind = gravest(finding.kinds);
  finding.difference.base_words = words_of(base);
  finding.difference.candidate_words = words_of(candidate);
  return finding;
}

bool states_part(const ReplaySide::Told& base, const ReplaySide::Told& candidate) {
  const auto kept = [](const ReplaySide::Told& told) {
    return told.answer.kept ? told.answer.writes : std::vector<Write>();
  };
  const auto a = kept(base);
  const auto b = kept(candidate);
  return !std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Write& x, const Write& y) {
    return x.key == y.key && x.value == y.value;
  });
}

}  // namespace gateway
