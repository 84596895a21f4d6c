// The watch window of a direct swap, marks and quarantine.
#include <doctest/doctest.h>

#include <chrono>

#include "base/json.hpp"
#include "gateway/clock.hpp"
#include "host/rig.hpp"

using namespace test;

namespace {

const std::string kSteady = variant("moody_1_0_0");
const std::string kMoody = variant("moody_1_1_0");
const std::string kOther = variant("moody_1_2_0");

// A gateway that serves the steady version, on a clock that stands still.
struct Trial : Rig {
  Trial() : Rig("moody") {
    options.clock = clock;
    open_with(kSteady);
  }

  gateway::Outcome act(const std::string& mood) {
    gateway::Request request;
    request.name = "act";
    request.args_json = "{\"mood\":\"" + mood + "\"}";
    request.caller_kind = GW_CALLER_OPERATOR;
    request.client = "test";
    return host->run(std::move(request));
  }
  void fail_three_times() {
    for (int i = 0; i < 3; ++i) CHECK(act("fail").kind == gateway::Outcome::Kind::kInternal);
  }
  bool watched() const { return host->status().trial.has_value(); }
  void end_window() {
    clock->advance(options.watch_window.count() + 1);
    REQUIRE(wait_until([&] { return !watched(); }));
  }
  const gateway::HistoryEntry* entry(const std::string& event) {
    history = host->history();
    for (const auto& e : history) {
      if (e.event == event) return &e;
    }
    return nullptr;
  }
  gateway::KnownRelease release(const std::string& version) const {
    for (const auto& r : host->releases()) {
      if (r.release.version == version) return r;
    }
    return {};
  }

  std::shared_ptr<gateway::ManualClock> clock =
      std::make_shared<gateway::ManualClock>(1'700'000'000'000);
  std::vector<gateway::HistoryEntry> history;
};

}  // namespace

TEST_CASE("the first release counts as good: there is nothing to compare it with") {
  Trial rig;
  CHECK_FALSE(rig.watched());
  CHECK(rig.release("1.0.0").good_ms != 0);
}

TEST_CASE("a new release is watched for its window, and then marked good") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  const auto status = rig.host->status();
  REQUIRE(status.trial.has_value());
  CHECK(status.trial->phase == gateway::Phase::kWatch);
  CHECK(status.trial->until_ms == rig.clock->now_ms() + 300'000);
  CHECK(status.active->release.version == "1.1.0");
  CHECK(status.parked->release.version == "1.0.0");
  CHECK_FALSE(status.candidate.has_value());  // it serves
  CHECK(status.state == "active");
  CHECK(rig.release("1.1.0").good_ms == 0);
  CHECK(contains(read_text(rig.root() + "/state.json"), "\"phase\": \"watch\""));

  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
  rig.end_window();
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.release("1.1.0").good_ms != 0);
  const auto* good = rig.entry("marked_good");
  REQUIRE(good != nullptr);
  CHECK(good->verdict == "pass");
  CHECK(good->by == "gateway");
  CHECK_FALSE(good->figures.empty());
  CHECK(rig.host->status().parked->release.version == "1.0.0");
}

TEST_CASE("a release that fails in its window goes back by itself and is quarantined") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  rig.fail_three_times();
  REQUIRE(rig.becomes_active("1.0.0"));
  const auto status = rig.host->status();
  CHECK(status.state == "degraded");
  CHECK(contains(status.reason, "version 1.1.0"));
  CHECK(contains(status.reason, "was rolled back: 3 of "));
  CHECK_FALSE(status.trial.has_value());
  CHECK_FALSE(status.parked.has_value());

  const auto* back = rig.entry("rolled_back");
  REQUIRE(back != nullptr);
  CHECK(back->release.version == "1.0.0");
  CHECK(back->by == "gateway");
  CHECK(back->phase == "watch");
  CHECK(back->verdict == "fail");
  REQUIRE_FALSE(back->figures.empty());
  CHECK(back->figures[0].name == "internal_rate");
  CHECK(back->figures[0].exceeded);
  REQUIRE(back->evidence.size() == 1);
  const auto evidence = base::json::parse(read_text(back->evidence[0]));
  REQUIRE(evidence.ok());
  REQUIRE(evidence->at("calls").get_array().size() == 3);
  CHECK(evidence->at("calls").at(0).at("name") == "act");
  CHECK(evidence->at("calls").at(0).at("message") == "asked to fail");
  const auto* quarantined = rig.entry("quarantined");
  REQUIRE(quarantined != nullptr);
  CHECK(quarantined->release.version == "1.1.0");

  // Never again, whatever asks for it.
  const std::string digest = quarantined->release.sha256;
  for (const std::string& what : {kMoody, std::string("1.1.0"), digest.substr(0, 8)}) {
    const auto refused = rig.host->swap(what);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == "quarantined");
    CHECK(contains(refused.error().message, "calls ended in an internal error"));
  }
  CHECK(rig.host->install(kMoody).error().code == "quarantined");
  CHECK(rig.host->rollback().error().code == "nothing_to_roll_back_to");
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.host->swap("1.1.0").error().code == "quarantined");

  // Until the operator lifts it: then it is watched as any other.
  REQUIRE(rig.host->lift_quarantine("1.1.0").ok());
  REQUIRE(rig.host->swap("1.1.0").ok());
  CHECK(rig.watched());
  CHECK(rig.state() == "active");
}

