#include "canary/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "canary/redaction.hpp"
#include "host/durable_files.hpp"

namespace gateway {
namespace {

constexpr std::uint32_t kPerKind = 10;
constexpr std::size_t kMaxFinding = 512u << 10;
constexpr std::size_t kDirectories = 20;

// Removes the oldest directories; their names begin with a time.
void prune(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    if (entry.is_directory(error)) names.push_back(entry.path().string());
  }
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i + kDirectories < names.size(); ++i) {
    if (!remove_tree(names[i])) return;
  }
}

// A finding that is too long is kept as the beginning of its text.
std::string cut(std::string_view json_text) {
  if (json_text.size() <= kMaxFinding) return std::string(json_text);
  std::string head(json_text.substr(0, kMaxFinding));
  while (!head.empty() && !base::json::valid_utf8(head)) head.pop_back();
  return base::json::canonical(base::json::object{{"cutFrom", json_text.size()}, {"text", head}});
}

}  // namespace

EvidenceBox::EvidenceBox(std::string root, std::string id)
    : root_(std::move(root) + "/evidence"), directory_(root_ + "/" + id) {}

void EvidenceBox::keep(std::string_view kind, const base::json::object& finding) {
  const std::lock_guard lock(mutex_);
  auto [count, fresh] = kept_.try_emplace(std::string(kind), 0);
  if (count->second >= kPerKind) return;
  if (files_.empty()) {
    if (!make_directory(directory_)) return;
    prune(root_);
  }
  const std::string text = base::json::canonical(redacted(finding));
  const std::string path = fmt::format("{}/{:03}-{}.json", directory_, files_.size() + 1, kind);
  if (!write_durably(path, cut(text) + "\n", 0600)) return;
  ++count->second;
  files_.push_back(path);
}

void EvidenceBox::conclude(std::string_view json_text) {
  const std::lock_guard lock(mutex_);
  if (!make_directory(directory_)) return;
  prune(root_);
  const std::string path = directory_ + "/decision.json";
  if (write_durably(path, std::string(json_text) + "\n", 0600)) files_.push_back(path);
}

std::vector<std::string> EvidenceBox::files() const {
  const std::lock_guard lock(mutex_);
  return files_;
}

}  // namespace gateway
