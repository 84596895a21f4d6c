// Putting library files in place, in the ways that operators do it.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace test {

// Writes bytes as a file of its own mode, whatever the umask.
inline void write_file(const std::string& path, const std::string& bytes, mode_t mode = 0755) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << bytes;
  out.close();
  if (!out || ::chmod(path.c_str(), mode) != 0) throw std::runtime_error("cannot write " + path);
}

inline void rename_over(const std::string& bytes, const std::string& path, mode_t mode = 0755) {
  write_file(path + ".new", bytes, mode);
  std::filesystem::rename(path + ".new", path);
}

// The same file with other bytes, in several writes, as `cp` does it.
inline void copy_over(const std::string& bytes, const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  constexpr std::size_t kChunk = 64 * 1024;
  for (std::size_t at = 0; at < bytes.size(); at += kChunk) {
    out.write(bytes.data() + at, static_cast<std::streamsize>(std::min(kChunk, bytes.size() - at)));
    out.flush();
  }
  if (!out) throw std::runtime_error("cannot write " + path);
}

// Points a symbolic link elsewhere in one step.
inline void flip_link(const std::string& target, const std::string& link) {
  std::filesystem::create_symlink(target, link + ".new");
  std::filesystem::rename(link + ".new", link);
}

// The names in a directory, sorted; empty when it is not there.
inline std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The files under a "loaded" directory that a process has mapped: its plugin images.
inline std::vector<std::string> mapped_images(pid_t pid) {
  std::vector<std::string> names;
  std::ifstream in("/proc/" + std::to_string(pid) + "/maps");
  for (std::string line; std::getline(in, line);) {
    const auto at = line.find("/loaded/");
    if (at != std::string::npos) names.push_back(line.substr(at + 8));
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

inline std::size_t open_descriptors(pid_t pid) {
  return names_in("/proc/" + std::to_string(pid) + "/fd").size();
}

}  // namespace test
