// Phase 0: everything that can be known without touching what serves.
#include <fmt/format.h>

#include <algorithm>

#include "rollout/contract.hpp"
#include "rollout/fields.hpp"
#include "rollout/ground.hpp"

namespace gateway_app {
namespace {

using gateway::KnownRelease;

std::string range_text(const KnownRelease& release) {
  return fmt::format("{} reads {}..{} and writes {}", release.release.version,
                     release.data_format_read_min, release.data_format_read_max,
                     release.data_format_write);
}

bool reads(const KnownRelease& reader, std::uint32_t format) {
  return reader.data_format_read_min <= format && format <= reader.data_format_read_max;
}

// Forth, and back again without a restore.
void check_formats(const std::vector<KnownRelease>& kept, const KnownRelease& to, Checks& checks) {
  const auto active = std::find_if(kept.begin(), kept.end(),
                                   [](const KnownRelease& r) { return r.role == "active"; });
  if (active == kept.end()) {
    checks.push_back(holds("active_release", false, "no release is active"));
    return;
  }
  const std::string both = range_text(to) + "; " + range_text(*active);
  checks.push_back(holds("data_format_forth", reads(to, active->data_format_write), both));
  checks.push_back(holds("data_format_back", reads(*active, to.data_format_write), both));
}

Check check_contract(gateway::Host& host, const std::string& sha256) {
  std::vector<gateway::ToolQuestion> questions;
  for (const ContractCase& one : contract_cases()) {
    const auto parsed = json::parse(one.text);
    const json::object request = parsed && parsed->is_object()
                                     ? fields::object(parsed->get_object(), "request")
                                     : json::object{};
    questions.push_back({std::string(kContractTool), json::canonical(request)});
  }
  auto replies = host.ask_release(sha256, questions);
  if (replies) return contract_check(contract_cases(), *replies);
  return at_least("contract_vectors", 0, static_cast<double>(questions.size()),
                  replies.error().message);
}

}  // namespace

std::optional<StepEnd> run_preflight(Ground& ground) {
  const RolloutRecord record = ground.record();
  const std::string& what = record.to.sha256.empty() ? record.plan.what : record.to.sha256;
  auto proved = ground.host.prove(what);
  Checks checks{holds("verified_and_proved", proved.ok(),
                      proved ? "version " + proved->release.version : proved.error().message)};
  if (!proved) {
    if (proved.error().code == "shutting_down") return std::nullopt;
    return end_by(std::move(checks));
  }
  auto noted = ground.note([&](RolloutRecord& r) { r.to = proved->release; });
  if (!noted) return not_written(noted.error());
  checks.push_back(
      holds("is_not_active", proved->release.sha256 != record.from.sha256,
            proved->release.sha256 == record.from.sha256 ? "it is the active release" : ""));
  check_formats(ground.host.releases(), *proved, checks);
  checks.push_back(check_contract(ground.host, proved->release.sha256));
  checks.push_back(names_free(ground));
  return end_by(std::move(checks));
}

}  // namespace gateway_app