TEST_CASE(
    "on a full disk too a release that fails goes back; it is written down once there is space") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  // A directory where the temporary file would be made: fails for every user, root included.
  fs::create_directory(rig.root() + "/state.json.tmp");
  rig.fail_three_times();
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK(rig.release("1.1.0").quarantine.has_value());
  CHECK(wait_until([&] { return contains(rig.host->status().reason, "state.json"); }));
  const auto on_trial = [&] {
    return !contains(read_text(rig.root() + "/state.json"), "\"candidate\": null");
  };
  CHECK(on_trial());
  fs::remove(rig.root() + "/state.json.tmp");
  CHECK(wait_until([&] { return !on_trial(); }));
  CHECK(wait_until([&] { return !contains(rig.host->status().reason, "state.json"); }));
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.host->swap("1.1.0").error().code == "quarantined");
}

TEST_CASE("on a full disk the operator can go back all the same") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  fs::create_directory(rig.root() + "/state.json.tmp");
  CHECK(rig.host->swap(kOther).error().code == "io_error");
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.active() == "1.0.0");
  CHECK(contains(rig.host->status().reason, "state.json"));
  fs::remove(rig.root() + "/state.json.tmp");
  rig.reopen();  // a shutdown writes what is owed
  CHECK(rig.active() == "1.0.0");
}

TEST_CASE("a way back that cannot be gone is tried again") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  REQUIRE(rig.host->reconfigure("{\"other\":1}").ok());  // nothing is parked any more
  const std::string loaded = rig.root() + "/loaded";
  fs::rename(loaded, loaded + ".away");
  write_text(loaded, "no directory: nothing can be loaded");
  rig.fail_three_times();
  CHECK(wait_until([&] { return contains(rig.host->status().reason, "rollback refused"); }));
  CHECK(rig.active() == "1.1.0");
  fs::remove(loaded);
  fs::rename(loaded + ".away", loaded);
  rig.clock->advance(60'000);
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK(rig.release("1.1.0").quarantine.has_value());
  CHECK_FALSE(rig.watched());
  const auto all = rig.events();
  CHECK(std::count(all.begin(), all.end(), "refused") == 1);
}

TEST_CASE("a release that returns after the deadlines of its callers goes back by itself") {
  Trial rig;
  rig.options.clock = nullptr;  // the system's: the plugin looks at it
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  CHECK(wait_until([&] {
    gateway::Request request;
    request.name = "act";
    request.args_json = "{\"mood\":\"late\"}";
    request.timeout = std::chrono::milliseconds(20);
    rig.host->run(std::move(request));
    return rig.active() == "1.0.0";
  }));
  REQUIRE(rig.becomes_active("1.0.0"));
  const auto* back = rig.entry("rolled_back");
  REQUIRE(back != nullptr);
  CHECK(contains(back->detail, "returned after their deadline"));
}

TEST_CASE("the release that goes back was put there by the file: it does not ask again") {
  Trial rig;
  rename_over(kMoody, rig.library());
  REQUIRE(rig.becomes_active("1.1.0"));
  rig.fail_three_times();
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK(rig.state() == "degraded");
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "was rolled back"));
  // Another file is another question.
  rename_over(kOther, rig.library());
  REQUIRE(rig.becomes_active("1.2.0"));
  CHECK(rig.state() == "active");
}

TEST_CASE("an operator's rollback quarantines nothing, and leads forward again") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.active() == "1.0.0");
  CHECK_FALSE(rig.watched());
  CHECK_FALSE(rig.release("1.1.0").quarantine.has_value());
  CHECK(rig.entry("rolled_back")->by == "operator");
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.watched());  // it was never marked good
}

