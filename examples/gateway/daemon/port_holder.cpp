#include "daemon/port_holder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace gateway_app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kListening = "0A";

// The socket inodes that listen on `port`, from /proc/net/tcp and tcp6.
void add_listeners(const std::string& file, std::uint16_t port, std::set<std::string>& links) {
  std::ifstream in(file);
  const std::string suffix = fmt::format(":{:04X}", port);
  std::string line;
  std::getline(in, line);  // the heading
  while (std::getline(in, line)) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
        timeout >> inode;
    if (state == kListening && local.size() > 5 && local.substr(local.size() - 5) == suffix) {
      links.insert("socket:[" + inode + "]");
    }
  }
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& links) {
  std::error_code ec;
  for (fs::directory_iterator fd(process / "fd", ec), end; !ec && fd != end; fd.increment(ec)) {
    std::error_code unreadable;
    if (links.count(fs::read_symlink(fd->path(), unreadable).string()) != 0) return true;
  }
  return false;
}

}  // namespace

std::string port_holder(std::uint16_t port, const std::string& proc) {
  std::set<std::string> links;
  add_listeners(proc + "/net/tcp", port, links);
  add_listeners(proc + "/net/tcp6", port, links);
  if (links.empty()) return {};
  std::error_code ec;
  for (fs::directory_iterator entry(proc, ec), end; !ec && entry != end; entry.increment(ec)) {
    const std::string pid = entry->path().filename().string();
    if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    if (!holds_one_of(entry->path(), links)) continue;
    std::string name;
    std::getline(std::ifstream(entry->path() / "comm") >> std::ws, name);
    return fmt::format("pid {} ({})", pid, name.empty() ? "unknown" : name);
  }
  return {};
}

}  // namespace gateway_app
