#include "canary/guard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "store/sealed_value.hpp"

namespace gateway {
namespace {

namespace json = base::json;
using Text = std::optional<std::string>;

// A stored value and what it holds, parsed once.
class Record {
 public:
  explicit Record(const Text& text) : exists_(text.has_value()) {
    if (!text) return;
    auto parsed = json::parse(*text);
    if (parsed) document_ = std::move(*parsed);
  }
  bool exists() const { return exists_; }
  bool is_json() const { return document_.has_value(); }

  // Canonical JSON of what is at `pointer`; none when there is nothing.
  Text at(const std::string& pointer) const {
    if (!document_) return std::nullopt;
    boost::system::error_code error;
    const json::value* found = document_->find_pointer(pointer, error);
    if (found == nullptr) return std::nullopt;
    return json::canonical(*found);
  }

 private:
  bool exists_;
  std::optional<json::value> document_;
};

std::string shown(const Text& value) { return value.value_or("nothing"); }

// What `rule` has against the change, or nothing.
Text objection(const Invariant& rule, const Record& before, const Record& after) {
  if (!before.exists() || !after.exists()) return std::nullopt;
  if (rule.write_once) return "a key that may be written once was written again";
  if (!after.is_json()) return "the value is no JSON any more";
  const Text from = before.at(rule.pointer);
  const Text to = after.at(rule.pointer);
  if (!from || from == to) return std::nullopt;
  const std::string change = fmt::format("{} {} -> {}", rule.pointer, *from, shown(to));
  if (std::find(rule.terminal.begin(), rule.terminal.end(), *from) != rule.terminal.end()) {
    return change + ", but the first is final";
  }
  const bool allowed = to && std::find(rule.transitions.begin(), rule.transitions.end(),
                                       std::pair(*from, *to)) != rule.transitions.end();
  if (allowed) return std::nullopt;
  return change + ", which is no declared transition";
}

bool matches(const Signal& signal, const Record& record) {
  return record.at(signal.pointer) == signal.value;
}

}  // namespace

bool Conduct::clean() const {
  return violations.empty() && !unknown &&
         std::all_of(signals.begin(), signals.end(), [](std::uint64_t n) { return n == 0; });
}

Law law_of(const Manifest& active, const std::string& config_json) {
  Law law{active, std::vector<std::optional<std::uint64_t>>(active.signals.size())};
  const auto config = json::parse(config_json);
  if (!config) return law;
  for (std::size_t i = 0; i < law.budgets.size(); ++i) {
    const std::string& pointer = active.signals[i].budget_pointer;
    if (pointer.empty()) continue;
    boost::system::error_code error;
    const json::value* budget = config->find_pointer(pointer, error);
    if (budget != nullptr && budget->is_int64() && budget->get_int64() >= 0) {
      law.budgets[i] = static_cast<std::uint64_t>(budget->get_int64());
    }
  }
  return law;
}

Blame weigh(const Law& law, const Conduct& candidate, const Conduct& active) {
  Blame blame;
  blame.violations = candidate.violations;
  for (std::size_t i = 0; i < candidate.signals.size(); ++i) {
    const std::uint64_t wrote = candidate.signals[i];
    const std::uint64_t would = i < active.signals.size() ? active.signals[i] : 0;
    const std::uint64_t excess = wrote > would ? wrote - would : 0;
    if (law.manifest.signals[i].kind == Signal::Kind::kPipelineFailure) {
      blame.pipeline_failures += excess;
      continue;
    }
    blame.escalations += excess;
    if (law.budgets[i] && wrote > *law.budgets[i]) blame.over_budget = 1;
  }
  return blame;
}

bool watched(const Manifest& law, std::string_view key) {
  const auto covers = [&](const auto& rule) { return key.starts_with(rule.prefix); };
  return std::any_of(law.invariants.begin(), law.invariants.end(), covers) ||
         std::any_of(law.signals.begin(), law.signals.end(), covers);
}

Conduct watch(const Manifest& law, std::span<const Write> writes, const ValueBefore& before) {
  Conduct conduct;
  conduct.signals.resize(law.signals.size());
  for (const Write& write : writes) {
    if (!watched(law, write.key)) continue;
    auto was = before(write.key);
    if (!was) {
      conduct.unknown = true;
      continue;
    }
    const Record old_record(*was);
    const Record new_record(write.value);
    for (const Invariant& rule : law.invariants) {
      if (!write.key.starts_with(rule.prefix)) continue;
      if (const Text why = objection(rule, old_record, new_record)) {
        conduct.violations.push_back(fmt::format("{}: {}", printable_key(write.key), *why));
      }
    }
    for (std::size_t i = 0; i < law.signals.size(); ++i) {
      const Signal& signal = law.signals[i];
      if (!write.key.starts_with(signal.prefix)) continue;
      if (matches(signal, new_record) && !matches(signal, old_record)) ++conduct.signals[i];
    }
  }
  return conduct;
}

}  // namespace gateway
