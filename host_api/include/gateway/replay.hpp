// Runs what a gateway has recorded (gateway/journal.hpp) again, on two releases, and says where they differ: a regression
// test made of what was really asked.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/canary.hpp"
#include "gateway/error.hpp"
#include "gateway/instance.hpp"
#include "gateway/signature.hpp"

namespace gateway {

struct ReplayOptions {
  std::string prover;                         // path of gateway-prover
  std::chrono::milliseconds patience{5'000};  // for each start and each step; then it hangs
  std::string plugin = "ansible";             // the id that a library must state
  std::string
      plugins_root;  // where releases are kept that are named by version or digest; also where copies are made
  SignaturePolicy signatures;  // of files, as for an installation
  std::vector<AllowedDifference> allow;
  std::size_t limit = 20;  // differences that are kept
};

// One place where two answers differ, for people: what looks like a secret reads "[REDACTED]", and long values are cut.
struct ReplayPlace {
  std::string pointer;  // into {"status","reply","writes"}
  std::string base;     // canonical JSON, or "(absent)"
  std::string candidate;
};

// One step whose answers differ.
struct ReplayDifference {
  std::string file;          // of the journal
  std::uint64_t number = 0;  // of the step in its file, from 1
  std::string tool;          // a sweep is "sweep:<name>"
  std::string request_id;
  std::uint32_t step = 0;
  std::int64_t at_ms = 0;                // when it was recorded
  Difference kind = Difference::kReply;  // the gravest
  std::vector<ReplayPlace> places;       // of kReply, kWrites and kStatus
  std::string base_words;  // why there is no answer, or that of a failed step; mostly empty
  std::string candidate_words;
  bool follows = false;  // the states had parted before: it may follow from that
};

struct ReplayFile {
  std::string path;
  std::int64_t at_ms = 0;  // when it was begun
  std::uint64_t rows = 0;  // of its snapshot
  std::uint64_t steps = 0;
  std::string ending;  // why it ends; "" where it is still written, or the gateway died
  std::uint64_t parted_at =
      0;  // number of the step from which on the states differ; 0: they do not
};

struct ReplayReport {
  ReleaseId base;
  ReleaseId candidate;
  std::vector<ReplayFile> files;
  std::vector<std::string> skipped;  // files that could not be read, and why
  std::uint64_t calls = 0;
  std::uint64_t steps = 0;
  std::uint64_t drifted = 0;  // steps that `base` ended with another status than was recorded
  std::uint64_t differing = 0;
  // By tool: how many steps differ in each way.
  std::map<std::string, std::array<std::uint64_t, kDifferences>> counts;
  std::vector<ReplayDifference> differences;  // the first `limit`
  std::string stopped;                        // why not all was replayed; empty: it was
  bool same() const { return differing == 0; }
};

// Replays `journal`, a file or a directory of them (each from its own snapshot, oldest first), as far as it reaches now.
// The gateway may be running. `base` and `candidate`: a library file, or a kept release by version or SHA-256 prefix (at
// least 6 hex digits), as for Host::swap. Each runs in a process of its own; a crash or a hang in it is a difference. After
// the states have parted each side goes on with its own.
//
// Errors: not_found and ambiguous (the releases, the journal), not_a_journal, nothing_recorded; wrong_plugin; data_format
// (a release cannot read what is stored); what an installation refuses of a file; prover_error.
// Thread rule: any; blocks.
Result<ReplayReport> replay(const std::string& journal, const std::string& base,
                            const std::string& candidate, const ReplayOptions& options);

}  // namespace gateway
