#include "gateway/try_library.hpp"

#include <cstdlib>
#include <filesystem>

#include "loading/prover_client.hpp"
#include "loading/stage.hpp"
#include "loading/verify.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code ec;
    std::string pattern = (fs::temp_directory_path(ec) / "gateway-try-XXXXXX").string();
    if (!ec && mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

Result<std::vector<std::string>> try_library(const std::string& prover, const std::string& library,
                                             const std::string& config_json) {
  {
    const TemporaryDirectory directory;
    if (directory.path().empty()) return Error{"io_error", "cannot make a temporary directory"};
    // For its checks of the path; the copy may lie where nothing can be mapped.
    if (auto staged = stage_file(library, directory.path()); !staged) return staged.error();
  }
  if (auto verified = verify_library(library, library); !verified) return verified.error();
  ProverOptions options;
  options.prover = prover;
  auto proof = prove(options, library, config_json, library);
  if (!proof) return proof.error();
  return std::move(proof->warnings);
}

}  // namespace gateway
