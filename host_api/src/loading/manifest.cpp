#include "gateway/manifest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <limits>

#include "base/json.hpp"

namespace gateway {
namespace {

namespace json = base::json;

// Reads one JSON object of the manifest; the first thing that is wrong sticks, so that the caller
// checks once.
class Reader {
 public:
  Reader(const json::value& v, std::string pointer) : pointer_(std::move(pointer)) {
    if (v.is_object()) {
      object_ = &v.get_object();
    } else {
      fail("", "an object", v);
    }
  }

  bool failed() const { return !problem_.empty(); }
  const std::string& problem() const { return problem_; }

  // A member of any type, or nullptr. `required` members must be there.
  const json::value* member(std::string_view key, const char* expected, bool required) {
    if (object_ == nullptr) return nullptr;
    const json::value* v = object_->if_contains(key);
    if (v == nullptr && required) {
      set_problem(fmt::format("{}/{}: expected {}, got nothing", pointer_, json::pointer_token(key),
                              expected));
    }
    return v;
  }

  std::string text(std::string_view key, bool required) {
    const json::value* v = member(key, "a string", required);
    if (v == nullptr) return {};
    if (!v->is_string()) {
      fail(key, "a string", *v);
      return {};
    }
    std::string out(v->get_string());
    if (required && out.empty()) fail(key, "a string that is not empty", *v);
    return out;
  }

  // A JSON pointer (RFC 6901): empty or beginning with a slash.
  std::string pointer(std::string_view key, bool required) {
    std::string out = text(key, required);
    if (!out.empty() && out.front() != '/') {
      fail(key, "a JSON pointer such as /agent", *object_->if_contains(key));
    }
    return out;
  }

  bool boolean(std::string_view key) {
    const json::value* v = member(key, "true or false", false);
    if (v == nullptr) return false;
    if (!v->is_bool()) {
      fail(key, "true or false", *v);
      return false;
    }
    return v->get_bool();
  }

  std::uint64_t integer(std::string_view key, std::uint64_t min, std::uint64_t max, bool required) {
    const std::string expected = fmt::format("an integer from {} to {}", min, max);
    const json::value* v = member(key, expected.c_str(), required);
    if (v == nullptr) return 0;
    boost::system::error_code ec;
    const auto n = v->to_number<std::uint64_t>(ec);
    if (ec || v->is_double() || n < min || n > max) {
      fail(key, expected, *v);
      return 0;
    }
    return n;
  }

  void fail(std::string_view key, std::string_view expected, const json::value& got) {
    std::string shown = json::canonical(got);
    if (shown.size() > 60) shown = shown.substr(0, 57) + "...";
    set_problem(fmt::format("{}{}{}: expected {}, got {}", pointer_, key.empty() ? "" : "/",
                            json::pointer_token(key), expected, shown));
  }

  void set_problem(std::string text) {
    if (problem_.empty()) problem_ = std::move(text);
  }

 private:
  const json::object* object_ = nullptr;
  std::string pointer_;
  std::string problem_;
};

// Names end up in log lines, metrics, URLs and shell commands.
bool is_name(std::string_view name) {
  constexpr std::size_t kMaxName = 100;
  return !name.empty() && name.size() <= kMaxName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-' || c == '.';
         });
}

std::string read_name(Reader& reader) {
  std::string name = reader.text("name", true);
  if (!reader.failed() && !is_name(name)) {
    reader.fail("name", "1 to 100 characters of A-Z a-z 0-9 _ - .", json::value(name));
  }
  return name;
}

ToolInfo read_tool(Reader& reader) {
  ToolInfo tool;
  tool.name = read_name(reader);
  tool.description = reader.text("description", false);
  tool.read_only = reader.boolean("readOnly");
  tool.route_key = reader.pointer("routeKey", false);
  tool.dry_run_arg = reader.pointer("dryRunArg", false);
  tool.max_reply_bytes =
      reader.integer("maxReplyBytes", 1, std::numeric_limits<std::uint64_t>::max(), false);
  const json::value* parameters = reader.member("parameters", "a JSON Schema (an object)", true);
  if (parameters != nullptr) {
    if (!parameters->is_object())
      reader.fail("parameters", "a JSON Schema (an object)", *parameters);
    tool.parameters_json = json::canonical(*parameters);
  }
  return tool;
}

SweepInfo read_sweep(Reader& reader) {
  constexpr std::uint64_t kDay = 86'400;
  SweepInfo sweep;
  sweep.name = read_name(reader);
  sweep.every_seconds = static_cast<std::uint32_t>(reader.integer("everySeconds", 1, kDay, true));
  const std::string scope = reader.text("scope", true);
  if (scope == "coordinator") {
    sweep.scope = SweepInfo::Scope::kCoordinator;
  } else if (!reader.failed() && scope != "node") {
    reader.fail("scope", "\"node\" or \"coordinator\"", json::value(scope));
  }
  return sweep;
}

// Reads the array member `key` of the manifest with `read`, refusing a name that comes twice.
template <class Item, class Read>
std::string read_list(const json::value& manifest, const char* key, Read read,
                      std::vector<Item>& out) {
  const json::value* list = json::find(manifest, key);
  if (list == nullptr) return {};
  if (!list->is_array()) return fmt::format("/{}: expected an array", key);
  std::size_t index = 0;
  for (const json::value& v : list->get_array()) {
    const std::string pointer = fmt::format("/{}/{}", key, index++);
    Reader reader(v, pointer);
    Item item = read(reader);
    if (reader.failed()) return reader.problem();
    if constexpr (requires { item.name; }) {
      const bool twice = std::any_of(out.begin(), out.end(),
                                     [&](const Item& other) { return other.name == item.name; });
      if (twice) return fmt::format("{}/name: \"{}\" is there twice", pointer, item.name);
    }
    out.push_back(std::move(item));
  }
  return {};
}

