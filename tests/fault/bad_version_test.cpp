// Every bad version, made from the real plugin by a small patch: caught in the shadow, and again with the shadow and
// with the split skipped; back by itself, with the evidence; the clients notice what is said here and nothing else.
#include "fault/canary_rig.hpp"

using namespace test;

namespace {

namespace json = base::json;

struct Bad {
  const char* name;
  const char*
      rule;      // of the judge, that it breaks wherever it runs; nullptr: only comparing shows it
  bool finding;  // a call can be shown, not only a figure
  bool capabilities;  // seen in publications
};
constexpr Bad kBad[] = {
    {"other_reply", nullptr, true, false},
    {"extra_write", nullptr, true, false},
    {"throws", "internal_error_rate", true, false},
    {"slow", "p99_us", false, false},
    {"escalates", "escalations", true, false},
    {"fails_publish", "pipeline_failures", true, true},
    {"reopens", "invariant_violations", true, false},
};

// The figure of a rule among those that were beyond their threshold.
const json::value* broken(const json::value& rows, const char* name_of, const char* broken_of,
                          const std::string& rule) {
  for (const json::value& row : rows.as_array()) {
    if (text_at(row, name_of) == rule && row.at(broken_of).as_bool()) return &row;
  }
  return nullptr;
}

// What the command, the evidence and the history say about the end of a canary agrees, with numbers.
void check_decision(const CanaryRig& rig, const json::value& canary, const std::string& stage,
                    const Bad& bad) {
  CHECK(text_at(canary, "outcome") == "rolled_back");
  CHECK(text_at(canary, "stage") == stage);
  const auto& verdict = canary.at("verdict");
  CHECK(text_at(verdict, "judgement") == "fail");
  const std::string rule = text_at(verdict, "rule");
  const bool compared = stage == "shadow" && rule == "shadow_differences";
  CHECK((compared || (bad.rule != nullptr && rule == bad.rule)));
  const json::value* figure = broken(verdict.at("measures"), "rule", "broken", rule);
  REQUIRE(figure != nullptr);
  CHECK(figure->at("value").to_number<double>() > figure->at("threshold").to_number<double>());

  const std::string evidence = text_at(canary, "evidence");
  const auto files = names_in(evidence);
  CAPTURE(evidence);
  CHECK(std::find(files.begin(), files.end(), "decision.json") != files.end());
  if (bad.finding || compared) CHECK(files.size() > 1);
  CHECK(text_at(parse_json(read_file(evidence + "/decision.json")), "outcome") == "rolled_back");

  const auto failed = rig.history("canary_failed");
  REQUIRE(failed.size() == 1);
  CHECK(text_at(failed.front(), "phase") == stage);
  CHECK(text_at(failed.front(), "verdict") == "fail");
  CHECK(text_at(failed.front(), "detail") == text_at(verdict, "reason"));
  CHECK(broken(failed.front().at("figures"), "name", "exceeded", rule) != nullptr);
  // A call that was under way may add a finding behind the decision.
  const auto& kept = failed.front().at("evidence").as_array();
  CHECK(std::any_of(kept.begin(), kept.end(), [&](const json::value& file) {
    return file.as_string() == evidence + "/decision.json";
  }));
  for (const auto& file : kept) CHECK(std::filesystem::exists(file.as_string().c_str()));
  CHECK(rig.history("rolled_back").size() == (stage == "soak" ? 1 : 0));  // else it never served
}

}  // namespace

TEST_CASE("a bad version is caught in the shadow, in the split, and in the soak") {
  for (const Bad& bad : kBad) {
    for (const std::string stage : {"shadow", "split", "soak"}) {
      if (bad.rule == nullptr && stage != "shadow") continue;
      CAPTURE(std::string(bad.name));
      CAPTURE(stage);
      CanaryRig rig;
      rig.capabilities = bad.capabilities;
      rig.work();
      const RunResult end = rig.canary(patched(bad.name), stage);
      CAPTURE(end.out);
      CAPTURE(end.err);
      CHECK(end.status == 1);
      check_decision(rig, parse_json(end.out), stage, bad);
      CHECK(serving(rig.gateway) == PLUGIN_VERSION);
      rig.check_clients();
      // And never again by itself.
      const RunResult again = rig.plugins({"canary", "ansible", patched(bad.name)});
      CHECK(again.status == 1);
      CHECK(again.err.find("quarantined") != std::string::npos);
    }
  }
}

