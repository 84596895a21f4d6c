// Deliberate defects, compiled only into test variants: the durability test must fail on each of
// them, or it proves nothing. Every other build has them off.
#pragma once

namespace gateway::mutants {

// Replies are released when their writes are merged into the batch, before the commit.
#ifdef GATEWAY_MUTANT_REPLY_AT_MERGE
inline constexpr bool kReplyAtMerge = true;
#else
inline constexpr bool kReplyAtMerge = false;
#endif

// Reads are served from the batch that is being committed.
#ifdef GATEWAY_MUTANT_READ_OVERLAY
inline constexpr bool kReadOverlay = true;
#else
inline constexpr bool kReadOverlay = false;
#endif

}  // namespace gateway::mutants
