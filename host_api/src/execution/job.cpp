#include "execution/job.hpp"

#include <iterator>

namespace gateway {
namespace {

// What a caller is told when a step failed.
Outcome::Kind kind_of(gw_status status) {
  switch (status) {
    case GW_OK:
    case GW_REFUSED:
    case GW_REFUSED_RECORDED:
      return Outcome::Kind::kReply;
    case GW_TOO_LARGE:
    case GW_NO_SPACE:
    case GW_CORRUPT:
    case GW_UNAVAILABLE:
    case GW_CONFLICT:
      return Outcome::Kind::kStorage;
    default:
      return Outcome::Kind::kInternal;
  }
}

// Once a step has run for so long, a view that has been ended was ended by it: an engine ends one that is too old, and
// none that is that old is given to a step.
constexpr std::uint64_t kLongStepNs = 1'000'000'000;

constexpr const char* kKindNames[] = {"reply",         "unknown_name", "no_plugin",
                                      "overloaded",    "expired",      "unknown",
                                      "shutting_down", "storage",      "internal"};

}  // namespace

const char* Job::overrun(const StepResult& result, std::uint64_t began_ns,
                         std::uint64_t now_ns) const {
  if (cut) return "it had to be cancelled";
  if (result.status == GW_UNAVAILABLE && now_ns - began_ns >= kLongStepNs) {
    return "its view of the store was ended while it ran";
  }
  const bool late = deadline_ns != 0 && began_ns <= deadline_ns && now_ns > deadline_ns;
  return late ? "it returned after its deadline" : nullptr;
}

Outcome outcome_of(const Job& job, StepResult result, std::uint64_t sequence) {
  // Nothing else cancels a call.
  if (result.status == GW_CANCELLED) return job.cut ? outcome_cut(job) : outcome_given_up(job);
  Outcome outcome = outcome_of(job, kind_of(result.status), result.status, std::move(result.error));
  outcome.body = std::move(result.body);
  outcome.steps = job.step + 1;
  outcome.sequence = sequence;
  return outcome;
}

Outcome outcome_of(const Job& job, Outcome::Kind kind, gw_status status, std::string message) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.status = status;
  outcome.message = std::move(message);
  outcome.request_id = job.request.request_id;
  outcome.steps = job.step;
  if (job.lease) outcome.release = job.lease->release();
  return outcome;
}

Outcome outcome_cut(const Job& job) {
  const bool begun = job.step > 0 && !job.read_side();
  return outcome_of(job, begun ? Outcome::Kind::kUnknown : Outcome::Kind::kInternal, GW_CANCELLED,
                    begun ? "the call ran over its hard limit and was given up; " +
                                std::to_string(job.step) +
                                " steps of it are done and kept, ask again to finish it"
                          : "the call ran over its hard limit and was given up; nothing was "
                            "written");
}

Outcome outcome_given_up(const Job& job) {
  if (job.step == 0 || job.read_side()) {
    return outcome_of(job, Outcome::Kind::kShuttingDown, GW_CANCELLED,
                      "the gateway is shutting down; nothing happened");
  }
  return outcome_of(job, Outcome::Kind::kUnknown, GW_CANCELLED,
                    "the gateway is shutting down; " + std::to_string(job.step) +
                        " steps of the call are done and kept, ask again to finish it");
}

std::string outcome_name(const Outcome& outcome) {
  if (outcome.kind == Outcome::Kind::kReply) return std::string(status_name(outcome.status));
  std::string name = kKindNames[static_cast<std::size_t>(outcome.kind)];
  if (outcome.kind == Outcome::Kind::kStorage) {
    name += "_";
    name += status_name(outcome.status);
  }
  return name;
}

}  // namespace gateway
