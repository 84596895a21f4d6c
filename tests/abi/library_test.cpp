// Every plugin that this build makes: what it exports, what it needs, and that it leaves no trace
// when closed.
#include "library.hpp"

#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include "tiny_host.hpp"

namespace {

std::vector<std::string> plugins() {
  std::istringstream paths(PLUGIN_FILES);
  std::vector<std::string> list;
  for (std::string path; std::getline(paths, path, '|');) list.push_back(path);
  return list;
}

std::vector<std::string> output_lines(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::vector<std::string> lines;
  char line[4096];
  while (std::fgets(line, sizeof line, pipe) != nullptr) lines.emplace_back(line);
  REQUIRE(pclose(pipe) == 0);
  return lines;
}

}  // namespace

TEST_CASE("a plugin exports exactly the entry symbol, and nothing GNU-unique") {
  REQUIRE(plugins().size() >= 2);
  for (const std::string& path : plugins()) {
    CAPTURE(path);
    const std::vector<std::string> lines = output_lines("nm -D --defined-only '" + path + "'");
    REQUIRE(lines.size() == 1);
    std::istringstream line(lines[0]);
    std::string address;
    std::string type;
    std::string symbol;
    line >> address >> type >> symbol;
    CHECK(type == "T");
    CHECK(symbol == GW_PLUGIN_ENTRY);
  }
}

TEST_CASE("a plugin is gone from memory after dlclose, also once it has worked") {
  for (const std::string& path : plugins()) {
    CAPTURE(path);
    REQUIRE_FALSE(tiny::mapped(path));
    tiny::Library library(path);
    REQUIRE(tiny::mapped(path));
    const gw_plugin& plugin = library.table();
    tiny::Host host;
    std::string report;
    const gw_sink sink = tiny::sink_into(report);
    gw_instance* instance = nullptr;
    // A refused configuration is work, too: what matters here is that code of the library has run.
    const gw_status created = plugin.create(&host.table(), tiny::bytes("{}"), &instance, &sink);
    CHECK((created == GW_OK || created == GW_INVALID));
    if (created == GW_OK) {
      CHECK(plugin.health(instance, &sink) == GW_OK);
      plugin.destroy(instance);
    }
    library.close();
    CHECK_FALSE(tiny::mapped(path));
  }
}

TEST_CASE(
    "the entry returns its table for the host's major, whatever the minor, and NULL for another "
    "major") {
  for (const std::string& path : plugins()) {
    CAPTURE(path);
    const tiny::Library library(path);
    const gw_plugin_entry entry = library.entry();
    const gw_plugin* table = entry(GW_ABI_MAJOR, GW_ABI_MINOR);
    REQUIRE(table != nullptr);
    CHECK(entry(GW_ABI_MAJOR, GW_ABI_MINOR + 1000) == table);
    CHECK(entry(GW_ABI_MAJOR + 1, 0) == nullptr);
    CHECK(table->size == sizeof(gw_plugin));
    CHECK(table->abi_major == GW_ABI_MAJOR);
    CHECK(table->min_host_minor <= GW_ABI_MINOR);
  }
}