TEST_CASE("the failures of an earlier try are not counted again") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  for (int i = 0; i < 2; ++i) rig.act("fail");
  REQUIRE(rig.host->rollback().ok());
  REQUIRE(rig.host->swap("1.1.0").ok());
  rig.act("fail");
  rig.end_window();
  CHECK(rig.active() == "1.1.0");
}

TEST_CASE("a third release fails while the second is not good yet: back to the last good one") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  REQUIRE(rig.host->swap(kOther).ok());
  CHECK(rig.host->status().parked->release.version == "1.1.0");
  rig.fail_three_times();
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK(rig.act("well").kind == gateway::Outcome::Kind::kReply);
}

TEST_CASE("a restart goes on with the watch, from its beginning") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  const auto since = rig.host->status().active->since_ms;
  rig.clock->advance(200'000);
  rig.reopen();
  CHECK(rig.active() == "1.1.0");
  CHECK(rig.host->status().active->since_ms == since);
  REQUIRE(rig.watched());
  CHECK(rig.host->status().trial->until_ms == rig.clock->now_ms() + 300'000);
  rig.fail_three_times();
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK(rig.release("1.1.0").quarantine.has_value());
}

TEST_CASE("a watched release whose bytes are lost is followed by the stable one at the boot") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  const std::string digest = rig.host->status().active->release.sha256;
  rig.host.reset();
  fs::remove_all(rig.root() + "/releases/" + digest);
  rig.open();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "degraded");
  CHECK(contains(rig.host->status().reason, "which was being watched, cannot be loaded"));
  CHECK_FALSE(rig.watched());
  CHECK_FALSE(rig.release("1.1.0").quarantine.has_value());
}

TEST_CASE("a release marked good activates at once, by the file too, and needs no new proof") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  rig.end_window();
  rig.options.prover = "/nonexistent/gateway-prover";
  rig.reopen();
  rename_over(kSteady, rig.library());  // the old file is put back
  REQUIRE(rig.becomes_active("1.0.0"));
  CHECK_FALSE(rig.watched());
  rename_over(kMoody, rig.library());
  REQUIRE(rig.becomes_active("1.1.0"));
  CHECK_FALSE(rig.watched());
}

TEST_CASE("without a window a release is good as soon as it serves") {
  Trial rig;
  rig.options.watch_window = std::chrono::milliseconds(0);
  rig.reopen();
  REQUIRE(rig.host->swap(kMoody).ok());
  CHECK_FALSE(rig.watched());
  CHECK(rig.release("1.1.0").good_ms != 0);
}

TEST_CASE("the operator quarantines a release, or a digest that nobody has seen yet") {
  Trial rig;
  const auto installed = rig.host->install(kMoody);
  REQUIRE(installed.ok());
  const std::string digest = installed->release.sha256;
  CHECK(rig.host->quarantine("1.0.0", "bad").error().code == "release_in_use");
  CHECK(rig.host->quarantine("7.7.7", "bad").error().code == "not_found");
  CHECK(rig.host->lift_quarantine("1.1.0").error().code == "not_quarantined");
  const auto set = rig.host->quarantine(digest.substr(0, 8), "found a bug in review");
  REQUIRE(set.ok());
  CHECK(set->quarantine->by == "operator");
  CHECK(set->release.version == "1.1.0");
  const auto refused = rig.host->swap("1.1.0");
  CHECK(refused.error().code == "quarantined");
  CHECK(contains(refused.error().message, "found a bug in review"));

  const std::string unseen(64, 'e');
  REQUIRE(rig.host->quarantine(unseen, "announced as bad").ok());
  CHECK(rig.host->marks().size() == 3);
  REQUIRE(rig.host->lift_quarantine(unseen.substr(0, 10)).ok());
  REQUIRE(rig.host->lift_quarantine("1.1.0").ok());
  CHECK(rig.host->swap("1.1.0").ok());
}

TEST_CASE("the parked release is quarantined: a rollback does not go there") {
  Trial rig;
  REQUIRE(rig.host->swap(kMoody).ok());
  rig.end_window();
  REQUIRE(rig.host->swap(kOther).ok());
  rig.end_window();
  REQUIRE(rig.host->quarantine("1.1.0", "bad").ok());
  CHECK_FALSE(rig.host->status().parked.has_value());
  const auto back = rig.host->rollback();
  REQUIRE(back.ok());
  CHECK(back->active.release.version == "1.0.0");  // the last good one that is left
}
