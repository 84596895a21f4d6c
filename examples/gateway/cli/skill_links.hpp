// Skills are folders. One place on the machine holds them, every workspace links to it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace gateway_app {

struct SkillRequest {
  std::vector<std::string> skills = {"ansible"};
  std::map<std::string, std::string> sources;  // skill -> folder that the shared place links to
  std::string shared_root = "~/.openclaw/shared-skills";
  std::vector<std::string> workspaces;  // none: those of the configuration
  bool force_replace = false;           // put aside what stands where a link belongs
  bool update_source = false;           // let a source replace what the shared place links to
  bool dry_run = false;
};

// One skill in one workspace.
struct SkillLink {
  std::string skill;
  std::string workspace;
  std::string
      mark;  // "+" linked, "=" was right, "~" replaced, "!" not done; of a check: "ok" or "!"
  std::string detail;  // what is in the way or wrong; where the link leads otherwise
};

// Where the configuration has workspaces (agents.defaults.workspace, agents.list[].workspace), else
// ~/.openclaw/workspace if that exists.
std::vector<std::string> configured_workspaces(Session& session);

// True if the shared place has the first skill of `request`.
bool skill_is_here(Session& session, const SkillRequest& request);

// Links <workspace>/skills/<skill> to <shared root>/<skill>; nothing is downloaded or deleted.
std::vector<SkillLink> sync_skills(Session& session, const SkillRequest& request);

// Looks whether those links lead to a folder with a SKILL.md.
std::vector<SkillLink> verify_skills(Session& session, const SkillRequest& request);

}  // namespace gateway_app
