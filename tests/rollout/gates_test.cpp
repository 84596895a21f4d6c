// The gates of a rollout, on replies as gateways give them.
#include <doctest/doctest.h>

#include "rollout/contract.hpp"
#include "rollout/fields.hpp"
#include "rollout/lifecycle.hpp"
#include "rollout/rollouts.hpp"
#include "rollout/sla.hpp"
#include "rollout/trial.hpp"

using namespace gateway_app;
using Kind = StepEnd::Kind;

namespace {

json::value parsed(const std::string& text) {
  auto value = json::parse(text);
  REQUIRE_MESSAGE(value.ok(), text);
  return *std::move(value);
}

// What the contract demands, as the candidate would answer it.
std::vector<std::string> right_replies() {
  std::vector<std::string> replies;
  for (const ContractCase& one : contract_cases()) {
    json::object reply = fields::object(parsed(std::string(one.text)).get_object(), "expected");
    int n = 0;
    for (json::value& message : reply["messagesAfter"].as_array()) {
      message.as_object()["id"] = "id-" + std::to_string(++n);
      message.as_object()["content"] = "said in its own words";
    }
    replies.push_back(json::canonical(reply));
  }
  return replies;
}

gateway::HistoryEntry entry(std::int64_t at, const char* event, const char* detail = "") {
  gateway::HistoryEntry e;
  e.at_ms = at;
  e.event = event;
  e.release.sha256 = "bb";
  e.detail = detail;
  return e;
}

}  // namespace

TEST_CASE("a node that takes signed manifests only is known by its configuration") {
  CHECK_FALSE(signed_manifests_only("{}"));
  CHECK_FALSE(signed_manifests_only(R"({"manifestTrust":{"allowUnsignedLegacy":true}})"));
  CHECK(signed_manifests_only(R"({"manifestTrust":{"requireSigned":true}})"));
  CHECK(signed_manifests_only(R"({"manifestTrust":{"allowUnsignedLegacy":false}})"));
}

TEST_CASE("the contract's envelopes are compiled in, and the demanded responses satisfy them") {
  REQUIRE(contract_cases().size() >= 12);
  const auto replies = right_replies();
  const Check check = contract_check(contract_cases(), replies);
  CHECK_MESSAGE(check.passed(), check.detail);
  CHECK(check.value == static_cast<double>(contract_cases().size()));
}

