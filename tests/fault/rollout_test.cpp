// The deployment runbook as a program, through the real daemon and the command line: it brings a release up, goes back by
// itself, and says no.
#include "fault/rollout_rig.hpp"

using namespace test;
using Rig = RolloutRig;

TEST_CASE(
    "the runbook's story: a good version passes every phase, a bad one is stopped in phase 1") {
  Rig rig;
  rig.work();
  const RunResult good = rig.rollout(quick(PLUGIN_NEXT, {"--wait", "--json"}));
  CAPTURE(good.out);
  CAPTURE(good.err);
  REQUIRE(good.status == 0);
  const auto done = parse_json(good.out);
  CHECK(text_at(done, "outcome") == "promoted");
  for (const char* phase : {"preflight", "canary", "lifecycle", "expand", "done"}) {
    CHECK_MESSAGE(state_of(done, phase) == "passed", phase);
  }
  for (const auto& phase : done.at("phases").as_array()) {
    for (const auto& check : phase.at("checks").as_array()) {
      CHECK_MESSAGE(check.at("passed").as_bool(), json::canonical(check));
    }
  }
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  CHECK(text_at(slot_row(rig.gateway), "state") == "active");
  CHECK(rig.records_only());
  CHECK(text_at(done, "enableCommand").find("--record-only false") != std::string::npos);
  rig.check_nothing_left();

  const RunResult report = rig.rollout({"report"});
  CHECK(report.status == 0);
  CHECK(report.out.find("state: **promoted**") != std::string::npos);
  CHECK(report.out.find("| contract_vectors | 12 | at least 12 | go |") != std::string::npos);
  const std::string files = rig.gateway.state_dir() + "/rollouts/" + text_at(done, "id");
  CHECK(read_file(files + "/report.md") + "\n" == report.out);
  CHECK(parse_json(read_file(files + "/report.json")) ==
        parse_json(rig.rollout({"report", "--format", "json"}).out));

  const RunResult bad = rig.rollout(quick(patched("extra_write"), {"--wait", "--json"}));
  CAPTURE(bad.out);
  CAPTURE(bad.err);
  CHECK(bad.status == 1);
  const auto stopped = parse_json(bad.out);
  CHECK(text_at(stopped, "outcome") == "rolled_back");
  CHECK(state_of(stopped, "canary") == "failed");
  CHECK(state_of(stopped, "lifecycle") == "skipped");
  CHECK(state_of(stopped, "rollback") == "passed");
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  CHECK(rig.records_only());
  const RunResult again = rig.rollout(quick(patched("extra_write"), {"--wait"}));
  CHECK(again.status == 1);
  CHECK(again.err.find("quarantined") != std::string::npos);
  rig.check_clients();
}

TEST_CASE("without traffic a rollout is inconclusive: exit status 5, nothing is quarantined") {
  Rig rig;
  const RunResult end =
      rig.rollout({"start", "--to", PLUGIN_NEXT, "--stage-timeout", "2", "--wait"});
  CAPTURE(end.out);
  CHECK(end.status == 5);
  CHECK_MESSAGE(end.err.find("inconclusive") != std::string::npos, end.err);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.records_only());
  CHECK_FALSE(rig.current().at("quarantine").as_bool());
  CHECK(rig.rollout({"start", "--to", PLUGIN_NEXT_VERSION}).status == 0);  // it may be tried again
}

TEST_CASE("an escalating version is stopped, and no message at all may be written then") {
  Rig rig;
  rig.work();
  const RunResult end = rig.rollout(quick(patched("escalates"), {"--wait", "--json"}));
  CAPTURE(end.out);
  CHECK(end.status == 1);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.records_only());
  if (text_at(parse_json(end.out), "trigger") == "escalation") {
    CHECK(rig.sla("maxMessagesPerSweep") == json::value(0));
  }
  rig.check_clients();
}

TEST_CASE("a version that fails publishes is stopped in phase 2, quarantined, and leaves nothing") {
  Rig rig;
  rig.look_around();
  const RunResult end = rig.rollout(quick(patched("refuses_publish"), {"--wait", "--json"}));
  CAPTURE(end.out);
  CHECK(end.status == 1);
  const auto stopped = parse_json(end.out);
  CHECK(text_at(stopped, "outcome") == "rolled_back");
  CHECK(state_of(stopped, "canary") == "passed");
  CHECK(state_of(stopped, "lifecycle") == "failed");
  CHECK(state_of(stopped, "rollback") == "passed");
  CHECK(text_at(stopped, "reason").find("candidate pipeline failures") != std::string::npos);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.records_only());
  rig.check_nothing_left();
  const auto marks = parse_json(rig.openclaw({"plugins", "quarantine", "--json"}).out);
  REQUIRE(marks.at("quarantine").as_array().size() == 1);
  const auto& why = marks.at("quarantine").as_array()[0].at("quarantine");
  CHECK(text_at(why, "reason").find("candidate pipeline failures") != std::string::npos);
}

