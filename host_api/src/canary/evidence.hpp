// What speaks against a candidate, kept in files.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gateway {

// <root>/evidence/<id>/<n>-<kind>.json, one finding each, 0600 in a directory 0700: they quote arguments and stored
// records. Bounded: the first few findings of each kind, each cut at a size; the directories of the newest canaries.
// Thread rule: any.
class EvidenceBox {
 public:
  EvidenceBox(std::string root, std::string id);

  // Keeps `json_text`, a JSON object, as a finding. Never fails: evidence that cannot be kept is counted as dropped.
  void keep(std::string_view kind, std::string_view json_text);

  // Writes decision.json beside the findings: how the canary ended, and why.
  void conclude(std::string_view json_text);

  const std::string& directory() const { return directory_; }
  std::vector<std::string> files() const;  // paths, oldest first

 private:
  const std::string root_;
  const std::string directory_;
  mutable std::mutex mutex_;
  std::map<std::string, std::uint32_t, std::less<>> kept_;  // by kind
  std::vector<std::string> files_;
};

}  // namespace gateway