TEST_CASE("one wrong response, a refusal or a missing one is a no-go that names the case") {
  for (const std::string& wrong :
       {std::string(R"({"success":false,"error":"no"})"), std::string("no json"),
        std::string(R"({"contractSchemaRef":"schema://ansible/rust-core/sla-sweep/1.0.0"})")}) {
    auto replies = right_replies();
    replies[3] = wrong;
    const Check check = contract_check(contract_cases(), replies);
    CHECK_FALSE(check.passed());
    CHECK(check.value == static_cast<double>(contract_cases().size() - 1));
    CHECK(check.detail.find(contract_cases()[3].name) == 0);
  }
  auto replies = right_replies();
  replies.pop_back();
  CHECK_FALSE(contract_check(contract_cases(), replies).passed());
}

TEST_CASE("messages may be worded and identified as one likes, but not be others") {
  const json::object expected{{"messagesAfter", json::array{json::object{{"to", "ann"}}}}};
  const auto got = [](const char* text) { return parsed(text).get_object(); };
  CHECK(contract_difference(expected,
                            got(R"({"messagesAfter":[{"id":"a","content":"x","to":"ann"}]})"))
            .empty());
  for (const char* other : {R"({"messagesAfter":[{"id":"a","content":"x","to":"bob"}]})",
                            R"({"messagesAfter":[]})", R"({"messagesAfter":[{"to":"ann"}]})",
                            R"({"messagesAfter":[{"id":"a","to":"ann"}],"more":1})"}) {
    CHECK_FALSE(contract_difference(expected, got(other)).empty());
  }
}

TEST_CASE("gates of a pipeline are counted, skipped ones too, and failures are told") {
  const json::array pipeline = parsed(R"([{"gate":"G3_OWNER_LIVENESS","status":"passed"},
                 {"gate":"G4_INSTALL_STAGE","status":"skipped"},
                 {"gate":"G5_WIRE_STAGE","status":"passed"},
                 {"gate":"G9_POSTCHECK","status":"failed","detail":"gone"}])")
                                   .get_array();
  CHECK(gates_passed(pipeline, "G4", "G9") == 2);
  CHECK(gates_failed(pipeline, "G4", "G9") == "G9_POSTCHECK failed gone");
  CHECK(gates_passed(pipeline, "U1", "U4") == 0);
}

TEST_CASE("the capability of a rollout is of low risk and has its checksum") {
  const auto manifest = rollout_manifest("2026-11-26T09:00:00Z");
  REQUIRE_MESSAGE(manifest.ok(), manifest.error().message);
  CHECK(fields::text(*manifest, "riskClass") == "low");
  CHECK(fields::text(*manifest, "ownerAgentId") == kRolloutOwner);
  CHECK(fields::text(fields::object(*manifest, "provenance"), "manifestChecksum").size() == 71);
}

TEST_CASE("the safe profile records only, and leaves those alone who are told") {
  const json::object told =
      parsed(R"({"fyiAgents":{"value":["ann"],"source":"config"}})").get_object();
  const json::object profile = safe_profile(told);
  CHECK(profile.at("record_only").as_bool());
  CHECK(profile.at("max_messages").as_int64() == 3);
  CHECK(profile.at("every_seconds").as_int64() == 300);
  CHECK_FALSE(profile.contains("fyi_agents"));
  CHECK(safe_profile({}).contains("fyi_agents"));
}

TEST_CASE("calm is what the policy in force says, not what was asked for") {
  const auto policy = [](const char* record_only, const char* messages) {
    return parsed(std::string(R"({"recordOnly":{"value":)") + record_only +
                  R"(},"maxMessagesPerSweep":{"value":)" + messages + "}}")
        .get_object();
  };
  CHECK(all_passed(check_calm(policy("true", "3"), 3)));
  CHECK_FALSE(all_passed(check_calm(policy("false", "3"), 3)));
  CHECK_FALSE(all_passed(check_calm(policy("true", "4"), 3)));
  CHECK_FALSE(all_passed(check_calm({}, 3)));
}

TEST_CASE("how a trial ended is read from the history of the slot") {
  struct Row {
    const char* event;
    Kind kind;
  };
  for (const Row& row :
       {Row{"marked_good", Kind::kPassed}, Row{"canary_failed", Kind::kFailed},
        Row{"quarantined", Kind::kFailed}, Row{"canary_inconclusive", Kind::kInconclusive},
        Row{"canary_aborted", Kind::kAborted}}) {
    CAPTURE(row.event);
    const auto end = end_by_history(
        {entry(90, "refused"), entry(80, row.event, "why"), entry(70, "canary_started")}, "bb", 60);
    REQUIRE(end);
    CHECK(end->kind == row.kind);
    if (row.kind != Kind::kPassed) CHECK(end->reason == "why");
  }
  CHECK_FALSE(end_by_history({entry(80, "canary_stage"), entry(70, "canary_started")}, "bb", 60));
  CHECK_FALSE(end_by_history({entry(50, "canary_failed")}, "bb", 60));  // of an earlier one
  CHECK_FALSE(end_by_history({entry(80, "canary_failed")}, "cc", 60));  // of another release
  CHECK_FALSE(end_by_history({entry(80, "canary_started"), entry(70, "canary_aborted")}, "bb", 60));
}

TEST_CASE("an escalation that ended a trial is its trigger") {
  auto failed = entry(80, "canary_failed", "it escalated");
  failed.figures = {{"p99_us", 1, 1, 5, false}, {"escalations", 2, 0, 0, true}};
  CHECK(end_by_history({failed}, "bb", 60)->trigger == "escalation");
  failed.figures[1].exceeded = false;
  CHECK(end_by_history({failed}, "bb", 60)->trigger.empty());
  gateway::CanaryStatus status;
  status.outcome = "rolled_back";
  status.verdict.rule = "escalations_over_budget";
  CHECK(end_of_canary(status).trigger == "escalation");
  status.verdict.rule = "p99_us";
  CHECK(end_of_canary(status).trigger.empty());
  CHECK(end_of_canary(status).kind == Kind::kFailed);
}

TEST_CASE("what the candidate did wrong in the lifecycle counts, also when nobody saw it") {
  gateway::CanaryStatus status;
  CHECK(all_passed(conduct_of(status)));
  for (std::uint64_t gateway::CanaryCounters::*fault :
       {&gateway::CanaryCounters::pipeline_failures, &gateway::CanaryCounters::violations,
        &gateway::CanaryCounters::escalations}) {
    status.candidate_counters = {};
    status.candidate_counters.*fault = 1;
    CHECK_FALSE(all_passed(conduct_of(status)));
  }
}

TEST_CASE("stages that were left are gates with the numbers they were judged by") {
  auto shadow = entry(80, "canary_stage", "shadow passed with 30 samples in 1 s");
  shadow.figures = {{"p99_us", 191, 119, 5178, false}, {"shadow_differences", 0, 0, 0, false}};
  const Checks checks =
      stages_by_history({shadow, entry(70, "canary_stage"), entry(60, "canary_started")}, "bb", 50);
  REQUIRE(checks.size() == 3);
  CHECK(check_text(checks[0]) == "shadow passed");
  CHECK(check_text(checks[1]) == "shadow p99 us 191 (at most 5178)");
  CHECK(check_text(checks[2]) == "shadow differences 0 (at most 0)");
}

TEST_CASE("what keeps a rollout from beginning, and what to do about it") {
  gateway::SlotStatus slot;
  std::vector<gateway::KnownRelease> kept(2);
  kept[0].release = {"1.0.0", "b", std::string(64, 'a')};
  kept[0].role = "active";
  kept[1].release = {"1.1.0", "b", std::string(64, 'b')};
  CHECK(why_not_startable(slot, kept, "1.1.0")->code == "no_plugin");
  slot.active = gateway::RoleInfo{kept[0].release, 1};
  CHECK_FALSE(why_not_startable(slot, kept, "1.1.0"));
  CHECK_FALSE(why_not_startable(slot, kept, "bbbbbb"));
  CHECK_FALSE(why_not_startable(slot, kept, "/a/file.so"));
  CHECK(why_not_startable(slot, kept, "bbbbb")->code == "not_found");
  CHECK(why_not_startable(slot, kept, "9.9.9")->code == "not_found");
  CHECK(why_not_startable(slot, kept, "1.0.0")->code == "already_active");
  kept[0].release.version = "1.1.0";
  CHECK(why_not_startable(slot, kept, "1.1.0")->code == "ambiguous");
  slot.trial = gateway::TrialInfo{};
  slot.trial->phase = gateway::Phase::kWatch;
  CHECK(why_not_startable(slot, kept, "bbbbbb")->code == "watch_running");
  slot.trial->phase = gateway::Phase::kSplit;
  CHECK(why_not_startable(slot, kept, "bbbbbb")->code == "canary_running");
}
