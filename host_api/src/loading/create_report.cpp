#include "loading/create_report.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

namespace json = base::json;

constexpr std::size_t kMaxEntries = 50;

std::string text_of(const json::value& entry, const char* key) {
  const json::value* v = json::find(entry, key);
  if (v == nullptr || v->is_null()) return {};
  return v->is_string() ? std::string(v->get_string()) : json::canonical(*v);
}

// One line per entry. A message that already says a part itself is not followed by that part again.
std::string line_of(const json::value& entry) {
  if (entry.is_string()) return std::string(entry.get_string());
  const std::string message = text_of(entry, "message");
  const std::string path = text_of(entry, "path");
  std::string line = message.find(path) != std::string::npos ? "" : path + ": ";
  line += message;
  for (const char* key : {"expected", "got"}) {
    const std::string part = text_of(entry, key);
    if (part.empty() || message.find(part) != std::string::npos) continue;
    if (!line.empty() && line.back() != ' ') line += ", ";
    line += fmt::format("{} {}", key, part);
  }
  return line.empty() ? json::canonical(entry) : line;
}

std::vector<std::string> lines_of(const json::value& report, const char* key) {
  std::vector<std::string> lines;
  const json::value* list = json::find(report, key);
  if (list == nullptr || !list->is_array()) return lines;
  for (const json::value& entry : list->get_array()) {
    if (lines.size() == kMaxEntries) {
      lines.push_back(fmt::format("... and {} more", list->get_array().size() - kMaxEntries));
      break;
    }
    lines.push_back(line_of(entry));
  }
  return lines;
}

}  // namespace

CreateReport read_create_report(std::string_view report) {
  CreateReport out;
  if (report.empty()) return out;
  const auto parsed = json::parse(report);
  if (!parsed.ok() || !parsed->is_object()) {
    out.errors.push_back(printable(report, 1000));
    return out;
  }
  out.errors = lines_of(*parsed, "errors");
  out.warnings = lines_of(*parsed, "warnings");
  if (out.errors.empty() && out.warnings.empty()) {
    const std::string error = text_of(*parsed, "error");
    if (!error.empty()) out.errors.push_back(error);
  }
  return out;
}

}  // namespace gateway
