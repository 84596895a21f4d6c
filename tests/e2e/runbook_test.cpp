// The task and SLA part of the deployment runbook, word for word, as an operator types it.
#include <doctest/doctest.h>

#include <chrono>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

constexpr const char* kReplay = "\u21ba idempotent replay:";

// Delegates a task to `agent` with the CLI; returns its id.
std::string delegate(const Installation& gw, const std::string& agent,
                     const std::string& more = "") {
  const json::value reply = gw.document(
      "openclaw ansible tasks delegate --title 'Rotate the logs' --description 'All of them'"
      " --to " +
      agent + " " + more);
  const std::string id = text_of(reply, "taskId");
  REQUIRE(id.size() == 36);
  return id;
}

std::string status_of(const Installation& gw, const std::string& task) {
  return text_of(gw.document("openclaw ansible tasks timeline " + task).at("task"), "status");
}

}  // namespace

TEST_CASE("the runbook: service health and the SLA sweep in safe mode") {
  const Installation gw;
  gw.ok("openclaw gateway start", "http://127.0.0.1:" + std::to_string(gw.port()));
  gw.ok("openclaw gateway status", "node-e2e");
  CHECK(gw.ok("openclaw gateway health") == "OK\n");
  const std::string status = gw.ok("openclaw ansible status", "node-e2e");
  CHECK(status.find(PLUGIN_VERSION) != std::string::npos);
  CHECK(status.find("openclaw ansible sla policy set --record-only false") != std::string::npos);
  for (const char* line : {"openclaw ansible sla sweep --dry-run --limit 100",
                           "openclaw ansible sla sweep --record-only --limit 100",
                           "openclaw ansible sla sweep --dry-run --limit 200"}) {
    gw.ok(line, "scanned=0");
    gw.ok(line, "breaches=0");
  }
  gw.ok("openclaw ansible nodes", "node-e2e");
}

TEST_CASE("SLA-3, SLA-12: the sweep counts an overdue task, a dry run leaves it to the real run") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  const std::string id = delegate(gw, "worker", "--sla-accept 1");
  const auto breaches = [&](const std::string& flags) {
    const json::value reply = gw.document("openclaw ansible sla sweep --limit 100 " + flags);
    return reply.at("breachCount").as_int64();
  };
  REQUIRE(test::wait_until([&] { return breaches("--dry-run") == 1; }));
  CHECK(breaches("--dry-run") == 1);
  const std::string real = gw.ok("openclaw ansible sla sweep --record-only --limit 100");
  CHECK(real.find("scanned=1") != std::string::npos);
  CHECK(real.find("breaches=1") != std::string::npos);
  CHECK(real.find("- [accept] " + id.substr(0, 8) + " Rotate the logs (status=pending)") !=
        std::string::npos);
  gw.ok("openclaw ansible sla sweep --record-only --limit 100", "breaches=0");
}

TEST_CASE("the runbook: one task's life with idempotency keys") {
  const Installation gw;
  gw.start();
  // Nobody is named: the actor is the node.
  const std::string id = delegate(gw, "node-e2e", "--idempotency-key d");
  CHECK(delegate(gw, "node-e2e", "--idempotency-key d") == id);
  const std::string short_id = id.substr(0, 8);
  const std::vector<std::string> life = {
      "openclaw ansible tasks claim " + id + " --eta-seconds 900 --idempotency-key k",
      "openclaw ansible tasks update " + id + " --status in_progress --idempotency-key k2",
      "openclaw ansible tasks complete " + id + " --result \"...\" --idempotency-key k3"};
  const std::vector<std::string> statuses = {"claimed", "in_progress", "completed"};
  for (std::size_t i = 0; i < life.size(); ++i) {
    CHECK(gw.ok(life[i], "\u2713 ").find(kReplay) == std::string::npos);
    CHECK(status_of(gw, short_id) == statuses[i]);
    gw.ok(life[i], kReplay);
    CHECK(gw.document(life[i]).at("idempotent").as_bool());
    CHECK(status_of(gw, short_id) == statuses[i]);
  }
  for (const std::string& line : life) gw.ok(line, kReplay);  // also when it is long over

  const std::vector<std::string> others = {
      "openclaw ansible tasks claim " + id + " --eta-seconds 901 --idempotency-key k",
      "openclaw ansible tasks update " + id + " --status in_progress --note n --idempotency-key k2",
      "openclaw ansible tasks complete " + id + " --result other --idempotency-key k3"};
  for (const std::string& line : others) {
    CHECK(text_of(gw.document(line, 1), "code") == "idempotency_conflict");
    gw.refused(line, 1, "\u2717 ");
  }
  CHECK(status_of(gw, short_id) == "completed");
}

