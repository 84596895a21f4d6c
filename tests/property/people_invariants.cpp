// Invites of agents, and what admits nodes.
#include <set>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "property/invariants.hpp"
#include "records/agent_invite.hpp"

namespace property {
namespace {

using ansible::text_field;
namespace key = ansible::key;

// An invite is found by its token, and among its agent's while it can be accepted or has run out.
void check_invites(const Mirror& mirror, Problems& problems) {
  std::set<std::string> by_token;
  std::set<std::string> open;
  mirror.each("agent-invite/", [&](const std::string& at, const Row& row) {
    const std::string id = key::last_part(at);
    const auto invite = ansible::agent_invite_from_json(id, row.document.as_object());
    const std::string token = key::agent_invite_token(invite.token_hash);
    by_token.insert(token);
    const Row* index = mirror.find(token);
    if (index == nullptr || index->text != id)
      problems.push_back(at + " is not found by its token");
    if (!invite.used_at && !invite.revoked_at) {
      open.insert(key::agent_invite_of(invite.agent_id, id));
    }
  });
  for (const auto& [prefix, wanted] :
       {std::pair{"agent-invite-token/", &by_token}, std::pair{"agent-invite-of/", &open}}) {
    mirror.each(prefix, [&](const std::string& at, const Row&) {
      if (wanted->erase(at) == 0) problems.push_back("stray index entry " + at);
    });
    for (const std::string& missing : *wanted) {
      problems.push_back("missing index entry " + missing);
    }
  }
}

// Whatever is kept for a while only is in the list of what goes.
void check_pruned(const Mirror& mirror, Problems& problems) {
  for (const std::string kind :
       {"agent-invite", "node-invite", "node-ticket", "node-nonce", "conversation"}) {
    std::set<std::string> goes;
    mirror.each("prune/" + kind + '/',
                [&](const std::string& at, const Row&) { goes.insert(key::last_part(at)); });
    mirror.each(kind + '/', [&](const std::string& at, const Row&) {
      if (!goes.contains(key::last_part(at))) problems.push_back(at + " would stay for ever");
    });
  }
}

// A revoked node is not there, and nobody who lives on it can act.
void check_revoked(const Mirror& mirror, Problems& problems) {
  mirror.each("node-revoked/", [&](const std::string& at, const Row&) {
    const std::string node = key::last_part(at);
    for (const std::string& place : {key::node(node), key::pulse(node), key::preference(node)}) {
      if (mirror.find(place) != nullptr) problems.push_back(at + ", and there is " + place);
    }
  });
}

}  // namespace

void check_people(const Mirror& mirror, Problems& problems) {
  check_invites(mirror, problems);
  check_pruned(mirror, problems);
  check_revoked(mirror, problems);
}

}  // namespace property
