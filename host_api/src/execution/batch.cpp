#include "execution/batch.hpp"

#include <algorithm>

namespace gateway {

Batch::Batch(std::unique_ptr<Snapshot> snapshot)
    : snapshot_(std::move(snapshot)), base_sequence_(snapshot_->sequence()) {}

View::Layers Batch::layers() const {
  if (layer_->empty()) return {};
  return {layer_};
}

void Batch::merge(const StepResult& result, std::int64_t now_ms) {
  if (result.writes.empty()) return;
  layer_->merge(result.writes);
  add_checks(result);
  latest_now_ms_ = std::max(latest_now_ms_, now_ms);
}

void Batch::hold(JobPtr job, StepResult result, std::uint64_t ran_ns) {
  add_checks(result);
  held_.push_back({std::move(job), std::move(result), ran_ns});
}

// All steps of a batch read one snapshot, so one key has one version.
void Batch::add_checks(const StepResult& result) {
  for (const Check& check : result.checks) checks_.emplace(check.key, check.version);
}

std::vector<Check> Batch::checks() const {
  std::vector<Check> checks;
  checks.reserve(checks_.size());
  for (const auto& [key, version] : checks_) checks.push_back({key, version});
  return checks;
}

std::vector<Write> Batch::writes() const {
  std::vector<Write> writes;
  writes.reserve(layer_->rows().size() + 3);  // and the host's own
  for (const auto& [key, value] : layer_->rows()) writes.push_back({key, value});
  return writes;
}

}  // namespace gateway
