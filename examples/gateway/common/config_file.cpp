#include "common/config_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.hpp"

namespace gateway_app {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 4u << 20;  // a configuration, not a data set

bool exists(const std::string& path) {
  struct stat st {};
  return stat(path.c_str(), &st) == 0;
}

Result<std::string> read_file(const std::string& path) {
  std::error_code ec;
  if (fs::is_directory(path, ec)) {
    return Error{"config_unreadable", fmt::format("{} is a directory, expected a file", path)};
  }
  const auto size = fs::file_size(path, ec);
  if (!ec && size > kLargestFile) {
    return Error{"config_unreadable",
                 fmt::format("{} has {} bytes, at most {} are read", path, size, kLargestFile)};
  }
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.good() && !in.eof()) {
    return Error{"config_unreadable",
                 fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  }
  return text;
}

// Picks the file by the order that load_config() documents, as far as it does not need the state directory.
Result<std::string> choose_file(const ConfigRequest& request, const Environment& env,
                                std::vector<std::string>& warnings) {
  if (request.config) {
    std::string file = absolute_path(*request.config, env.working_directory, env.home);
    if (!exists(file)) {
      return Error{"config_missing", fmt::format("--config names {}, which does not exist", file)};
    }
    return file;
  }
  if (env.openclaw_config) {
    std::string file = absolute_path(*env.openclaw_config, env.working_directory, env.home);
    if (exists(file)) return file;
    warnings.push_back(
        fmt::format("OPENCLAW_CONFIG names {}, which does not exist; looking further", file));
  }
  std::string file = absolute_path("~/.openclaw/openclaw.json", "/", env.home);
  return exists(file) ? file : std::string();
}

Result<void> read_into(LoadedConfig& loaded, const Environment& env) {
  auto text = read_file(loaded.file);
  if (!text) return text.error();
  const PathBase base{fs::path(loaded.file).parent_path().string(), env.home};
  auto config = parse_config(*text, base, &loaded.warnings);
  if (!config) {
    return Error{config.error().code, fmt::format("{}: {}", loaded.file, config.error().message)};
  }
  loaded.config = *std::move(config);
  return {};
}

std::string random_token() {
  unsigned char bytes[24];
  std::size_t have = 0;
  while (have < sizeof bytes) {
    const ssize_t n = getrandom(bytes + have, sizeof bytes - have, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return {};
    have += static_cast<std::size_t>(n);
  }
  std::string token = "gw_";
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

std::string default_text(const std::string& token, const std::string& library) {
  std::string text = "{\n";
  text += fmt::format(
      "  \"gateway\": {{ \"port\": {}, \"bind\": \"loopback\", \"auth\": {{ \"token\": \"{}\" }} "
      "}},\n",
      kDefaultPort, token);
  text += "  // the path is relative to the state directory\n";
  text += "  \"storage\": { \"engine\": \"sqlite\", \"path\": \"ansible.db\" },\n";
  text += "  \"plugins\": { \"entries\": { \"ansible\": {\n    \"enabled\": true,\n";
  if (library.empty()) {
    text += "    // \"library\": \"/path/to/ansible.so\",\n";
  } else {
    text +=
        fmt::format("    \"library\": {},\n", base::json::canonical(base::json::value(library)));
  }
  text += "    \"config\": { \"tier\": \"backbone\" }\n  } } }\n}\n";
  return text;
}

}  // namespace

Result<LoadedConfig> load_config(const ConfigRequest& request, const Environment& env) {
  LoadedConfig loaded;
  auto file = choose_file(request, env, loaded.warnings);
  if (!file) return file.error();
  loaded.file = *file;
  if (!loaded.file.empty()) {
    if (auto read = read_into(loaded, env); !read) return read.error();
  }
  if (request.state_dir) {
    loaded.state_dir = absolute_path(*request.state_dir, env.working_directory, env.home);
  } else if (env.openclaw_state_dir) {
    loaded.state_dir = absolute_path(*env.openclaw_state_dir, env.working_directory, env.home);
  } else if (!loaded.config.gateway.state_dir.empty()) {
    loaded.state_dir = absolute_path(loaded.config.gateway.state_dir,
                                     fs::path(loaded.file).parent_path().string(), env.home);
  } else {
    loaded.state_dir = absolute_path("~/.openclaw/state", "/", env.home);
  }
  if (loaded.file.empty() && exists(loaded.state_dir + "/openclaw.json")) {
    loaded.file = loaded.state_dir + "/openclaw.json";
    if (auto read = read_into(loaded, env); !read) return read.error();
  }
  return loaded;
}

Result<std::string> create_default_config(const std::string& state_dir, const Environment& env) {
  const std::string file = state_dir + "/openclaw.json";
  const auto failed = [&](const char* what) {
    return Error{"config_unwritable",
                 fmt::format("cannot {} {}: {}", what, file, std::strerror(errno))};
  };
  const std::string token = random_token();
  if (token.empty()) return failed("draw a random token for");
  const std::string text = default_text(token, shipped_plugin(env.executable));
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return failed("create");
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t n = write(fd, text.data() + written, text.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    written += static_cast<std::size_t>(n);
  }
  const bool ok = written == text.size() && fsync(fd) == 0;
  const Error error = ok ? Error{} : failed("write");
  close(fd);
  if (ok) return file;
  unlink(file.c_str());  // ours: O_EXCL made it
  return error;
}

}  // namespace gateway_app
