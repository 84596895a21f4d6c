// Writes tool_help.cpp from the plugin's tool table: a build step, so that the CLI does not link the plugin.
#include <cstdio>
#include <string>

#include "tools/tool.hpp"

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void row(std::string_view name, std::string_view text) {
  std::printf("    {%s, %s},\n", quoted(name).c_str(), quoted(text).c_str());
}

}  // namespace

int main() {
  std::printf(
      "#include \"cli/tool_help.hpp\"\n\nnamespace gateway_app {\nnamespace {\n\n"
      "struct Row {\n  std::string_view name;\n  std::string_view text;\n};\n\n"
      "constexpr Row kRows[] = {\n");
  for (const ansible::Tool& tool : ansible::all_tools()) {
    row(tool.name, tool.description);
    for (const ansible::Param& param : tool.params) {
      const std::string name = std::string(tool.name) + '/' + std::string(param.name);
      row(name, param.description);
      for (const ansible::Param& member : param.members) {
        row(name + '.' + std::string(member.name), member.description);
      }
    }
  }
  std::printf(
      "};\n\nstd::string find(std::string_view name) {\n"
      "  for (const Row& row : kRows) {\n    if (row.name == name) return std::string(row.text);\n"
      "  }\n  return {};\n}\n\n}  // namespace\n\n"
      "std::string tool_help(std::string_view tool) { return find(tool); }\n"
      "std::string arg_help(std::string_view tool, std::string_view arg) {\n"
      "  return find(std::string(tool) + '/' + std::string(arg));\n}\n\n}  // namespace "
      "gateway_app\n");
  return 0;
}
