#include "capabilities/rights.hpp"

#include <string>
#include <vector>

#include "capabilities/capability_store.hpp"
#include "core/text.hpp"

namespace ansible {

std::optional<Error> refuse_stranger(Context& context, const Actor& actor,
                                     const RevisionRecord& revision, std::string_view what) {
  if (actor.admin || actor.id == revision.first_publisher) return std::nullopt;
  const auto head = load_catalog(context.txn, revision.capability_id, head_version(revision));
  if (head && head->owner_agent_id == actor.id) return std::nullopt;
  std::vector<std::string> allowed{"first publisher '" + revision.first_publisher + "'"};
  if (head) allowed.insert(allowed.begin(), "its owner '" + head->owner_agent_id + "'");
  allowed.push_back("the gateway admin '" + effective_admin(context) + "'");
  return Error{code::kNotAuthorized,
               "'" + actor.id + "' may not " + std::string(what) + " " + revision.capability_id +
                   "; that is for " + listed(allowed) + " or the gateway's operator",
               {}};
}

}  // namespace ansible
