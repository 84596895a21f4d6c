// Coordination from outside: status and its parts, retention, policy, context, dumps, the audit log, lock sweep, import.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::Options;
using e2e::text_of;
namespace json = base::json;

namespace {

std::vector<std::string> members(const json::value& object) {
  std::vector<std::string> names;
  for (const auto& member : object.as_object()) names.emplace_back(member.key());
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

void write(const std::string& file, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  std::ofstream(file) << text;
}

void age(const std::string& file, std::int64_t seconds) {
  const timespec at{time(nullptr) - seconds, 0};
  const timespec times[] = {at, at};
  REQUIRE(utimensat(AT_FDCWD, file.c_str(), times, 0) == 0);
}

// What the existing plugin's dump-state prints, with one record of each kind.
std::string old_dump() {
  return R"({
  "generatedAt": 1790000000000, "myId": "old-node",
  "plugin": {"config": {"tier": "backbone"}, "authMode": "mixed"},
  "counts": {"nodes": 1},
  "maps": {
    "nodes": {"old-node": {"name": "old-node", "tier": "backbone", "capabilities": [], "addedBy": "old-node", "addedAt": 1}},
    "agents": {"ann": {"gateway": null, "type": "external", "registeredAt": 1790000000000, "registeredBy": "old-node",
                       "auth": {"tokenHash": "sha256:d413b854c012b332253292463ac30fe38e204964d836bae2d3d0c9702d529183",
                                "issuedAt": 1790000000000}},
               "odd id": {"gateway": null, "type": "external", "registeredAt": 1, "registeredBy": "old-node"}},
    "pendingInvites": {"0123": {"tier": "edge", "expiresAt": 1}},
    "tasks": {"0f0f0f0f-0000-4000-8000-000000000001": {
      "id": "0f0f0f0f-0000-4000-8000-000000000001", "title": "Old task", "description": "d", "status": "pending",
      "createdBy_agent": "old-node", "createdAt": 1790000000000, "assignedTo_agent": "ann",
      "metadata": {"ansible": {"responseRequired": true, "routingMode": "explicit",
                               "ack": {"state": "pending", "required": true, "requireEta": true}}}},
      "bad": {"id": "bad", "title": "x", "status": "resting", "createdAt": 1}},
    "messages": {"m1": {"id": "m1", "from_agent": "old-node", "to_agents": ["ann"], "content": "hello",
                        "timestamp": 1790000000000, "readBy_agents": ["old-node"]}},
    "context": {"ann": {"currentFocus": "the parser", "activeThreads": [], "recentDecisions": []}},
    "pulse": {"old-node": {"lastSeen": 1, "status": "online"}},
    "coordination": {"backpressureMaxConcurrent": 4, "coordinator": "old-node"}
  }})";
}

}  // namespace

TEST_CASE("status --json has the parts that scripts read, in the reference's shapes") {
  const Installation gw;
  gw.start();
  gw.agent("ann");
  gw.ok("openclaw ansible send -m hello -t ann");
  const json::value all = gw.document("openclaw ansible status --full");
  CHECK(members(all) == Names{"agents", "coordination", "lockSweep", "status", "unreadPreview"});
  const json::value node = all.at("status").at("nodes").at(0);
  for (const char* name : {"id", "status", "lastSeen", "skills", "ageSeconds", "reachable"}) {
    CHECK_MESSAGE(node.as_object().contains(name), name);
  }
  for (const char* name : {"myId", "effectiveAdminAgentId", "distributionExternalMode",
                           "gatewayAdmins", "myPreference"}) {
    CHECK_MESSAGE(all.at("coordination").as_object().contains(name), name);
  }
  CHECK(members(all.at("lockSweep")) == Names{"config", "enabled", "lastStatus", "totals"});
  CHECK(members(all.at("lockSweep").at("config")) == Names{"everySeconds", "staleSeconds"});
  CHECK(all.at("agents").at("total").as_int64() == 3);
  CHECK(all.at("unreadPreview").as_object().contains("messages"));
  CHECK(all.at("unreadPreview").as_object().contains("total"));
  const std::string text =
      gw.ok("openclaw ansible status --full", "retention: closed tasks 7 days");
  CHECK(text.find("Lock sweep: on, every 60 s") != std::string::npos);
  gw.ok("openclaw ansible nodes", "reachable");
}

TEST_CASE("COO-3: the gateway removes stale session locks and says so") {
  const Installation gw;
  const std::string agents = gw.file(".openclaw/agents");
  const std::string stale = agents + "/main/sessions/a.jsonl.lock";
  const std::string young = agents + "/main/sessions/b.jsonl.lock";
  write(stale, R"({"pid": 999999999})");
  write(young, R"({"pid": 999999999})");
  age(stale, 600);
  gw.start();
  const auto last = [&] { return gw.invoke("ansible_lock_sweep_status", {}).at("lastStatus"); };
  REQUIRE(test::wait_until([&] { return last().is_object(); }));
  CHECK(last().at("rootDir").as_string() == agents);
  CHECK(last().at("found").as_int64() == 2);
  CHECK(last().at("removed").as_int64() == 1);
  CHECK_FALSE(std::filesystem::exists(stale));
  CHECK(std::filesystem::exists(young));
  const json::object refused =
      gw.invoke("ansible_report_lock_sweep",
                {{"lastStatus", last()},
                 {"totals", gw.invoke("ansible_lock_sweep_status", {}).at("totals")}});
  CHECK(text_of(json::value(refused), "code") == "not_authorized");
}

