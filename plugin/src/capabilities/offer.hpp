// A capability as somebody who delegates can use it now: under which contract, by whom (CAP-9, CAP-11, reference 2.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"
#include "records/contract.hpp"

namespace ansible {

struct Offer {
  Contract contract;
  std::string owner;  // of this version
  std::vector<std::string>
      agents;  // who can execute it: the owner, its standbys, the others that are eligible; enabled
               // and on a gateway that is there. Not empty
  bool reachable = true;  // false: none of them is there, so the first one gets it all the same
  bool canary = false;    // the version in canary, for a creator that belongs to it
};

// The offer of `capability` to a task of `creator`: the version in canary to its executors and its owner, the active
// one to everybody else. Nothing when no capability of that name was ever published.
// Errors: capability_unavailable (withdrawn, deprecated, only in canary, or nobody enabled can execute it).
Result<std::optional<Offer>> offer_of(Context& context, const std::string& capability,
                                      std::string_view creator);

// Records who stands in for the owner while it is away, and that it is back: in the index, in the revision, and as the
// event capability_owner_failover. Does nothing when that is recorded already.
void record_owner(Context& context, const Offer& offer);

// Whether `agent` may work under this contract: owner or standby of the version, eligible by the index, or executor of
// its canary; and the version has not been withdrawn (T-8).
bool can_execute(Transaction& txn, const Contract& contract, std::string_view agent);

}  // namespace ansible
