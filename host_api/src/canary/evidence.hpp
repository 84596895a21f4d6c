// What speaks against a candidate, kept in files.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace gateway {

// <root>/evidence/<id>/<n>-<kind>.json, one finding each, 0600 in a directory 0700: they quote arguments and stored
// records, but no secrets. Bounded: the first few findings of each kind, each cut at a size; the directories of the newest canaries.
// Thread rule: any.
class EvidenceBox {
 public:
  EvidenceBox(std::string root, std::string id);

  // Keeps a finding, without the secrets in it: those who judge a release need no agent's token. Never fails: a finding
  // that cannot be kept is dropped.
  void keep(std::string_view kind, const base::json::object& finding);

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
