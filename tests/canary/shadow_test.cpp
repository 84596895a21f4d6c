#include "canary/shadow.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <string>
#include <thread>

#include "canary/canary_referee.hpp"
#include "canary/rig.hpp"

using namespace gateway;
using namespace test;

namespace {

std::uint64_t differences(const Scores& scores, Difference kind) {
  return scores.candidate.differences[static_cast<std::size_t>(kind)];
}

}  // namespace

TEST_CASE("A good candidate in the shadow gives the same answers and leaves no trace") {
  CanaryRig rig("good");
  rig.shadow();
  rig.drive(25);
  REQUIRE(rig.answered(100));
  const Scores scores = rig.file->scores.read();
  for (const std::uint64_t n : scores.candidate.differences) CHECK(n == 0);
  CHECK(scores.candidate.internal_errors == 0);
  CHECK(scores.candidate.violations == 0);
  CHECK(all_of(scores.candidate.latency).count() == scores.candidate.calls);
  CHECK(rig.file->evidence.files().empty());
  CHECK(rig.stored("task/t1") != "");
}

TEST_CASE("A shadow outlives the thread that has begun it") {
  CanaryRig rig("good");
  std::thread([&] { rig.shadow(); }).join();
  rig.drive(5);
  REQUIRE(rig.answered(20));
  const Scores scores = rig.file->scores.read();
  CHECK(scores.candidate.differences == std::array<std::uint64_t, kDifferences>{});
  CHECK(scores.restarts == 0);
}

TEST_CASE("A sweep is shadowed like a call") {
  CanaryRig rig("good");
  rig.shadow();
  rig.sweep();
  REQUIRE(rig.answered(1));
  CHECK(differences(rig.file->scores.read(), Difference::kWrites) == 0);
}

TEST_CASE("A different reply is found, with both sides as evidence that only the owner reads") {
  CanaryRig rig("other_reply");
  rig.shadow();
  rig.drive(10);
  REQUIRE(rig.answered(40));
  const Scores scores = rig.file->scores.read();
  CHECK(differences(scores, Difference::kReply) == 10);
  CHECK(differences(scores, Difference::kWrites) == 0);
  REQUIRE(!rig.file->evidence.files().empty());
  const std::string file = rig.file->evidence.files().front();
  const auto evidence = base::json::parse(read_text(file));
  REQUIRE(evidence.ok());
  CHECK(evidence->at("active").at("reply").at("status") == "in_progress");
  CHECK(evidence->at("candidate").at("reply").at("status") == "working");
  CHECK(evidence->at("differsAt").at("reply").at(0) == "/reply/status");
  namespace fs = std::filesystem;
  CHECK((fs::status(file).permissions() & fs::perms::all) ==
        (fs::perms::owner_read | fs::perms::owner_write));
  CHECK(rig.file->evidence.files().size() <= 10);
}

TEST_CASE("The evidence quotes arguments, but no token") {
  CanaryRig rig("other_reply");
  rig.shadow();
  Request request;
  request.name = "work";
  request.args_json = R"({"agent_token":"at_0123456789abcdef","id":"t1"})";
  REQUIRE(rig.executor->run(std::move(request)).status == GW_OK);
  REQUIRE(rig.call("work", "t1").status == GW_OK);
  REQUIRE(rig.call("work", "t1").status == GW_OK);
  REQUIRE(rig.answered(3));
  REQUIRE(wait_until([&] { return !rig.file->evidence.files().empty(); }));
  std::string quoted;
  for (const std::string& file : rig.file->evidence.files()) quoted += read_text(file);
  CHECK(contains(quoted, "\"arguments\":{"));
  CHECK(contains(quoted, "\"id\":\"t1\""));
  CHECK(!contains(quoted, "at_0123456789abcdef"));
}

TEST_CASE("An allowed difference is none") {
  CanaryRig rig("other_reply");
  rig.shadow({{"work", "/reply/status"}});
  rig.drive(10);
  REQUIRE(rig.answered(40));
  CHECK(differences(rig.file->scores.read(), Difference::kReply) == 0);
}

TEST_CASE("One extra write is found") {
  CanaryRig rig("extra_write");
  rig.shadow();
  rig.drive(3);
  REQUIRE(rig.answered(12));
  CHECK(differences(rig.file->scores.read(), Difference::kWrites) == 12);
}

TEST_CASE("A crash costs a process of its own, is counted, and the next one goes on") {
  CanaryRig rig("crashes");
  rig.shadow();
  rig.drive(5);
  REQUIRE(
      wait_until([&] { return differences(rig.file->scores.read(), Difference::kCrash) >= 1; }));
  REQUIRE(wait_until([&] {
    rig.drive(1);
    return rig.file->scores.read().restarts >= 1;
  }));
  CHECK(rig.executed > 0);
  const auto evidence = base::json::parse(read_text(rig.file->evidence.files().front()));
  CHECK(contains(std::string(evidence->at("candidate").as_string()), "SIG"));
}

TEST_CASE(
    "Escalations, pipeline failures and forbidden transitions are seen in the shadow's writes") {
  {
    CanaryRig rig("escalates");
    rig.shadow();
    rig.drive(2);
    REQUIRE(rig.answered(8));
    CHECK(rig.file->scores.read().candidate.escalations == 8);
  }
  {
    CanaryRig rig("fails_pipelines");
    rig.shadow();
    rig.call("publish", "p");
    REQUIRE(rig.answered(1));
    CHECK(rig.file->scores.read().candidate.pipeline_failures == 1);
  }
  {
    CanaryRig rig("reopens");
    rig.shadow();
    rig.drive(1);
    rig.call("reopen", "t1");
    REQUIRE(rig.answered(5));
    CHECK(rig.file->scores.read().candidate.violations == 1);
  }
}

TEST_CASE("A full queue drops samples and keeps nobody waiting") {
  CanaryRig rig("slow");  // at least 12 ms each: 1000 calls would take it 12 s
  rig.shadow();
  rig.drive(250);
  CHECK(rig.executed == 1000);
  CHECK(rig.file->scores.read().shed > 0);
}
