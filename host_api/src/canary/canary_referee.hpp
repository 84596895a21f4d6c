// The referee of a canary: shadows, splits and guards calls, and counts what both releases do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "canary/evidence.hpp"
#include "canary/guard.hpp"
#include "canary/scoreboard.hpp"
#include "canary/shadow.hpp"
#include "execution/job.hpp"
#include "execution/referee.hpp"
#include "gateway/canary.hpp"
#include "gateway/clock.hpp"
#include "gateway/slot.hpp"

namespace gateway {

// In a split, the candidate runs a share of the calls, chosen by the value of the tool's routeKey, else by the caller;
// in a soak it runs all of them. When a step of it ends in a fault, takes too long (its deadline, the hard limit, the age
// of its view), breaks an invariant, or raises signals that the other release would not have raised, it is dropped and
// the other release's result takes its place: on the same state where that can still be read, else from a run of its own.
// The caller notices nothing, and nothing wrong is written.
// Thread rule: any.
class CanaryReferee final : public Referee {
 public:
  // What the calls that come now are for.
  struct Plan {
    CanaryStage stage = CanaryStage::kShadow;
    std::uint32_t share_percent = 0;  // shadowed, or run by the candidate
  };

  CanaryReferee(Slot& slot, Clock& clock, std::string candidate_sha256,
                std::shared_ptr<CaseFile> file);

  void set_plan(Plan plan);

  // Where the calls to be shadowed go; none: they are not.
  void set_shadow(std::shared_ptr<Shadow> shadow);

  // The trial is over: calls that wait for the candidate are run by the other release.
  void close() { closed_ = true; }

  void assign(Job& job) override;
  StepResult run(Job& job, View& view, const StepInput& input) override;
  void merged(const std::vector<Write>& writes, std::uint64_t base) override;

 private:
  Plan plan() const;
  std::shared_ptr<Shadow> shadow() const;
  bool chosen(const Job& job, std::uint32_t percent) const;
  std::string route_of(const Job& job) const;

  // A step that the candidate ran.
  struct Tried {
    const StepResult& result;
    std::uint64_t took_us;
    const char* overrun;  // null: it was in time
    Conduct conduct;
    bool overdue() const { return overrun != nullptr; }
    bool fault() const { return overdue() || is_fault(result.status); }
    bool in_doubt() const { return fault() || !conduct.clean(); }  // the other release is asked
  };
  // What the other release made of it.
  struct Reference {
    StepResult result;
    Conduct conduct;
  };

  StepResult run_active(Job& job, View& view, const StepInput& input);
  StepResult run_candidate(Job& job, View& view, const StepInput& input);
  Conduct conduct_of(View& view, const std::vector<Write>& writes) const;
  std::optional<Reference> run_reference(Job& job, View& view, const StepInput& input,
                                         const StepResult& candidate);
  StepResult hand_over(Job& job, std::chrono::nanoseconds took, std::uint64_t passed_ns);
  void count_candidate(const Job& job, const Tried& tried, const Blame& blame);
  void keep_evidence(const Job& job, const StepInput& input, const Tried& tried, const Blame& blame,
                     const std::optional<Reference>& other);

  Slot& slot_;
  Clock& clock_;
  const std::string candidate_sha256_;
  const std::shared_ptr<CaseFile> file_;
  std::atomic<bool> closed_{false};
  mutable std::mutex mutex_;
  Plan plan_;
  std::shared_ptr<Shadow> shadow_;
};

}  // namespace gateway