TEST_CASE("T-7: only an assignee claims, only the claimer goes on; the CLI exits 4") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  gw.agent("other");
  const std::string id = delegate(gw, "worker");
  const std::string claim = "openclaw ansible tasks claim " + id + " --eta-seconds 900";
  gw.refused(claim, 4, "worker");
  gw.refused(claim + " --as other", 4, "worker");
  CHECK(text_of(gw.document(claim + " --as other", 4), "code") == "not_assignee");
  gw.ok(claim + " --as worker");
  const std::string update = "openclaw ansible tasks update " + id + " --status in_progress";
  CHECK(text_of(gw.document(update + " --as other", 4), "code") == "not_claimer");
  gw.refused(update + " --token at_wrong", 4, "token");
  gw.ok(update + " --as worker --note 'half way' --notify");
  gw.ok("openclaw ansible tasks complete " + id + " --as worker --result done");
}

TEST_CASE("tasks can be listed, released, cancelled, followed and dumped") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  const std::string id = delegate(gw, "worker", "--priority high --lease 600 --context why");
  gw.ok("openclaw ansible tasks", "[" + id.substr(0, 8) + "]");
  gw.ok("openclaw ansible tasks list --status pending", "Rotate the logs");
  gw.ok("openclaw ansible tasks list --assigned-to nobody-at-all", "none");
  gw.ok("openclaw ansible tasks claim " + id.substr(0, 8) + " --eta-seconds 60 --as worker");
  gw.ok("openclaw ansible tasks list -s claimed -n 5", id.substr(0, 8));
  gw.ok("openclaw ansible tasks release " + id + " --note 'no time' --as worker");
  CHECK(status_of(gw, id) == "pending");
  gw.refused("openclaw ansible tasks cancel " + id + " --reason no --as worker", 4, "");
  gw.ok("openclaw ansible tasks cancel " + id + " --reason 'not needed' --idempotency-key c");
  gw.ok("openclaw ansible tasks cancel " + id + " --reason 'not needed' --idempotency-key c",
        kReplay);
  CHECK(status_of(gw, id) == "failed");
  const std::string timeline = gw.ok("openclaw ansible tasks timeline " + id);
  for (const char* kind : {"claimed", "released", "cancelled"}) {
    CHECK_MESSAGE(timeline.find(kind) != std::string::npos, timeline);
  }
  gw.ok("openclaw ansible tasks-dump --status failed -n 10", id);
  gw.refused("openclaw ansible tasks-dump --as worker", 4, "admin");
  gw.refused("openclaw ansible tasks timeline 00000000-none", 1, "00000000-none");
  CHECK(text_of(gw.document("openclaw ansible tasks timeline nothing", 1), "code") == "not_found");
}

TEST_CASE("agents are registered, listed, given tokens, disabled and enabled") {
  const Installation gw;
  gw.start();
  const std::string registered =
      gw.ok("openclaw ansible agent register --id worker --name Worker", "at_");
  CHECK(registered.find("export OPENCLAW_ANSIBLE_TOKEN=at_") != std::string::npos);
  gw.refused("openclaw ansible agent register --id worker", 1, "already registered");
  const std::string list = gw.ok("openclaw ansible agent list", "Registered Agents");
  for (const char* id : {"worker", "architect", "node-e2e"}) {
    CHECK(list.find(id) != std::string::npos);
  }
  CHECK(list.find("at_") == std::string::npos);
  const std::string token =
      text_of(gw.document("openclaw ansible agent token-issue --id worker"), "agent_token");
  CHECK(token.size() == 51);
  gw.ok("openclaw ansible tasks list --token " + token);
  gw.ok("openclaw ansible agent disable --id worker --reason 'on leave'");
  gw.ok("openclaw ansible agent list", "disabled on leave");
  CHECK(text_of(gw.document("openclaw ansible tasks list --token " + token, 4), "code") ==
        "agent_disabled");
  gw.ok("openclaw ansible agent enable --id worker");
  const auto with_env =
      gw.shell("openclaw ansible tasks list", {{"OPENCLAW_ANSIBLE_TOKEN", token}});
  CHECK(with_env.status == 0);
  gw.refused("openclaw ansible agent disable --id worker --token " + token, 4, "admin");
  gw.refused("openclaw ansible agent token-issue --id nobody", 1, "nobody");
}

TEST_CASE("messages are sent and read per agent") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  gw.ok("openclaw ansible send -m 'the disk is full' --to worker --from architect");
  const std::string inbox = gw.ok("openclaw ansible messages --agent worker", "the disk is full");
  CHECK(inbox.find("unread 1") != std::string::npos);
  const json::value mine = gw.document("openclaw ansible messages");
  CHECK(json::canonical(mine.at("messages")).find("the disk is full") == std::string::npos);
  gw.ok("openclaw ansible messages --agent worker --from architect --all -n 5", "architect");
}

