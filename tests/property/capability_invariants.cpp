// Capabilities: who is eligible, and what is handed out.
#include <map>
#include <set>
#include <tuple>

#include "core/fields.hpp"
#include "core/keys.hpp"
#include "property/invariants.hpp"
#include "records/capability.hpp"
#include "records/task.hpp"

namespace property {
namespace {

namespace key = ansible::key;
using ansible::text_field;

// The index has executors exactly while a version is active.
void check_eligible(const Mirror& mirror, Problems& problems) {
  mirror.each("cap-revision/", [&](const std::string& at, const Row& row) {
    const auto revision = ansible::revision_from_json(row.document.as_object());
    bool active = false;
    if (revision.active_version) {
      const Row* catalog =
          mirror.find(key::cap_catalog(revision.capability_id, *revision.active_version));
      if (catalog == nullptr) {
        problems.push_back(at + " names an active version without a catalog record");
      } else {
        active = ansible::catalog_from_json(catalog->document.as_object()).status ==
                 ansible::catalog_status::kActive;
      }
    }
    const Row* index = mirror.find(key::cap_index(revision.capability_id));
    const bool eligible =
        index != nullptr &&
        !ansible::index_from_json(index->document.as_object()).eligible_agent_ids.empty();
    if (active != eligible) {
      problems.push_back(revision.capability_id + (active ? " is active and nobody is eligible"
                                                          : " is not active but has executors"));
    }
  });
}

// At most one version of a capability is active, and every stored version is known to its revision.
void check_versions(const Mirror& mirror, Problems& problems) {
  std::map<std::string, int> active;
  mirror.each("cap-catalog/", [&](const std::string& at, const Row& row) {
    const auto catalog = ansible::catalog_from_json(row.document.as_object());
    if (catalog.status == ansible::catalog_status::kActive) ++active[catalog.capability_id];
    if (mirror.find(key::cap_manifest(catalog.capability_id, catalog.version)) == nullptr) {
      problems.push_back(at + " without its manifest");
    }
    if (mirror.find(key::cap_revision(catalog.capability_id)) == nullptr) {
      problems.push_back(at + " without its revision");
    }
  });
  for (const auto& [capability, count] : active) {
    if (count > 1) problems.push_back(capability + " has several active versions");
  }
}

// CAP-11: a version in canary stands in the revision, in the catalog and in its canary's record, or in none of them; and
// exactly what is active or in canary is wired.
void check_rollout(const Mirror& mirror, Problems& problems) {
  mirror.each("cap-revision/", [&](const std::string& at, const Row& row) {
    const auto revision = ansible::revision_from_json(row.document.as_object());
    const Row* canary = mirror.find(key::cap_canary(revision.capability_id));
    const std::string version =
        canary == nullptr ? "" : text_field(canary->document.as_object(), "version").value_or("?");
    if (revision.pending_version.value_or("") != version) {
      problems.push_back(at + " has " + revision.pending_version.value_or("no version") +
                         " in canary, its record " + version);
    }
  });
  mirror.each("cap-catalog/", [&](const std::string& at, const Row& row) {
    const auto catalog = ansible::catalog_from_json(row.document.as_object());
    const Row* revision = mirror.find(key::cap_revision(catalog.capability_id));
    const bool pending = revision != nullptr && text_field(revision->document.as_object(),
                                                           "pendingVersion") == catalog.version;
    if (pending != (catalog.status == ansible::catalog_status::kCanary)) {
      problems.push_back(at + " is " + catalog.status + (pending ? " and" : " and not") +
                         " in canary");
    }
    const Row* wiring = mirror.find(key::cap_wiring(catalog.capability_id, catalog.version));
    const bool wired =
        wiring != nullptr && ansible::bool_field(wiring->document.as_object(), "active") == true;
    const bool used = pending || catalog.status == ansible::catalog_status::kActive;
    if (wired != used) {
      problems.push_back(at + " is " + catalog.status + (wired ? " and wired" : " and not wired"));
    }
  });
}

// CAP-14: once per (capability, version, target), for one target each, none open once withdrawn, and the unfinished ones
// in their index.
void check_distribution(const Mirror& mirror, Problems& problems) {
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  std::set<std::string> open;
  mirror.each("task/", [&](const std::string& at, const Row& row) {
    const auto task = ansible::task_from_json(row.document.as_object());
    if (task.intent != "skill_distribution") return;
    if (task.assignees.size() != 1) {
      problems.push_back(at + " is a distribution task with " +
                         std::to_string(task.assignees.size()) + " assignees");
      return;
    }
    const std::string capability = text_field(task.metadata, "capabilityId").value_or("");
    const std::string version = text_field(task.metadata, "version").value_or("");
    if (!seen.emplace(capability, version, task.assignees.front()).second) {
      problems.push_back(at + " repeats a distribution of " + capability + ' ' + version + " to " +
                         task.assignees.front());
    }
    if (!terminal(task.status)) open.insert(key::distribution_open(capability, version, task.id));
  });
  mirror.each("distribution-open/", [&](const std::string& at, const Row&) {
    if (open.erase(at) == 0) problems.push_back("stray index entry " + at);
  });
  for (const std::string& missing : open) problems.push_back("missing index entry " + missing);
}

// CAP-14: once a capability is withdrawn and the sweep has been there, nobody is asked to install it any more.
void check_withdrawn(const Mirror& mirror, Problems& problems) {
  mirror.each("cap-revision/", [&](const std::string&, const Row& row) {
    const auto revision = ansible::revision_from_json(row.document.as_object());
    if (revision.last_action != "unpublished") return;
    const std::string place = key::part(revision.capability_id) + '/';
    std::size_t at_work = 0;
    mirror.each("cap-distribution/" + place, [&](const std::string&, const Row&) { ++at_work; });
    if (at_work > 0) return;
    mirror.each("distribution-open/" + place, [&](const std::string& at, const Row&) {
      problems.push_back(at + " is open, and the capability is withdrawn");
    });
  });
}

}  // namespace

void check_capabilities(const Mirror& mirror, Problems& problems) {
  check_eligible(mirror, problems);
  check_versions(mirror, problems);
  check_rollout(mirror, problems);
  check_distribution(mirror, problems);
  check_withdrawn(mirror, problems);
}

}  // namespace property