TEST_CASE(
    "a version that only answers otherwise, or writes a record that no rule names, is stopped by "
    "the shadow alone: who skips it has it promoted") {
  for (const std::string name : {"other_reply", "extra_write"}) {
    CAPTURE(name);
    CanaryRig rig;
    rig.work();
    const RunResult end = rig.canary(patched(name), "split");
    CAPTURE(end.out);
    CAPTURE(end.err);
    CHECK(end.status == 0);
    CHECK(text_at(parse_json(end.out), "outcome") == "promoted");
    rig.check_clients();
  }
}

TEST_CASE("a version that crashes after some calls costs the shadow a process, not the gateway") {
  CanaryRig rig;
  rig.work();
  const RunResult end = rig.canary(patched("crashes"), "shadow");
  CAPTURE(end.out);
  CHECK(end.status == 1);
  const auto canary = parse_json(end.out);
  CHECK(text_at(canary, "stage") == "shadow");
  CHECK(canary.at("counters").at("candidate").at("differences").at("crash").as_int64() >= 1);
  const auto files = names_in(text_at(canary, "evidence"));
  CHECK(std::any_of(files.begin(), files.end(), [](const std::string& name) {
    return name.find("crash") != std::string::npos;
  }));
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  rig.check_clients();
}

TEST_CASE(
    "with the shadow skipped it takes the gateway with it; the second death ends the trial, and "
    "the version before boots") {
  for (const std::string stage : {"split", "soak"}) {
    CAPTURE(stage);
    CanaryRig rig;
    rig.rough = true;
    const std::string told = rig.dir / "told";
    Process canary({rig.plugins_line(CanaryRig::canary_words(patched("crashes"), stage)),
                    {},
                    told,
                    rig.dir / "said"});
    REQUIRE(wait_until([&] { return json::find(slot_row(rig.gateway), "canary") != nullptr; }));
    // Answered behind the command above, which so knows what it waits for before the first call.
    CHECK(rig.gateway.host("plugins/history", R"({"id":"ansible"})").first == 200);
    rig.work();
    for (int death = 1; death <= 2; ++death) {
      CAPTURE(death);
      REQUIRE(rig.gateway.process().wait().value_or(-1) == 128 + SIGABRT);
      rig.gateway.start();
    }
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
    CHECK(slot_row(rig.gateway).at("candidate").is_null());
    CHECK(rig.gateway.log().find("gateway: fatal SIGABRT in release 9.9.") != std::string::npos);

    CHECK(canary.wait().value_or(-1) == 1);  // it waited across both restarts
    const auto end = parse_json(read_file(told));
    CHECK(text_at(end, "outcome") == "rolled_back");
    CHECK(text_at(end, "stage") == stage);
    const auto& verdict = end.at("verdict");
    CHECK(text_at(verdict, "rule") == "deaths");
    CHECK(text_at(verdict, "reason").find("died 2 times inside it") != std::string::npos);
    const json::value* deaths = broken(verdict.at("measures"), "rule", "broken", "deaths");
    REQUIRE(deaths != nullptr);
    CHECK(deaths->at("value").to_number<double>() == 2);
    CHECK(deaths->at("threshold").to_number<double>() == 1);
    CHECK(names_in(text_at(end, "evidence")).size() >= 2);  // the death, and the decision

    CHECK(rig.history("crashed").size() == 2);
    const auto back = rig.history("rolled_back");
    REQUIRE(back.size() == 1);
    CHECK(text_at(back.front(), "phase") == stage);
    CHECK(broken(back.front().at("figures"), "name", "exceeded", "deaths") != nullptr);
    CHECK(back.front().at("evidence").as_array().size() >= 2);
    CHECK(rig.plugins({"canary", "ansible", patched("crashes")}).err.find("quarantined") !=
          std::string::npos);
    rig.check_clients();
  }
}

