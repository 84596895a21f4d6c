#include "common/paths.hpp"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <initializer_list>

namespace gateway_app {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::string home_directory() {
  if (auto home = variable("HOME")) return *home;
  const passwd* entry = getpwuid(getuid());
  return entry != nullptr && entry->pw_dir != nullptr ? entry->pw_dir : "/";
}

std::string first_existing(const std::string& executable,
                           std::initializer_list<const char*> places) {
  const fs::path directory = fs::path(executable).parent_path();
  for (const char* place : places) {
    const fs::path candidate = (directory / place).lexically_normal();
    std::error_code ec;
    if (fs::is_regular_file(candidate, ec)) return candidate.string();
  }
  return {};
}

}  // namespace

Environment Environment::of_process() {
  Environment env;
  std::error_code ec;
  env.home = home_directory();
  env.executable = fs::read_symlink("/proc/self/exe", ec).string();
  env.working_directory = fs::current_path(ec).string();
  env.openclaw_config = variable("OPENCLAW_CONFIG");
  env.openclaw_state_dir = variable("OPENCLAW_STATE_DIR");
  return env;
}

std::string absolute_path(std::string_view path, const std::string& base, const std::string& home) {
  fs::path result(path);
  if (path == "~") {
    result = home;
  } else if (path.substr(0, 2) == "~/") {
    result = fs::path(home) / path.substr(2);
  } else if (result.is_relative()) {
    result = fs::path(base) / result;
  }
  return result.lexically_normal().string();
}

std::string file_or_release(const std::string& word, const std::string& base,
                            const std::string& home) {
  std::error_code error;  // a name that is too long is no file's
  const bool slash = word.find('/') != std::string::npos;
  const std::string path = absolute_path(word, base, home);
  const bool file = !word.empty() && std::filesystem::is_regular_file(path, error);
  return slash || file ? path : word;
}

void claim_state_dir(const std::string& directory) {
  std::error_code ec;
  const bool own = fs::create_directories(directory, ec) || fs::is_empty(directory, ec) ||
                   fs::exists(fs::path(directory) / "openclaw.json", ec);
  if (own) fs::permissions(directory, fs::perms::owner_all, ec);
}

std::string shipped_plugin(const std::string& executable) {
  return first_existing(executable, {"../plugin/ansible.so", "../lib/openclaw/plugins/ansible.so"});
}

std::string shipped_prover(const std::string& executable) {
  return first_existing(executable, {"gateway-prover", "../lib/openclaw/gateway-prover",
                                     "../libexec/gateway-prover"});
}

}  // namespace gateway_app
