// Control: the quarantine, as the operator sets and lifts it.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "host/control.hpp"
#include "host/json_fields.hpp"

namespace gateway {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool matches(const ReleaseId& release, const std::string& what, const std::string& prefix) {
  const bool hex =
      prefix.size() >= 6 && prefix.find_first_not_of("0123456789abcdef") == std::string::npos;
  return release.version == what || (hex && release.sha256.starts_with(prefix));
}

}  // namespace

// Among the kept releases and the marks.
Result<ReleaseId> Control::resolve(const std::string& what) const {
  const std::string prefix = lower(what);
  std::vector<ReleaseId> found;
  const auto add = [&](const ReleaseId& id) {
    const bool known = std::any_of(found.begin(), found.end(),
                                   [&](const ReleaseId& f) { return f.sha256 == id.sha256; });
    if (!known && matches(id, what, prefix)) found.push_back(id);
  };
  for (const Release& release : releases_.all()) add(release.id);
  for (const Mark& mark : record_.state().marks) add(mark.release);
  if (found.size() == 1) return found.front();
  if (found.empty() && fields::is_sha256(prefix)) return ReleaseId{"", "", prefix};
  if (found.empty()) {
    return Error{
        "not_found",
        fmt::format("no known release has the version \"{}\" or a SHA-256 that begins with "
                    "it (at least 6 hex digits)\n  name a release of the history, or a "
                    "whole SHA-256",
                    what)};
  }
  std::string list;
  for (const ReleaseId& id : found)
    list += fmt::format("\n  {}  version {}", id.sha256, id.version);
  return Error{"ambiguous", fmt::format("{} releases match \"{}\"; name one by its digest:{}",
                                        found.size(), what, list)};
}

Result<Mark> Control::quarantine(const std::string& what, const std::string& reason) {
  const Turn turn(*this);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  auto release = resolve(what);
  if (!release) return release.error();
  const BootState& now = record_.state();
  const auto in = [&](const auto& role) { return role && role->release.sha256 == release->sha256; };
  if (now.serves(release->sha256) || in(now.stable) || in(now.candidate)) {
    return Error{
        "release_in_use",
        fmt::format("version {} ({}) is the {} release\n  swap or roll back to another one "
                    "first",
                    release->version, release->sha256.substr(0, 16),
                    now.serves(release->sha256) ? "active"
                    : in(now.candidate)         ? "candidate"
                                                : "stable")};
  }
  auto saved = record_.update([&](BootState& state) {
    state.quarantine(*release, {record_.now_ms(), reason, "operator"});
    HistoryEntry entry;
    entry.event = "quarantined";
    entry.release = *release;
    entry.detail = reason;
    entry.by = "operator";
    state.record(record_.entry(std::move(entry)));
  });
  if (!saved) return saved.error();
  if (const auto parked = slot_.parked(); parked && parked->release().sha256 == release->sha256) {
    slot_.drop_parked();
  }
  return *record_.state().mark(release->sha256);
}

Result<Mark> Control::lift_quarantine(const std::string& what) {
  const Turn turn(*this);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  auto release = resolve(what);
  if (!release) return release.error();
  if (record_.state().quarantined(release->sha256) == nullptr) {
    return Error{"not_quarantined",
                 fmt::format("{} is not quarantined", release->sha256.substr(0, 16))};
  }
  auto saved = record_.update([&](BootState& state) {
    state.lift_quarantine(release->sha256);
    HistoryEntry entry;
    entry.event = "quarantine_lifted";
    entry.release = *release;
    entry.by = "operator";
    state.record(record_.entry(std::move(entry)));
  });
  if (!saved) return saved.error();
  return *record_.state().mark(release->sha256);
}

}  // namespace gateway
