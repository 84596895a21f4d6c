#include "host/boot_state.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "host/durable_files.hpp"
#include "host/json_fields.hpp"

namespace gateway {
namespace {

namespace json = base::json;

constexpr int kSchema = 1;
constexpr std::size_t kMaxFile = 4u << 20;

// A message may quote foreign bytes; what is written must be read again at the next boot.
std::string clean(std::string_view text) {
  constexpr std::size_t kMaxText = 4096;
  std::string out(text.substr(0, kMaxText));
  if (json::valid_utf8(out)) return out;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
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

// A decision may be about something that never became a release: its digest may be empty.
json::value decision_json(const HistoryEntry& entry) {
  json::object out = fields::object_of(entry.release);
  out["atMs"] = entry.at_ms;
  out["event"] = clean(entry.event);
  out["detail"] = clean(entry.detail);
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

bool read_decisions(const json::value& v, std::vector<HistoryEntry>& out) {
  const auto* member = json::find(v, "decisions");
  if (member == nullptr) return true;
  if (!member->is_array()) return false;
  for (const auto& item : member->get_array()) {
    const auto at = fields::integer(item, "atMs");
    const auto event = fields::text(item, "event");
    if (!at || !event) return false;
    out.push_back(
        {*at,
         *event,
         {fields::text(item, "version").value_or(""), fields::text(item, "buildId").value_or(""),
          fields::text(item, "sha256").value_or("")},
         fields::text(item, "detail").value_or("")});
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

void BootState::record(HistoryEntry entry) {
  decisions.insert(decisions.begin(), std::move(entry));
  if (decisions.size() > kMaxDecisions) decisions.resize(kMaxDecisions);
}

std::string to_json(const BootState& state) {
  json::object out;
  out["schema"] = kSchema;
  out["stable"] = role_json(state.stable);
  out["previous"] = role_json(state.previous);
  out["intent"] = intent_json(state.intent);
  out["file"] = {{"sha256", state.file_sha256}, {"trouble", clean(state.file_trouble)}};
  out["swap"] = {{"trouble", clean(state.swap_trouble)}};
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
      !read_role(*parsed, "previous", state.previous) || !read_intent(*parsed, state.intent) ||
      !read_decisions(*parsed, state.decisions)) {
    return Error{"bad_state", "stable, previous, intent or decisions do not have their shape"};
  }
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
  return write_durably(path, to_json(state), 0600);
}

}  // namespace gateway