TEST_CASE("retention, delegation, coordination, context and skills by the command line") {
  const Installation gw;
  gw.start();
  gw.agent("ann");
  gw.ok("openclaw ansible retention set --closed-days 30 --every-hours 12", "30 day(s)");
  gw.refused("openclaw ansible retention set --closed-days 91", 1, "closedTaskRetentionDays");
  gw.ok("openclaw ansible delegation show", "none is published");
  write(gw.file("policy.md"), "# Rules\n");
  gw.ok("openclaw ansible delegation set --file " + gw.file("policy.md") + " --version 1",
        "sha256:a3af2177809b3c009bfec4d1c507c6ee32757385e856bce9ae5ac3aec41a791b");
  gw.refused("openclaw ansible delegation set --file " + gw.file("none.md") + " --version 2", 2,
             "none.md");
  gw.refused("openclaw ansible delegation set --file " + gw.file("policy.md") +
                 " --version 2 --checksum sha256:0",
             1, "checksum");
  gw.ok("openclaw ansible delegation ack --as ann", "'ann' follows delegation policy '1'");
  gw.ok("openclaw ansible delegation show", "ann");
  gw.refused("openclaw ansible delegation ack --as ann --version 0", 1, "not the current one");
  gw.ok("openclaw ansible coordination prefer --coordinator node-x --every 60", "noted");
  gw.ok("openclaw ansible coordination show", "node-x, every 60 s");
  gw.ok("openclaw ansible context update --as architect --focus 'the release' --thread t",
        "architect");
  gw.ok("openclaw ansible context show --as architect", "you: the release");
  gw.refused("openclaw ansible context update", 1, "at least one");
  gw.ok("openclaw ansible skills advertise deploy,review --as ann", "deploy, review");
  gw.ok("openclaw ansible skills request --skill deploy --to ann --spec 'Deploys.'",
        "waiting for ann");
  const json::value tasks = gw.document("openclaw ansible tasks list");
  CHECK(text_of(tasks.at("matches").at(0), "title") == "Set up skill: deploy");
}

