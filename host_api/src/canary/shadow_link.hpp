// The gateway's side of the shadow: the process that runs the candidate, and one question at a time.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "canary/recorded_snapshot.hpp"
#include "canary/wire.hpp"
#include "loading/prover_client.hpp"
#include "loading/spawn.hpp"

namespace gateway {

struct ShadowOptions {
  ProverOptions prover;  // its timeout also bounds the start and each answer
  std::string library;   // an absolute path
  std::string config_json;
  bool replay = false;  // the process has a state of its own, and load() fills it
};

// A running shadow. Whatever happens in it ends with its process.
// Thread rule: one thread at a time; blocks.
class ShadowLink {
 public:
  // How a question ended.
  enum class End {
    kAnswered,
    kMoved,    // the state had moved on: the answer says nothing
    kCrashed,  // the process ended, or spoke out of turn; `words` says how
    kSlow      // no answer in time; it was ended
  };
  struct Reply {
    End end = End::kCrashed;
    wire::Answer answer;
    std::string words;  // what the process printed last, and how it ended
  };

  // Starts the process and waits until the candidate is created. Errors: prover_error, prove_timeout, shadow_crashed,
  // and what the candidate's Library::open and Instance::create refuse.
  // Once `abandoned` is true a question ends at once (kSlow); it must outlive the link.
  static Result<std::unique_ptr<ShadowLink>> start(const ShadowOptions& options,
                                                   const std::atomic<bool>& abandoned);
  ~ShadowLink();
  ShadowLink(const ShadowLink&) = delete;
  ShadowLink& operator=(const ShadowLink&) = delete;

  // Puts rows into the state of a replay. False: the process is gone; the next ask() says how.
  bool load(const std::vector<Write>& rows);

  // After anything but kAnswered and kMoved the link is used up. `base` answers what `reads` does not hold.
  Reply ask(const wire::Question& question, const ReadLog& reads,
            const RecordedSnapshot::Source& base);

 private:
  ShadowLink(SpawnedChild child, std::chrono::milliseconds patience,
             const std::atomic<bool>& abandoned);
  wire::Received listen(std::string& frame, wire::Deadline deadline);
  bool answer_get(wire::Reader& reader, const RecordedSnapshot::Source& base, bool& moved,
                  wire::Deadline deadline);
  bool answer_scan(wire::Reader& reader, const RecordedSnapshot::Source& base, bool& moved,
                   wire::Deadline deadline);
  Reply broken(wire::Received how);
  std::string last_words();

  SpawnedChild child_;
  const std::chrono::milliseconds patience_;
  wire::Noise noise_;
  bool reaped_ = false;
};

}  // namespace gateway
