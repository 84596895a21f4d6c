// What the story does with capabilities: publishing, rollout, approval, withdrawal, distribution.
#include "property/publisher.hpp"
#include "property/story.hpp"

namespace property {

// By the flat form; those of manifests have names of their own, because a version never changes.
Step Story::publish() {
  const std::string id = capability();
  if (chance(15)) {
    return tool("capability_rollback", {{"capability_id", id}, {"version", version()}});
  }
  if (id.starts_with("cap.m") || id.starts_with("cap.h")) return publish_manifest(id, version());
  json::object args{{"capability_id", id},
                    {"name", "what " + id + " does"},
                    {"version", version()},
                    {"owner_agent_id", agent()},
                    {"delegation_skill_ref", {{"name", "ask"}, {"version", "1.0.0"}}},
                    {"executor_skill_ref", {{"name", "do"}, {"version", "1.0.0"}}},
                    {"contract_schema_ref", "schema://work/1.0.0"}};
  if (chance(15)) args["status"] = chance(50) ? "deprecated" : "disabled";
  if (chance(50)) args["from_agent"] = agent();
  return tool("capability_publish", std::move(args));
}

// Mostly what belongs to the version, so that it can be published again; now and then something else.
Step Story::publish_manifest(const std::string& id, const std::string& which) {
  ManifestWish wish{.capability = id,
                    .version = which,
                    .owner = chance(90) ? "ann" : agent(),
                    .publisher = "architect",
                    .high_risk = id.starts_with("cap.h"),
                    .canary_targets = {}};
  if (which != "1.0.0") wish.canary_targets = {"bob", "ann"};
  if (chance(3)) wish.canary_targets = {"nobody"};
  const Seal seal = chance(80) ? Seal::kSigned : chance(50) ? Seal::kUnsigned : Seal::kForged;
  json::object args{{"manifest", manifest_of(wish, seal)}};
  if (wish.high_risk && chance(85)) args["approval_artifact_id"] = "ticket-7";
  if (chance(50)) args["from_agent"] = chance(80) ? "architect" : agent();
  return tool("capability_publish", std::move(args));
}

Step Story::withdraw() {
  json::object args{{"capability_id", capability()}};
  if (chance(30)) args["from_agent"] = agent();
  return tool("capability_unpublish", std::move(args));
}

Step Story::distribution() {
  switch (number(3)) {
    case 0:
      return tool("set_distribution_policy", {{"external_mode", chance(50) ? "all" : "strict"}});
    case 1:
      return tool("cleanup_distribution_tasks", {{"dry_run", chance(50)}});
    default:
      return tool("set_agent_distribution_opt_in", {{"agent_id", "ext-1"}, {"opt_in", chance(50)}});
  }
}

// Mostly of tasks that wait for it; by their creator, the admin, the operator, or whoever may not.
Step Story::approve() {
  const std::string id = risky_.empty() || chance(15) ? task()
                         : chance(70)                 ? risky_.back()
                                                      : one_of(risky_);
  json::object args{{"taskId", id}, {"approval_artifact_id", chance(90) ? "ticket-1" : ""}};
  if (chance(50)) args["agentId"] = agent();
  if (chance(15)) args["decision"] = "rejected";
  maybe_key(args);
  return tool("approve_task", std::move(args));
}

// A high-risk task through its whole life, one step at a time.
Step Story::risky_work() {
  if (chance(10)) return publish_manifest("cap.h0", "1.0.0");
  if (risky_.empty() || chance(40)) {
    json::object args{{"title", "risky " + std::to_string(number(1000))},
                      {"description", "with care"},
                      {"requires", json::array{"cap.h0"}}};
    if (chance(40)) args["from_agent"] = agent();
    return tool("delegate_task", std::move(args));
  }
  const std::string& id = chance(70) ? risky_.back() : one_of(risky_);
  const char* worker = chance(80) ? "ann" : "cleo";
  if (chance(50)) {
    return tool("claim_task", {{"taskId", id}, {"agentId", worker}, {"etaSeconds", 600}});
  }
  return tool("complete_task", {{"taskId", id}, {"agentId", worker}, {"result", "done"}});
}

// The owner of most manifests is away for a moment, and its standby owner takes over; not in the middle of something.
Step Story::rest_owner() {
  if (!soon_.empty()) return claim();
  soon_ = {&Story::miss_owner, &Story::miss_owner, &Story::welcome_owner};
  return tool("disable_agent", {{"agent_id", "ann"}, {"reason", "resting"}});
}

Step Story::miss_owner() {
  return tool("delegate_task", {{"title", "whoever can"},
                                {"description", "while the owner is away"},
                                {"requires", json::array{chance(50) ? "cap.h0" : capability()}}});
}

Step Story::welcome_owner() { return tool("enable_agent", {{"agent_id", "ann"}}); }

// Those who take part in the canary delegate to each other, and mostly succeed.
Step Story::canary_work() {
  static const std::vector<std::string> kExecutors = {"bob", "ann"};
  if (canary_tasks_.empty()) {
    return tool("delegate_task", {{"title", "on trial"},
                                  {"description", "by the new version"},
                                  {"requires", json::array{canary_}},
                                  {"from_agent", "bob"}});
  }
  json::object args{{"taskId", canary_tasks_.back()}, {"agentId", one_of(kExecutors)}};
  if (chance(45)) {
    args["etaSeconds"] = 60;
    return tool("claim_task", std::move(args));
  }
  if (chance(50)) {
    args["status"] = "failed";
    args["note"] = "not good yet";
    return tool("update_task", std::move(args));
  }
  args["result"] = "fine";
  return tool("complete_task", std::move(args));
}

Step Story::judge_canary() {
  return {.kind = gateway::Request::Kind::kSweep,
          .name = "capability_canary",
          .after_ms = 400'000,
          .caller = GW_CALLER_HOST};
}

}  // namespace property