std::string read_coordinator(const json::value& manifest, CoordinatorKey& out) {
  const json::value* v = json::find(manifest, "coordinator");
  if (v == nullptr) return {};
  Reader reader(*v, "/coordinator");
  out.key = reader.text("key", true);
  out.pointer = reader.pointer("pointer", false);
  return reader.problem();
}

// [[from, to]...]
void read_transitions(Reader& reader, Invariant& out) {
  constexpr const char* kExpected = "an array of pairs [from, to]";
  const json::value* list = reader.member("transitions", kExpected, true);
  if (list == nullptr) return;
  if (!list->is_array()) return reader.fail("transitions", kExpected, *list);
  for (const json::value& pair : list->get_array()) {
    if (!pair.is_array() || pair.get_array().size() != 2) {
      return reader.fail("transitions", kExpected, *list);
    }
    out.transitions.emplace_back(json::canonical(pair.get_array()[0]),
                                 json::canonical(pair.get_array()[1]));
  }
}

Invariant read_invariant(Reader& reader) {
  Invariant out;
  out.prefix = reader.text("prefix", true);
  out.write_once = reader.boolean("writeOnce");
  if (out.write_once) return out;
  out.pointer = reader.pointer("pointer", true);
  read_transitions(reader, out);
  const json::value* terminal = reader.member("terminal", "an array of values", false);
  if (terminal == nullptr) return out;
  if (!terminal->is_array()) {
    reader.fail("terminal", "an array of values", *terminal);
    return out;
  }
  for (const json::value& value : terminal->get_array()) {
    out.terminal.push_back(json::canonical(value));
  }
  return out;
}

Signal read_signal(Reader& reader) {
  Signal out;
  out.name = read_name(reader);
  out.prefix = reader.text("prefix", true);
  out.budget_pointer = reader.pointer("budgetPointer", false);
  const std::string kind = reader.text("kind", true);
  if (kind == "pipeline_failure") {
    out.kind = Signal::Kind::kPipelineFailure;
  } else if (!reader.failed() && kind != "escalation") {
    reader.fail("kind", "\"escalation\" or \"pipeline_failure\"", json::value(kind));
  }
  const json::value* where = reader.member("where", "an object {pointer, value}", true);
  if (where == nullptr) return out;
  const json::value* pointer = json::find(*where, "pointer");
  const json::value* value = json::find(*where, "value");
  if (pointer == nullptr || !pointer->is_string() || value == nullptr) {
    reader.fail("where", "an object {pointer, value}", *where);
    return out;
  }
  out.pointer = std::string(pointer->get_string());
  out.value = json::canonical(*value);
  return out;
}

// What is only looked at elsewhere: its shape matters here.
std::string check_shapes(const json::value& manifest) {
  if (const json::value* metrics = json::find(manifest, "metrics")) {
    if (!metrics->is_array()) return "/metrics: expected an array";
    std::size_t index = 0;
    for (const json::value& item : metrics->get_array()) {
      if (!item.is_object()) return fmt::format("/metrics/{}: expected an object", index);
      ++index;
    }
  }
  const json::value* schema = json::find(manifest, "configSchema");
  if (schema != nullptr && !schema->is_object()) {
    return "/configSchema: expected a JSON Schema (an object)";
  }
  return {};
}

Error bad_manifest(std::string_view problem) {
  return {"bad_manifest",
          fmt::format("the plugin's manifest is not usable: {}\n"
                      "  the manifest's fields are described at gw_plugin in plugin_abi.h",
                      problem)};
}

}  // namespace

const ToolInfo* Manifest::tool(std::string_view name) const {
  const auto at =
      std::lower_bound(tools.begin(), tools.end(), name,
                       [](const ToolInfo& t, std::string_view wanted) { return t.name < wanted; });
  return at != tools.end() && at->name == name ? &*at : nullptr;
}

const SweepInfo* Manifest::sweep(std::string_view name) const {
  const auto at = std::find_if(sweeps.begin(), sweeps.end(),
                               [&](const SweepInfo& s) { return s.name == name; });
  return at != sweeps.end() ? &*at : nullptr;
}

Result<Manifest> parse_manifest(std::string_view text) {
  const auto parsed = json::parse(text);
  if (!parsed.ok()) {
    const auto& e = parsed.error();
    return bad_manifest(
        fmt::format("{} at byte {} {}", e.message, e.offset,
                    e.pointer.empty() ? std::string() : fmt::format("({})", e.pointer)));
  }
  if (!parsed->is_object()) return bad_manifest("expected a JSON object");

  Manifest manifest;
  manifest.json = std::string(text);
  for (const std::string& problem : {
           read_list(*parsed, "tools", read_tool, manifest.tools),
           read_list(*parsed, "sweeps", read_sweep, manifest.sweeps),
           read_coordinator(*parsed, manifest.coordinator),
           read_list(*parsed, "invariants", read_invariant, manifest.invariants),
           read_list(*parsed, "signals", read_signal, manifest.signals),
           check_shapes(*parsed),
       }) {
    if (!problem.empty()) return bad_manifest(problem);
  }
  std::sort(manifest.tools.begin(), manifest.tools.end(),
            [](const ToolInfo& a, const ToolInfo& b) { return a.name < b.name; });
  return manifest;
}

}  // namespace gateway