TEST_CASE("SLA-13: the SLA policy is shown with its sources, set and reset") {
  const Installation gw;
  gw.start();
  gw.ok("openclaw ansible sla policy show", "(config)");
  const std::string set = gw.ok(
      "openclaw ansible sla policy set --record-only false --max-messages 7"
      " --every 60 --fyi architect,node-e2e");
  CHECK(set.find("(coordination)") != std::string::npos);
  CHECK(set.find("no:") ==
        std::string::npos);  // it says nothing about what the reply does not tell
  const json::value shown = gw.document("openclaw ansible sla policy show");
  const json::value& policy = shown.at("sla").at("policy");
  CHECK(policy.at("maxMessagesPerSweep").at("value").as_int64() == 7);
  CHECK(policy.at("recordOnly").at("value").as_bool() == false);
  CHECK(policy.at("everySeconds").at("value").as_int64() == 60);
  CHECK(policy.at("fyiAgents").at("value").as_array().size() == 2);
  gw.ok("openclaw ansible sla policy reset record_only");
  gw.ok("openclaw ansible sla policy reset");
  const std::string again = gw.ok("openclaw ansible sla policy show");
  CHECK(again.find("(coordination)") == std::string::npos);
  gw.refused("openclaw ansible sla policy set --every 5", 1, "30");
  gw.refused("openclaw ansible sla policy set", 1, "nothing to change");
}

TEST_CASE("usage errors exit 2, an unreachable gateway 3, a wrong gateway token 4") {
  const Installation gw;
  for (const char* line :
       {"openclaw ansible taks", "openclaw nonsense", "openclaw ansible tasks claim",
        "openclaw ansible tasks update x", "openclaw ansible tasks claim x --eta-seconds soon",
        "openclaw ansible tasks claim x --no-such-flag",
        "openclaw ansible sla policy set --enabled maybe", "openclaw plugins install",
        "openclaw storage restore", "openclaw ansible send"}) {
    gw.refused(line, 2, "--help");
    CHECK(text_of(gw.document(line, 2), "code") == "usage");
  }
  CHECK(gw.shell("openclaw ansible taks").err.find("did you mean 'tasks'") != std::string::npos);
  for (const char* line :
       {"openclaw gateway status", "openclaw gateway health", "openclaw ansible status",
        "openclaw ansible sla sweep --dry-run --limit 100", "openclaw ansible tasks list",
        "openclaw ansible nodes", "openclaw plugins list", "openclaw gateway stop"}) {
    gw.refused(line, 3, "no gateway");
    CHECK(text_of(gw.document(line, 3), "code") == "unreachable");
  }
  gw.start();
  const auto with_other_config = [&](const std::string& words) {
    return "sed s/" + std::string(Installation::kToken) + "/other/ $OPENCLAW_CONFIG > " +
           gw.file("other.json") + " && openclaw --config " + gw.file("other.json") + " " + words;
  };
  gw.refused(with_other_config("ansible status"), 4, "credential");
  CHECK(text_of(gw.document(with_other_config("ansible tasks list"), 4), "code") == "unauthorized");
}

TEST_CASE("--json prints one JSON document and nothing else, on success and on refusal") {
  const Installation gw;
  gw.document("openclaw gateway start");
  gw.agent("worker");
  const std::string id = delegate(gw, "worker");
  for (const std::string& line : std::vector<std::string>{
           "openclaw gateway start",
           "openclaw gateway status",
           "openclaw gateway health",
           "openclaw config check",
           "openclaw config path",
           "openclaw ansible status",
           "openclaw ansible status --full",
           "openclaw ansible nodes",
           "openclaw ansible tasks",
           "openclaw ansible tasks list",
           "openclaw ansible tasks timeline " + id,
           "openclaw ansible tasks claim " + id + " --eta-seconds 9 --as worker",
           "openclaw ansible tasks update " + id + " --status in_progress --as worker",
           "openclaw ansible tasks complete " + id + " --result r --as worker",
           "openclaw ansible tasks-dump",
           "openclaw ansible agent list",
           "openclaw ansible agent register --id another",
           "openclaw ansible messages",
           "openclaw ansible send -m hello --to nobody-registered",
           "openclaw ansible sla policy show",
           "openclaw ansible sla sweep --dry-run",
           "openclaw ansible sla policy set --enabled t",
           "openclaw ansible sla policy reset",
           "openclaw plugins list",
           "openclaw plugins info ansible",
           "openclaw plugins history ansible",
           "openclaw plugins verify ansible " ANSIBLE_NEXT,
           "openclaw plugins install ansible " ANSIBLE_NEXT,
           "openclaw storage check",
           "openclaw storage backup " + gw.file("backup.db")}) {
    gw.document(line);
  }
  CHECK(text_of(gw.document("openclaw ansible status").at("status"), "myId") == "node-e2e");
  for (const std::string& line : std::vector<std::string>{
           "openclaw ansible tasks complete " + id + " --result other --as worker",
           "openclaw plugins swap ansible /nowhere.so", "openclaw plugins rollback ansible",
           "openclaw storage restore " + gw.file("backup.db"),
           "openclaw storage backup " + gw.file("backup.db")}) {
    const json::value reply = gw.document(line, 1);
    CHECK_FALSE(text_of(reply, "error").empty());
    CHECK_FALSE(text_of(reply, "code").empty());
  }
  gw.document("openclaw gateway restart");
  gw.document("openclaw gateway stop");
}
