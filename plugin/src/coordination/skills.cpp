#include "coordination/skills.hpp"

#include <algorithm>

#include "core/fields.hpp"
#include "core/keys.hpp"

namespace ansible {
namespace {

constexpr std::string_view kSkills = "skills";

std::vector<std::string> sorted(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace

std::vector<std::string> skills_of(Transaction& txn, std::string_view agent) {
  const std::string at = key::skills(agent);
  const auto stored = txn.get(at);
  if (!stored) return {};
  return texts_field(parse_document(at, *stored), kSkills);
}

void save_skills(Transaction& txn, std::string_view agent, const std::vector<std::string>& skills) {
  const std::vector<std::string> before = skills_of(txn, agent);
  const std::vector<std::string> after = sorted(skills);
  for (const std::string& skill : before) {
    if (!std::binary_search(after.begin(), after.end(), skill)) txn.erase(key::skill(skill, agent));
  }
  for (const std::string& skill : after) {
    if (!std::binary_search(before.begin(), before.end(), skill)) {
      txn.put(key::skill(skill, agent), agent);
    }
  }
  if (!after.empty()) {
    txn.put(key::skills(agent), json::canonical(json::object{{kSkills, to_array(after)}}));
  } else if (!before.empty()) {
    txn.erase(key::skills(agent));
  }
}

void add_skill(Transaction& txn, std::string_view agent, const std::string& skill) {
  std::vector<std::string> skills = skills_of(txn, agent);
  if (skill.empty() || std::binary_search(skills.begin(), skills.end(), skill)) return;
  skills.push_back(skill);
  save_skills(txn, agent, skills);
}

std::vector<std::string> advertisers_of(Transaction& txn, std::string_view skill) {
  return sorted(advertisers_of(txn, skill, "", SIZE_MAX));
}

std::vector<std::string> advertisers_of(Transaction& txn, std::string_view skill,
                                        std::string_view after, std::size_t limit) {
  std::vector<std::string> out;
  const std::string prefix = key::skill(skill, "");
  const std::string first = after.empty() ? prefix : key::skill(skill, after) + '\0';
  for (const auto& [at, id] : collect(txn, first, prefix_end(prefix), {.limit = limit})) {
    out.push_back(id);
  }
  return out;
}

}  // namespace ansible
