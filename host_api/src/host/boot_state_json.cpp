// BootState as JSON, and its file.
#include "host/boot_state.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "host/durable_files.hpp"
#include "host/json_fields.hpp"

namespace gateway {
namespace {

namespace json = base::json;

constexpr int kSchema = 1;
constexpr std::size_t kMaxFile = 16u << 20;
// What is written stays far below what is read: old decisions go first, marks and roles never.
constexpr std::size_t kMostWritten = 4u << 20;
constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxReason = 1024;  // of a mark: there are many, and none may be left out

// A message may quote foreign bytes; what is written must be read again at the next boot.
std::string clean(std::string_view text, std::size_t most = kMaxText) {
  std::string out(text.substr(0, most));
  const bool utf8 = json::valid_utf8(out);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    // A control character would take six bytes.
    if ((byte < 0x20 && c != '\n' && c != '\t') || (byte >= 0x80 && !utf8)) c = '?';
  }
  return out;
}

json::value role_json(const std::optional<RoleInfo>& role) {
  if (!role) return nullptr;
  json::object out = fields::object_of(role->release);
  out["sinceMs"] = role->since_ms;
  return out;
}

json::value intent_json(const std::optional<Intent>& intent) {
  if (!intent) return nullptr;
  json::object out = fields::object_of(intent->release);
  out["action"] = intent->action;
  out["atMs"] = intent->at_ms;
  return out;
}

json::value candidate_json(const std::optional<Trial>& trial) {
  if (!trial) return nullptr;
  json::object out = fields::object_of(trial->release);
  out["sinceMs"] = trial->since_ms;
  out["phaseSinceMs"] = trial->phase_since_ms;
  auto progress = json::parse(trial->progress);
  if (progress && progress->is_object()) out["progress"] = std::move(*progress);
  return out;
}

json::value upgrade_json(const std::optional<Upgrade>& upgrade) {
  if (!upgrade) return nullptr;
  return json::object{{"from", fields::object_of(upgrade->from)},
                      {"to", fields::object_of(upgrade->to)},
                      {"fromFormat", upgrade->from_format},
                      {"toFormat", upgrade->to_format},
                      {"backup", clean(upgrade->backup)},
                      {"sequence", upgrade->sequence},
                      {"atMs", upgrade->at_ms},
                      {"migrated", upgrade->migrated}};
}

bool read_upgrade(const json::value& v, std::optional<Upgrade>& out) {
  const auto* member = json::find(v, "upgrade");
  if (member == nullptr || member->is_null()) return true;
  const auto* from = json::find(*member, "from");
  const auto* to = json::find(*member, "to");
  if (from == nullptr || to == nullptr) return false;
  const auto from_id = fields::release_id(*from);
  const auto to_id = fields::release_id(*to);
  const auto from_format = fields::small(*member, "fromFormat");
  const auto to_format = fields::small(*member, "toFormat");
  const auto* migrated = json::find(*member, "migrated");
  if (!from_id || !to_id || !from_format || !to_format) return false;
  out = Upgrade{*from_id,
                *to_id,
                *from_format,
                *to_format,
                fields::text(*member, "backup").value_or(""),
                static_cast<std::uint64_t>(fields::integer(*member, "sequence").value_or(0)),
                fields::integer(*member, "atMs").value_or(0),
                migrated != nullptr && migrated->is_bool() && migrated->get_bool()};
  return true;
}

json::value mark_json(const Mark& mark) {
  json::object out = fields::object_of(mark.release);
  out["goodMs"] = mark.good_ms;
  out["crashes"] = mark.crashes;
  if (mark.quarantine) {
    out["quarantine"] = json::object{{"sinceMs", mark.quarantine->since_ms},
                                     {"reason", clean(mark.quarantine->reason, kMaxReason)},
                                     {"by", clean(mark.quarantine->by, kMaxReason)}};
  }
  return out;
}

// JSON has no infinity, and a state that cannot be read again is worse than a figure lost.
double finite(double value) { return std::isfinite(value) ? value : 0; }

json::array figures_json(const std::vector<Figure>& figures) {
  json::array out;
  for (const Figure& figure : figures) {
    out.push_back(json::object{{"name", clean(figure.name)},
                               {"value", finite(figure.value)},
                               {"baseline", finite(figure.baseline)},
                               {"threshold", finite(figure.threshold)},
                               {"exceeded", figure.exceeded}});
  }
  return out;
}

// A decision may be about something that never became a release: its digest may be empty.
json::value decision_json(const HistoryEntry& entry) {
  json::object out = fields::object_of(entry.release);
  out["atMs"] = entry.at_ms;
  out["event"] = clean(entry.event);
  out["detail"] = clean(entry.detail);
  if (!entry.by.empty()) out["by"] = clean(entry.by);
  if (!entry.phase.empty()) out["phase"] = clean(entry.phase);
  if (!entry.verdict.empty()) out["verdict"] = clean(entry.verdict);
  if (!entry.figures.empty()) out["figures"] = figures_json(entry.figures);
  if (!entry.evidence.empty()) {
    json::array paths;
    for (const std::string& path : entry.evidence) paths.emplace_back(clean(path));
    out["evidence"] = std::move(paths);
  }
  return out;
}

// Reads a member that is null, absent or an object; false when it is anything else.
bool read_role(const json::value& v, std::string_view key, std::optional<RoleInfo>& out) {
  const auto* member = json::find(v, key);
  if (member == nullptr || member->is_null()) return true;
  const auto id = fields::release_id(*member);
  const auto since = fields::integer(*member, "sinceMs");
  if (!id || !since) return false;
  out = RoleInfo{*id, *since};
  return true;
}

bool read_intent(const json::value& v, std::optional<Intent>& out) {
  const auto* member = json::find(v, "intent");
  if (member == nullptr || member->is_null()) return true;
  const auto id = fields::release_id(*member);
  const auto action = fields::text(*member, "action");
  const auto at = fields::integer(*member, "atMs");
  if (!id || !action || !at) return false;
  out = Intent{*action, *id, *at};
  return true;
}

// The phase and the tries stand beside the candidate, where people look for them.
bool read_candidate(const json::value& v, std::optional<Trial>& out) {
  const auto* member = json::find(v, "candidate");
  if (member == nullptr || member->is_null()) return true;
  const auto id = fields::release_id(*member);
  const auto since = fields::integer(*member, "sinceMs");
  const auto phase_since = fields::integer(*member, "phaseSinceMs");
  const auto phase = phase_of(fields::text(v, "phase").value_or(""));
  const auto tries = fields::small(v, "tries");
  if (!id || !since || !phase_since || !phase || !tries) return false;
  out = Trial{*id, *phase, *since, *phase_since, *tries, ""};
  if (const auto* progress = json::find(*member, "progress")) {
    out->progress = json::canonical(*progress);
  }
  return true;
}

bool read_marks(const json::value& v, BootState& state) {
  const auto* member = json::find(v, "marks");
  if (member == nullptr) {
    if (state.stable) state.mark_good(state.stable->release, state.stable->since_ms);
    return true;
  }
  if (!member->is_array()) return false;
  for (const auto& item : member->get_array()) {
    const auto id = fields::release_id(item);
    const auto good = fields::integer(item, "goodMs");
    if (!id || !good) return false;
    Mark mark{*id, *good, fields::small(item, "crashes").value_or(0), std::nullopt};
    if (const auto* why = json::find(item, "quarantine")) {
      mark.quarantine = Quarantine{fields::integer(*why, "sinceMs").value_or(0),
                                   fields::text(*why, "reason").value_or(""),
                                   fields::text(*why, "by").value_or("")};
    }
    state.marks.push_back(std::move(mark));
  }
  return true;
}

double number(const json::value& v, std::string_view key) {
  const auto* member = json::find(v, key);
  if (member == nullptr || !member->is_number()) return 0;
  return member->to_number<double>();
}

void read_figures(const json::value& v, std::vector<Figure>& out) {
  const auto* member = json::find(v, "figures");
  if (member == nullptr || !member->is_array()) return;
  for (const auto& item : member->get_array()) {
    const auto* exceeded = json::find(item, "exceeded");
    out.push_back({fields::text(item, "name").value_or(""), number(item, "value"),
                   number(item, "baseline"), number(item, "threshold"),
                   exceeded != nullptr && exceeded->is_bool() && exceeded->get_bool()});
  }
}

void read_evidence(const json::value& v, std::vector<std::string>& out) {
  const auto* member = json::find(v, "evidence");
  if (member == nullptr || !member->is_array()) return;
  for (const auto& item : member->get_array()) {
    if (item.is_string()) out.emplace_back(item.get_string());
  }
}

bool read_decisions(const json::value& v, std::vector<HistoryEntry>& out) {
  const auto* member = json::find(v, "decisions");
  if (member == nullptr) return true;
  if (!member->is_array()) return false;
  for (const auto& item : member->get_array()) {
    const auto at = fields::integer(item, "atMs");
    const auto event = fields::text(item, "event");
    if (!at || !event) return false;
    HistoryEntry entry;
    entry.at_ms = *at;
    entry.event = *event;
    entry.release = {fields::text(item, "version").value_or(""),
                     fields::text(item, "buildId").value_or(""),
                     fields::text(item, "sha256").value_or("")};
    entry.detail = fields::text(item, "detail").value_or("");
    entry.by = fields::text(item, "by").value_or("");
    entry.phase = fields::text(item, "phase").value_or("");
    entry.verdict = fields::text(item, "verdict").value_or("");
    read_figures(item, entry.figures);
    read_evidence(item, entry.evidence);
    out.push_back(std::move(entry));
  }
  return true;
}

// A free name "<path>.unreadable-<n>".
std::string aside(const std::string& path) {
  for (int n = 1;; ++n) {
    std::string name = fmt::format("{}.unreadable-{}", path, n);
    std::error_code error;
    if (!std::filesystem::exists(name, error)) return name;
  }
}

}  // namespace

