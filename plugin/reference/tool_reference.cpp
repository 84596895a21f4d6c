// Keeps the arguments in plugin/README.md true: they are made from the table that validates them.
//
//   tool_reference README.md            exit status 1, and the first line that differs, if the page is out of date
//   tool_reference --write README.md    brings it up to date
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "tools/tool.hpp"

namespace {

using namespace ansible;

constexpr std::string_view kBegin = "<!-- tools: made by tool_reference from the tool table -->\n";
constexpr std::string_view kEnd = "<!-- end of tools -->\n";

std::string bounds(const Param& param) {
  std::string out;
  if (param.min != INT64_MIN) out += ", from " + std::to_string(param.min);
  if (param.max != INT64_MAX) out += ", to " + std::to_string(param.max);
  if (param.clamped) out += " (clamped)";
  if (param.floored) out += " (rounded down)";
  return out;
}

std::string text_type(const Param& param) {
  std::string out = "text";
  if (!param.one_of.empty()) {
    out.clear();
    for (const std::string_view word : param.one_of) {
      out += (out.empty() ? "`" : ", `") + std::string(word) + '`';
    }
  }
  if (param.max_length != 0) out += ", at most " + std::to_string(param.max_length);
  return out;
}

std::string type_of(const Param& param) {
  switch (param.type) {
    case ParamType::kString:
      return text_type(param);
    case ParamType::kInteger:
      return "integer" + bounds(param);
    case ParamType::kBoolean:
      return "boolean";
    case ParamType::kStrings:
      return "list of " + text_type(param);
    case ParamType::kStringOrStrings:
      return "list of text, or text with commas";
    case ParamType::kObject:
      return "object";
    case ParamType::kObjects:
      return "list of objects";
  }
  return "";
}

void add_params(std::string& page, std::span<const Param> params, const std::string& above) {
  for (const Param& param : params) {
    const std::string name = above + std::string(param.name);
    page += "| `" + name + '`' + (param.required ? " *" : "") + " | " + type_of(param) + " | " +
            std::string(param.description) + " |\n";
    add_params(page, param.members, name + '.');
  }
}

std::string section() {
  std::string page(kBegin);
  for (const Tool& tool : all_tools()) {
    page += "\n#### `" + std::string(tool.name) + "`\n\n" + std::string(tool.description);
    if (tool.read_only) page += " *Reads only.*";
    if (!tool.dry_run_arg.empty()) {
      page += " *`" + std::string(tool.dry_run_arg.substr(1)) + "`: nothing is written.*";
    }
    page += '\n';
    if (tool.params.empty()) continue;
    page += "\n| argument (* required) | type | |\n|---|---|---|\n";
    add_params(page, tool.params, "");
  }
  return page + '\n' + std::string(kEnd);
}

std::string line_of(const std::string& text, std::size_t at) {
  const std::size_t begin = text.rfind('\n', at == 0 ? 0 : at - 1);
  const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
  return text.substr(first, text.find('\n', first) - first);
}

int fail(const std::string& why) {
  std::fprintf(stderr, "tool_reference: %s\n", why.c_str());
  return 1;
}

int refresh(const char* path, bool write) {
  std::ifstream in(path);
  std::ostringstream read;
  read << in.rdbuf();
  const std::string page = read.str();
  const std::size_t begin = page.find(kBegin);
  const std::size_t end = page.find(kEnd);
  if (begin == std::string::npos || end == std::string::npos || end < begin) {
    return fail(std::string(path) + " has no section between '" +
                std::string(kBegin.substr(0, kBegin.size() - 1)) + "' and '" +
                std::string(kEnd.substr(0, kEnd.size() - 1)) + "'");
  }
  const std::string now = page.substr(0, begin) + section() + page.substr(end + kEnd.size());
  if (now == page) return 0;
  if (write) {
    std::ofstream out(path, std::ios::trunc);
    out << now;
    out.close();
    return out ? 0 : fail(std::string("cannot write ") + path);
  }
  const auto differs = std::mismatch(page.begin(), page.end(), now.begin(), now.end());
  return fail(std::string(path) + " is out of date at '" +
              line_of(now, static_cast<std::size_t>(std::distance(now.begin(), differs.second))) +
              "'; run: tool_reference --write " + path);
}

}  // namespace

int main(int argc, char** argv) {
  const bool write = argc == 3 && std::string_view(argv[1]) == "--write";
  if (!write && argc != 2) return fail("usage: tool_reference [--write] README.md");
  return refresh(argv[argc - 1], write);
}