TEST_CASE(
    "dumps come whole: one JSON document, to a file that others cannot read, or on one line") {
  const Installation gw;
  gw.start();
  gw.agent("ann");
  const json::object args{{"title", "t"}, {"description", "d"}, {"assignedTo", "ann"}};
  for (int i = 0; i < 3; ++i) gw.invoke("ansible_delegate_task", args);
  const json::value state = gw.document("openclaw ansible dump-state");
  CHECK(state.at("maps").at("tasks").as_object().size() == 3);
  CHECK(state.at("counts").at("tasks").as_int64() == 3);
  CHECK_FALSE(state.as_object().contains("nextCursor"));
  CHECK(json::canonical(state).find("tokenHash") == std::string::npos);
  const std::string file = gw.file("dump.json");
  gw.ok("openclaw ansible tasks-dump --compact --out " + file, "Wrote");
  struct stat info {};
  REQUIRE(stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  const auto tasks = json::parse(line);
  REQUIRE(tasks.ok());
  CHECK(tasks->at("items").as_array().size() == 3);
  CHECK(tasks->at("returned").as_int64() == 3);
  CHECK(gw.document("openclaw ansible tasks-dump -n 2").at("items").as_array().size() == 2);
  gw.refused("openclaw ansible dump-state --as ann", 4, "admin");
}

TEST_CASE("audit --since --task --agent --json") {
  const Installation gw;
  gw.start();
  gw.agent("ann");
  const json::object task = gw.invoke(
      "ansible_delegate_task", {{"title", "t"}, {"description", "d"}, {"assignedTo", "ann"}});
  const std::string id = text_of(json::value(task), "taskId");
  gw.ok("openclaw ansible tasks claim " + id + " --as ann --eta-seconds 60");
  gw.ok("openclaw ansible audit", "claimed");
  const auto count = [&](const std::string& flags) {
    return gw.document("openclaw ansible audit " + flags).at("returned").as_int64();
  };
  CHECK(count("") == 2);
  CHECK(count("--since 1h --task " + id.substr(0, 8)) == 2);
  CHECK(count("--agent ann") == 1);
  CHECK(count("--agent nobody") == 0);
  CHECK(count("--since 2100-01-01T00:00:00Z") == 0);
  CHECK(count("-n 1") == 1);
  gw.refused("openclaw ansible audit --since yesterday", 1, "since");
  gw.refused("openclaw ansible audit --as ann", 4, "admin");
}

TEST_CASE("import brings over what the existing plugin's dump-state prints, once") {
  // The dump's message is old: it stays unread for longer than usual.
  const Installation gw({.plugin_config = R"("maxUnreadDays":3650)"});
  gw.start();
  const std::string file = gw.file("state.json");
  write(file, old_dump());
  const auto store = [&] {
    json::value state = gw.document("openclaw ansible dump-state");
    state.as_object().erase("generatedAt");
    state.at("maps").as_object().erase("pulse");
    return json::canonical(state);
  };
  const std::string before = store();
  gw.ok("openclaw ansible import --dry-run --dump " + file, "nothing was changed");
  CHECK(store() == before);
  const json::value report = gw.document("openclaw ansible import --dump " + file);
  CHECK(report.at("sections").at("agents").at("imported").as_int64() == 2);
  CHECK(report.at("sections").at("tasks").at("imported").as_int64() == 1);
  CHECK(report.at("sections").at("messages").at("imported").as_int64() == 1);
  const std::string said = json::canonical(report);
  for (const char* text :
       {"'resting'", "odd id", "coordinator", "capabilities: no dump has them"}) {
    CHECK_MESSAGE(said.find(text) != std::string::npos, text);
  }
  const std::string after = store();
  CHECK(after != before);
  const std::string text = gw.ok("openclaw ansible import --dump " + file, "Not brought over:");
  CHECK(text.find("imported=0  unchanged=2") != std::string::npos);
  CHECK(store() == after);
  // Ann's token works as before, and her task goes on.
  const std::string token = "at_" + std::string(48, '0');
  gw.ok("openclaw ansible tasks claim 0f0f0f0f --eta-seconds 60 --token " + token, "claimed task");
  gw.ok("openclaw ansible messages --token " + token, "hello");
}

TEST_CASE("T-17: what leaves the audit log is in a file of its day, for the owner alone") {
  const Installation gw;
  gw.start();
  const json::object task{{"title", "t"},
                          {"description", "d"},
                          {"status", "completed"},
                          {"createdBy_agent", "ann"},
                          {"createdAt", 1'700'000'000'000},  // 2023-11-14
                          {"completedAt", 1'700'000'000'000}};
  const json::object imported = gw.invoke(
      "ansible_import", {{"section", "tasks"}, {"items", {{{"key", "old"}, {"value", task}}}}});
  REQUIRE(imported.at("imported").as_int64() == 1);
  gw.ok("openclaw gateway restart", "gateway is up");  // sweeps run soon after a start
  const std::string file = gw.state_dir() + "/audit/2023-11-14.jsonl";
  REQUIRE(
      test::wait_until([&] { return std::filesystem::exists(file); }, test::milliseconds(30'000)));
  struct stat info {};
  REQUIRE(stat(file.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  const auto whole = [&] {
    std::ifstream in(file);
    std::string line;
    return std::getline(in, line) && json::parse(line).ok();
  };
  CHECK(test::wait_until(whole));
  CHECK(gw.document("openclaw ansible audit --task old").at("returned").as_int64() == 0);
}

TEST_CASE(
    "import takes a long tasks-dump in several requests, and half a character as it may be cut") {
  const Installation gw;
  gw.start();
  std::string items;
  for (int i = 0; i < 700; ++i) {
    const std::string id = "t" + std::to_string(i);
    items += (i == 0 ? "" : ",") + std::string("{\"key\":\"") + id + "\",\"id\":\"" + id +
             "\",\"value\":{\"id\":\"" + id +
             "\",\"title\":\"cut \\ud83d\",\"status\":\"pending\",\"createdAt\":1790000000000,"
             "\"description\":\"\\ud83d\\ude00 " +
             std::string(1'000, 'x') + "\",\"createdBy_agent\":\"old\"}}";
  }
  const std::string file = gw.file("tasks.json");
  write(file, R"({"myId":"old","total":700,"returned":700,"items":[)" + items + "]}");
  const json::value report = gw.document("openclaw ansible import --dump " + file);
  CHECK(report.at("sections").at("tasks").at("imported").as_int64() == 700);
  CHECK(json::canonical(report.at("notes")).find("700 halves") != std::string::npos);
  const json::value again = gw.document("openclaw ansible import --dump " + file);
  CHECK(again.at("sections").at("tasks").at("unchanged").as_int64() == 700);
  const json::value found = gw.document("openclaw ansible tasks list --title cut -n 1");
  CHECK(text_of(found.at("matches").at(0), "title") == "cut \xEF\xBF\xBD");
}

TEST_CASE("import says what is wrong with a file that is no dump") {
  const Installation gw;
  gw.start();
  write(gw.file("a.json"), "{\"maps\": ");
  write(gw.file("b.json"), "{\"hello\": 1}");
  gw.refused("openclaw ansible import --dump " + gw.file("a.json"), 1, "not valid JSON");
  gw.refused("openclaw ansible import --dump " + gw.file("b.json"), 1, "no dump");
  gw.refused("openclaw ansible import --dump " + gw.file("none.json"), 2, "none.json");
}