std::string to_json(const BootState& state) {
  json::object out;
  out["schema"] = kSchema;
  out["stable"] = role_json(state.stable);
  out["previous"] = role_json(state.previous);
  out["candidate"] = candidate_json(state.candidate);
  out["phase"] = state.candidate ? json::value(phase_name(state.candidate->phase)) : nullptr;
  out["tries"] = state.candidate ? state.candidate->tries : 0;
  out["intent"] = intent_json(state.intent);
  out["upgrade"] = upgrade_json(state.upgrade);
  out["crashCounted"] = state.crash_counted;
  out["file"] = {{"sha256", state.file_sha256}, {"trouble", clean(state.file_trouble)}};
  out["swap"] = {{"trouble", clean(state.swap_trouble)}};
  json::array marks;
  for (const Mark& mark : state.marks) marks.push_back(mark_json(mark));
  out["marks"] = std::move(marks);
  json::array decisions;
  for (const HistoryEntry& entry : state.decisions) decisions.push_back(decision_json(entry));
  out["decisions"] = std::move(decisions);
  return json::pretty(out) + "\n";
}

Result<BootState> parse_boot_state(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed) {
    return Error{"bad_state",
                 fmt::format("{} at byte {}", parsed.error().message, parsed.error().offset)};
  }
  if (const auto schema = fields::integer(*parsed, "schema"); schema != kSchema) {
    return Error{"bad_state", fmt::format("expected schema {}, found {}", kSchema,
                                          schema ? std::to_string(*schema) : std::string("none"))};
  }
  BootState state;
  if (!read_role(*parsed, "stable", state.stable) ||
      !read_role(*parsed, "previous", state.previous) ||
      !read_candidate(*parsed, state.candidate) || !read_intent(*parsed, state.intent) ||
      !read_upgrade(*parsed, state.upgrade) || !read_marks(*parsed, state) ||
      !read_decisions(*parsed, state.decisions)) {
    return Error{
        "bad_state",
        "stable, previous, candidate, intent, upgrade, marks or decisions do not have their "
        "shape"};
  }
  state.crash_counted = fields::text(*parsed, "crashCounted").value_or("");
  if (const auto* file = json::find(*parsed, "file")) {
    state.file_sha256 = fields::text(*file, "sha256").value_or("");
    state.file_trouble = fields::text(*file, "trouble").value_or("");
  }
  if (const auto* swap = json::find(*parsed, "swap")) {
    state.swap_trouble = fields::text(*swap, "trouble").value_or("");
  }
  return state;
}

Result<LoadedBootState> load_boot_state(const std::string& path) {
  const auto text = read_file(path, kMaxFile);
  if (!text && text.error().code == "not_found") return LoadedBootState{};
  if (!text && text.error().code != "too_large") return text.error();
  auto state = text ? parse_boot_state(*text) : Result<BootState>(text.error());
  if (state) return LoadedBootState{std::move(*state), ""};
  const std::string kept = aside(path);
  if (std::rename(path.c_str(), kept.c_str()) != 0) return io_error("rename", path, errno);
  return LoadedBootState{{},
                         fmt::format("{} cannot be understood ({}); it was put aside as {}", path,
                                     state.error().message, kept)};
}

Result<void> save_boot_state(const std::string& path, const BootState& state) {
  std::string text = to_json(state);
  if (text.size() > kMostWritten) {
    BootState shorter = state;
    while (text.size() > kMostWritten && !shorter.decisions.empty()) {
      shorter.decisions.resize(shorter.decisions.size() / 2);
      text = to_json(shorter);
    }
  }
  return write_durably(path, text, 0600);
}

}  // namespace gateway