TEST_CASE(
    "a version that hangs in a sweep is given up and left behind; all other calls are answered") {
  for (const std::string stage : {"shadow", "split", "soak"}) {
    CAPTURE(stage);
    CanaryRig rig(R"("hookLimitMs":1000)");
    rig.rough = true;  // who asks for the very sweep that hangs is told that it was given up
    rig.work();
    const RunResult end = rig.canary(patched("hangs"), stage);
    CAPTURE(end.out);
    CAPTURE(end.err);
    CHECK(end.status == 1);
    const auto canary = parse_json(end.out);
    CHECK(text_at(canary, "outcome") == "rolled_back");
    // A split may be over before its share of the sweeps comes to the candidate.
    const std::string caught_in = text_at(canary, "stage");
    CHECK((caught_in == stage || (stage == "split" && caught_in == "soak")));
    const auto& verdict = canary.at("verdict");
    CHECK(text_at(verdict, "judgement") == "fail");
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
    rig.check_clients();
    if (stage == "shadow") {
      CHECK(canary.at("counters").at("candidate").at("differences").at("slow").as_int64() >= 1);
      continue;
    }
    CHECK(text_at(verdict, "rule") == "hung_calls");
    CHECK(text_at(verdict, "reason").find("hung and was given up") != std::string::npos);
    CHECK(broken(verdict.at("measures"), "rule", "broken", "hung_calls") != nullptr);
    CHECK_FALSE(rig.history("hung").empty());
    // Its code still waits in a thread: it is never unloaded while the process lives.
    const std::string digest = text_at(canary.at("candidate"), "sha256").substr(0, 16);
    const auto images = mapped_images(rig.gateway.process().pid());
    CHECK(std::any_of(images.begin(), images.end(), [&](const std::string& image) {
      return image.find(digest) != std::string::npos;
    }));
    CHECK(text_at(slot_row(rig.gateway), "reason").find("a restart of the gateway frees") !=
          std::string::npos);
    CHECK(rig.plugins({"canary", "ansible", patched("hangs")}).err.find("quarantined") !=
          std::string::npos);
    rig.gateway.process().kill_now();
    rig.gateway.start();
    CHECK(serving(rig.gateway) == PLUGIN_VERSION);
    CHECK(text_at(slot_row(rig.gateway), "state") == "active");
  }
}

TEST_CASE("a sweep that the gateway runs by itself and that hangs ends the trial, too") {
  CanaryRig rig(R"("hookLimitMs":1000)");
  const RunResult end =
      rig.plugins({"canary", "ansible", patched("hangs"), "--from-stage", "soak", "--soak", "120",
                   "--stage-timeout", "120", "--wait", "--json"});
  CAPTURE(end.out);
  CHECK(end.status == 1);
  CHECK(text_at(parse_json(end.out).at("verdict"), "rule") == "hung_calls");
  CHECK(text_at(rig.history("hung").at(0), "detail").starts_with("sweep:"));
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.quarantined("9.9.9-patched"));
}

TEST_CASE("a version that writes a newer data format is refused at every stage, and as a swap") {
  CanaryRig rig;
  const std::string file = patched("newer_format");
  for (const std::string stage : {"shadow", "split", "soak"}) {
    CAPTURE(stage);
    const RunResult refused = rig.canary(file, stage);
    CHECK(refused.status == 1);
    const auto told = parse_json(refused.out);
    CHECK(text_at(told, "code") == "one_way");
    CHECK(text_at(told, "error").find("upgrade one way, with a backup first") != std::string::npos);
    CHECK(text_at(told, "error").find("keeps serving") != std::string::npos);
    CHECK(slot_row(rig.gateway).at("candidate").is_null());
  }
  const RunResult swap = rig.plugins({"swap", "ansible", file});
  CHECK(swap.status == 1);
  CHECK(swap.err.find("one way") != std::string::npos);
  CHECK(serving(rig.gateway) == PLUGIN_VERSION);
  CHECK(rig.history("refused").size() == 4);
  CHECK_FALSE(rig.quarantined("9.9.10-patched"));  // nothing is wrong with it
}
