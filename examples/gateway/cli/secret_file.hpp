// A file for a secret that is shown only once.
#pragma once

#include <string>
#include <string_view>

#include "gateway/error.hpp"

namespace gateway_app {

// The file is made (0600) before the secret is asked for, so that a path that cannot be written costs nothing. It takes its name when write() succeeds; until then, and without it, nothing is at `path`.
// Thread rule: one thread.
class SecretFile {
 public:
  // What becomes of a missing one: it is made (0700), or an error.
  enum class Directory : unsigned char { kMade, kExpected };

  // Errors: file_unwritable.
  static gateway::Result<SecretFile> open(const std::string& path, Directory directory);
  SecretFile(SecretFile&& other) noexcept;
  SecretFile& operator=(SecretFile&&) = delete;
  ~SecretFile();

  // The secret and a line end. Errors: file_unwritable.
  gateway::Result<void> write(std::string_view secret);

  const std::string& path() const { return path_; }

 private:
  SecretFile(std::string path, std::string temporary, int fd);
  std::string path_;
  std::string temporary_;
  int fd_;
};

}  // namespace gateway_app