TEST_CASE("stopped and started again, a gateway goes on with its rollout") {
  Rig rig;
  REQUIRE(rig.rollout(quick(PLUGIN_NEXT, {"--min-samples", "5"})).status == 0);
  rig.wait_for_step("canary");
  REQUIRE(rig.rollout({"pause"}).status == 0);
  rig.gateway.process().signal(SIGTERM);
  REQUIRE(rig.gateway.process().wait().value_or(-1) == 0);
  rig.gateway.start();
  CHECK(text_at(rig.current(), "state") == "paused");
  CHECK(rig.rollout({"resume"}).status == 0);
  rig.look_around();
  CHECK(text_at(rig.ended(), "outcome") == "promoted");
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
}

TEST_CASE("where there is no rollout, status says so and orders are refused") {
  Rig rig;
  const RunResult status = rig.rollout({"status"});
  CHECK(status.status == 0);
  CHECK(status.out == "No rollout was ever started here.\n");
  CHECK(rig.rollout({"status", "--json"}).out == "{\n  \"rollout\": null\n}\n");
  for (const char* order : {"pause", "resume", "promote", "abort", "rollback", "report"}) {
    const RunResult refused = rig.rollout({order});
    CHECK(refused.status == 1);
    CHECK_MESSAGE(refused.err.find("no rollout was ever started") != std::string::npos,
                  refused.err);
  }
  const RunResult unknown = rig.rollout({"start", "--to", "7.7.7"});
  CHECK(unknown.status == 1);
  CHECK(unknown.err.find("no kept release has the version \"7.7.7\"") != std::string::npos);
  CHECK(rig.current().is_null());
}

TEST_CASE("a file that is no plugin is refused in the preflight, and nothing was touched") {
  Rig rig;
  write_file(rig.dir / "bad.so", "no library at all");
  const auto before = rig.gateway.invoke("ansible_status").details.at("sla").at("policy");
  const RunResult end = rig.rollout({"start", "--to", rig.dir / "bad.so", "--wait"});
  CHECK(end.status == 1);
  CHECK_MESSAGE(end.err.find("refused") != std::string::npos, end.err);
  CHECK(text_at(rig.current(), "outcome") == "refused");
  CHECK(rig.gateway.invoke("ansible_status").details.at("sla").at("policy") == before);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
}

TEST_CASE(
    "a version that sweeps by other rules is refused in the preflight: it breaks the contract") {
  Rig rig;
  const RunResult end =
      rig.rollout({"start", "--to", patched("wrong_contract"), "--wait", "--json"});
  CHECK(end.status == 1);
  const auto refused = parse_json(end.out);
  CHECK(text_at(refused, "outcome") == "refused");
  CHECK(state_of(refused, "preflight") == "failed");
  CHECK_MESSAGE(text_at(refused, "reason").find("contract vectors") == 0,
                text_at(refused, "reason"));
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
}

TEST_CASE("somebody has the name of a rollout's agent: refused in the preflight, nothing touched") {
  Rig rig;
  rig.gateway.invoke("ansible_register_agent", R"({"agent_id":"rollout-other","type":"internal"})");
  const RunResult end = rig.rollout({"start", "--to", PLUGIN_NEXT, "--wait", "--json"});
  CHECK(end.status == 1);
  const auto refused = parse_json(end.out);
  CHECK(text_at(refused, "outcome") == "refused");
  CHECK(text_at(refused, "reason").find("agent purge --id rollout-other") != std::string::npos);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK_FALSE(refused.at("quarantine").as_bool());
}

TEST_CASE("where manifests must be signed the lifecycle leaves the capability out, and says so") {
  Rig rig(R"("manifestTrust":{"requireSigned":true})");
  rig.work();
  const RunResult end = rig.rollout(quick(PLUGIN_NEXT, {"--wait", "--json"}));
  CAPTURE(end.out);
  REQUIRE(end.status == 0);
  CHECK(text_at(parse_json(end.out), "outcome") == "promoted");
  CHECK(rig.rollout({"report"}).out.find("publish_left_out") != std::string::npos);
  rig.check_nothing_left();
  rig.check_clients();
}

