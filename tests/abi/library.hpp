// A plugin file loaded as plainly as can be: dlopen, entry, dlclose.
#pragma once

#include <dlfcn.h>
#include <link.h>

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "gateway/plugin_abi.h"

namespace tiny {

// Is any segment of this file mapped as a library?
inline bool mapped(const std::string& path) {
  std::string wanted = path;
  return dl_iterate_phdr(
             [](dl_phdr_info* info, std::size_t, void* wanted_path) {
               return *static_cast<std::string*>(wanted_path) == info->dlpi_name ? 1 : 0;
             },
             &wanted) != 0;
}

class Library {
 public:
  explicit Library(std::string path) : path_(std::move(path)) {
    handle_ = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL);
    const char* reason = handle_ == nullptr ? dlerror() : "";
    REQUIRE_MESSAGE(handle_ != nullptr, reason);
  }
  ~Library() {
    if (handle_ != nullptr) dlclose(handle_);
  }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  gw_plugin_entry entry() const {
    void* symbol = dlsym(handle_, GW_PLUGIN_ENTRY);
    REQUIRE(symbol != nullptr);
    gw_plugin_entry entry = nullptr;
    std::memcpy(&entry, &symbol, sizeof entry);
    return entry;
  }
  const gw_plugin& table() const {
    const gw_plugin* table = entry()(GW_ABI_MAJOR, GW_ABI_MINOR);
    REQUIRE(table != nullptr);
    return *table;
  }
  void close() {
    CHECK(dlclose(handle_) == 0);
    handle_ = nullptr;
  }

 private:
  std::string path_;
  void* handle_ = nullptr;
};

}  // namespace tiny
