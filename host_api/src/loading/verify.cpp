#include "loading/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>

#include "gateway/plugin_abi.h"
#include "host/durable_files.hpp"
#include "loading/elf_reader.hpp"
#include "loading/sanitizers.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

constexpr std::size_t kMaxLibrary = 512u << 20;

// Everything else a plugin gets from the host: a library that it brings along may read files, start
// threads or stay mapped, and inside another program binds to that program's copy.
constexpr std::string_view kAllowed[] = {
    "libc.so.6",
    "libm.so.6",
    "libstdc++.so.6",
    "libgcc_s.so.1",
#if defined(__aarch64__)
    "ld-linux-aarch64.so.1",
#else
    "ld-linux-x86-64.so.2",
#endif
};

constexpr std::string_view kAllowedWithAsan[] = {"libasan.so.8", "libubsan.so.1"};
constexpr std::string_view kAllowedWithTsan[] = {"libtsan.so.2"};

template <std::size_t N>
bool among(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool allowed(std::string_view needed) {
  return among(kAllowed, needed) || (kAsanBuild && among(kAllowedWithAsan, needed)) ||
         (kTsanBuild && among(kAllowedWithTsan, needed));
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMaxShown = 5;
  std::string out;
  for (std::size_t i = 0; i < names.size() && i < kMaxShown; ++i) {
    if (i > 0) out += ", ";
    out += printable(names[i], 100);
  }
  if (names.size() > kMaxShown) out += fmt::format(" and {} more", names.size() - kMaxShown);
  return out;
}

Result<void> check_needed(const ElfFacts& facts, const std::string& name) {
  std::vector<std::string> extra;
  for (const std::string& needed : facts.needed) {
    if (!allowed(needed)) extra.push_back(needed);
  }
  if (extra.empty()) return {};
  return Error{"extra_dependency",
               fmt::format("{} needs {}\n"
                           "  a plugin may need only: libc, libm, libstdc++, libgcc_s (the host "
                           "offers sha256, hmac, ed25519)\n"
                           "  rebuild it without {}",
                           name, listed(extra), listed(extra))};
}

Result<void> check_exports(const ElfFacts& facts, const std::string& name) {
  std::vector<std::string> extra;
  for (const std::string& symbol : facts.exports) {
    if (symbol != GW_PLUGIN_ENTRY) extra.push_back(symbol);
  }
  if (extra.size() == facts.exports.size()) {
    return Error{"no_entry",
                 fmt::format("{} lacks the entry {}\n"
                             "  expected it as the only exported symbol, got {}\n"
                             "  it is no plugin for ABI major {}; export the entry with GW_EXPORT",
                             name, GW_PLUGIN_ENTRY, extra.empty() ? "no symbol" : listed(extra),
                             GW_ABI_MAJOR)};
  }
  if (extra.empty()) return {};
  return Error{"extra_symbols",
               fmt::format("{} exports more than its entry: {}\n"
                           "  expected exactly {}: other symbols keep it mapped after it is "
                           "unloaded and mix two versions\n"
                           "  link it with the version script gateway_plugin.map",
                           name, listed(extra), GW_PLUGIN_ENTRY)};
}

}  // namespace

Result<void> verify_library(const std::string& path, const std::string& name) {
  const std::string shown = name.empty() ? std::filesystem::path(path).filename().string() : name;
  const auto file = read_file(path, kMaxLibrary);
  if (!file.ok()) return file.error();
  const auto facts = read_elf(*file, shown);
  if (!facts.ok()) return facts.error();
  if (auto checked = check_needed(*facts, shown); !checked.ok()) return checked;
  return check_exports(*facts, shown);
}

}  // namespace gateway