TEST_CASE("one rollout at a time; it is paused, resumed, promoted by the operator and taken back") {
  Rig rig;
  REQUIRE(
      rig.rollout({"start", "--to", PLUGIN_NEXT, "--min-samples", "5", "--soak", "600"}).status ==
      0);
  rig.wait_for_step("canary");
  const RunResult second = rig.rollout({"start", "--to", PLUGIN_NEXT});
  CHECK(second.status == 1);
  CHECK(second.err.find("one at a time") != std::string::npos);
  CHECK(rig.rollout({"pause"}).status == 0);
  CHECK(text_at(rig.current(), "state") == "paused");
  CHECK(rig.rollout({"resume"}).status == 0);
  CHECK(rig.rollout({"promote"}).status == 0);
  rig.wait_for_step("soak");
  CHECK(serving(rig.gateway) == PLUGIN_NEXT_VERSION);
  CHECK(rig.rollout({"rollback"}).status == 1);  // it is still going on
  CHECK(rig.rollout({"promote"}).status == 0);
  CHECK(text_at(rig.ended(), "outcome") == "promoted");
  const auto history = parse_json(rig.openclaw({"plugins", "history", "--json"}).out);
  for (const char* event : {"promoted", "marked_good"}) {
    const auto& entries = history.at("entries").as_array();
    CHECK(std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
      return text_at(entry, "event") == event && text_at(entry, "by") == "operator";
    }));
  }
  CHECK(rig.rollout({"abort"}).status == 1);  // it is over
  CHECK(rig.rollout({"rollback"}).status == 0);
  CHECK(text_at(rig.ended(), "outcome") == "rolled_back");
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.records_only());
  CHECK(rig.rollout({"rollback"}).status == 1);
}

TEST_CASE("plugins rollback while it is a canary ends it, and the report says by whom") {
  Rig rig;
  REQUIRE(rig.rollout({"start", "--to", PLUGIN_NEXT, "--stage-seconds", "600"}).status == 0);
  rig.wait_for_step("canary");
  REQUIRE(wait_until([&] { return json::find(slot_row(rig.gateway), "canary") != nullptr; }));
  const RunResult back = rig.openclaw({"plugins", "rollback", "ansible"});
  CHECK_MESSAGE(back.status == 0, back.err);
  CHECK_MESSAGE(
      back.out.find("ended the canary of version " PLUGIN_NEXT_VERSION) != std::string::npos,
      back.out);
  const auto end = rig.ended();
  CHECK(text_at(end, "outcome") == "aborted");
  CHECK_MESSAGE(text_at(end, "reason").find("a rollback ended the trial") != std::string::npos,
                text_at(end, "reason"));
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
}

TEST_CASE("a rollout is taken back also while another version is a canary") {
  Rig rig;
  rig.work();
  REQUIRE(rig.rollout(quick(PLUGIN_NEXT, {"--wait"})).status == 0);
  REQUIRE(rig.openclaw({"plugins", "canary", "ansible", patched("other_reply"), "--stage-seconds",
                        "600", "--from-stage", "split"})
              .status == 0);
  CHECK(rig.rollout({"rollback"}).status == 0);
  CHECK(text_at(rig.ended(), "outcome") == "rolled_back");
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(slot_row(rig.gateway).at("candidate").is_null());
  const auto history = parse_json(rig.openclaw({"plugins", "history", "--json"}).out);
  const auto& entries = history.at("entries").as_array();
  CHECK(std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return text_at(entry, "event") == "rolled_back" && text_at(entry, "version") == PLUGIN_VERSION;
  }));
}

TEST_CASE("an operator ends it in the soak: the release before serves, nothing is quarantined") {
  Rig rig;
  rig.look_around();
  REQUIRE(rig.rollout(quick(PLUGIN_NEXT, {"--soak", "600"})).status == 0);
  rig.wait_for_step("soak");
  CHECK(rig.rollout({"abort"}).status == 0);
  const auto end = rig.ended();
  CHECK(text_at(end, "outcome") == "aborted");
  CHECK_FALSE(end.at("quarantine").as_bool());
  CHECK(state_of(end, "rollback") == "passed");
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  rig.check_nothing_left();
}

TEST_CASE("at the end notifications are turned on where that was asked for") {
  Rig rig;
  rig.look_around();
  const RunResult end = rig.rollout(quick(PLUGIN_NEXT, {"--enable-notifications", "7", "--wait"}));
  CHECK_MESSAGE(end.status == 0, end.err);
  CHECK_FALSE(rig.records_only());
  CHECK(rig.sla("maxMessagesPerSweep") == json::value(7));
}
