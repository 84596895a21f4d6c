#include "cli/skill_links.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/json.hpp"
#include "cli/backup_name.hpp"

namespace gateway_app {
namespace {

namespace fs = std::filesystem;

fs::path absolute(Session& session, const std::string& path) {
  return absolute_path(path, session.env().working_directory, session.env().home);
}

std::vector<std::string> workspaces(Session& session, const SkillRequest& request) {
  if (request.workspaces.empty()) return configured_workspaces(session);
  std::vector<std::string> out;
  for (const std::string& workspace : request.workspaces) {
    out.push_back(absolute(session, workspace).string());
  }
  return out;
}

// Makes `link` lead to `target`. `may_replace`: what stands there is put aside.
SkillLink make_link(const fs::path& link, const fs::path& target, bool may_replace, bool dry_run) {
  SkillLink out;
  out.detail = target.string();
  std::error_code ec;
  const fs::file_status status = fs::symlink_status(link, ec);
  if (fs::is_symlink(status) && fs::read_symlink(link, ec) == target) {
    out.mark = "=";
    return out;
  }
  const bool taken = fs::exists(status);
  if (taken && !may_replace) {
    out.mark = "!";
    out.detail = link.string() + (fs::is_symlink(status) ? " leads elsewhere" : " is not a link");
    return out;
  }
  out.mark = taken ? "~" : "+";
  if (dry_run) return out;
  fs::create_directories(link.parent_path(), ec);
  if (taken && fs::is_symlink(status)) fs::remove(link, ec);
  if (taken && !fs::is_symlink(status)) fs::rename(link, backup_name(link.string()), ec);
  if (!ec) fs::create_directory_symlink(target, link, ec);
  if (ec) {
    out.mark = "!";
    out.detail = link.string() + ": " + ec.message();
  }
  return out;
}

// Makes the shared place have the skill, from its source where one is named; what is wrong otherwise.
std::string prepare_shared(Session& session, const SkillRequest& request, const std::string& skill,
                           const fs::path& shared) {
  const auto source = request.sources.find(skill);
  std::error_code ec;
  if (source != request.sources.end()) {
    const fs::path folder = absolute(session, source->second);
    if (!fs::is_directory(folder, ec)) return folder.string() + " is no folder";
    const SkillLink made = make_link(shared, folder, request.update_source, request.dry_run);
    if (made.mark == "!") return made.detail + "; --update-source replaces it";
    return {};
  }
  if (fs::is_directory(shared, ec)) return {};
  return "no folder " + shared.string() + "; name one with --source " + skill + "=PATH";
}

}  // namespace

std::vector<std::string> configured_workspaces(Session& session) {
  std::set<std::string> found;
  const auto& loaded = session.loaded();
  if (loaded.ok() && !loaded->file.empty()) {
    std::ifstream in(loaded->file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto note = [&](const json::value* place) {
      const json::value* path = place == nullptr ? nullptr : json::find(*place, "workspace");
      if (path != nullptr && path->is_string() && !path->get_string().empty()) {
        found.insert(absolute(session, std::string(path->get_string())).string());
      }
    };
    const auto parsed = json::parse(text, {.comments = true});
    const json::value* agents = parsed.ok() ? json::find(*parsed, "agents") : nullptr;
    if (agents != nullptr) {
      note(json::find(*agents, "defaults"));
      const json::value* list = json::find(*agents, "list");
      if (list != nullptr && list->is_array()) {
        for (const json::value& agent : list->get_array()) note(&agent);
      }
    }
  }
  const fs::path usual = absolute(session, "~/.openclaw/workspace");
  std::error_code ec;
  if (found.empty() && fs::is_directory(usual, ec)) found.insert(usual.string());
  return {found.begin(), found.end()};
}

bool skill_is_here(Session& session, const SkillRequest& request) {
  std::error_code ec;
  return fs::is_directory(absolute(session, request.shared_root) / request.skills.front(), ec);
}

std::vector<SkillLink> sync_skills(Session& session, const SkillRequest& request) {
  std::vector<SkillLink> out;
  for (const std::string& skill : request.skills) {
    const fs::path shared = absolute(session, request.shared_root) / skill;
    const std::string problem = prepare_shared(session, request, skill, shared);
    for (const std::string& workspace : workspaces(session, request)) {
      SkillLink link;
      if (problem.empty()) {
        link = make_link(fs::path(workspace) / "skills" / skill, shared, request.force_replace,
                         request.dry_run);
        if (link.mark == "!" && !request.force_replace)
          link.detail += "; --force-replace puts it aside";
      } else {
        link.mark = "!";
        link.detail = problem;
      }
      link.skill = skill;
      link.workspace = workspace;
      out.push_back(std::move(link));
    }
  }
  return out;
}

std::vector<SkillLink> verify_skills(Session& session, const SkillRequest& request) {
  std::vector<SkillLink> out;
  for (const std::string& skill : request.skills) {
    for (const std::string& workspace : workspaces(session, request)) {
      const fs::path folder = fs::path(workspace) / "skills" / skill;
      std::error_code ec;
      SkillLink link{skill, workspace, "ok", fs::canonical(folder, ec).string()};
      if (ec || !fs::is_directory(folder, ec)) {
        link.mark = "!";
        link.detail =
            folder.string() + " leads to no folder; openclaw ansible skills sync links it";
      } else if (!fs::is_regular_file(folder / "SKILL.md", ec)) {
        link.mark = "!";
        link.detail = folder.string() + " has no SKILL.md";
      }
      out.push_back(std::move(link));
    }
  }
  return out;
}

}  // namespace gateway_app
