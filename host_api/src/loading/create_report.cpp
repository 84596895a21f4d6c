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

std::string line_of(const json::value& entry) {
  if (entry.is_string()) return std::string(entry.get_string());
  const std::string path = text_of(entry, "path");
  const std::string expected = text_of(entry, "expected");
  const std::string got = text_of(entry, "got");
  const std::string message = text_of(entry, "message");
  std::string line = path;
  const auto add = [&line](std::string_view separator, const std::string& text) {
    if (text.empty()) return;
    if (!line.empty()) line += separator;
    line += text;
  };
  add(": ", message);
  if (!expected.empty()) add(message.empty() ? ": " : "; ", "expected " + expected);
  if (!got.empty()) add(", ", "got " + got);
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
