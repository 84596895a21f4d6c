// Task contracts and the upkeep of capabilities, as an operator types it (reference 8).
#include <doctest/doctest.h>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

TEST_CASE(
    "reference 8: admin distribution, cleanup-distribution, drain-distribution, backpressure") {
  const Installation gw;
  gw.start();
  gw.agent("ext", "external");
  const std::string policy =
      gw.ok("openclaw ansible admin distribution --external-mode strict", "external mode: strict");
  CHECK(policy.find("previous: all") != std::string::npos);
  gw.refused("openclaw ansible admin distribution --external-mode some", 1, "all|strict");
  gw.refused("openclaw ansible admin distribution", 2, "--external-mode");
  gw.ok("openclaw ansible agent distribution-opt --id ext --enable", "has opted in");
  gw.ok("openclaw ansible agent distribution-opt --id ext --disable", "has opted out");
  gw.refused("openclaw ansible agent distribution-opt --id ghost --enable", 1, "not registered");
  gw.ok("openclaw ansible admin cleanup-distribution --dry-run --limit 10",
        "scanned=0, findings=0, updated=0");
  gw.ok("openclaw ansible admin drain-distribution --reason 'spring cleaning'",
        "distribution_drain:spring_cleaning");
  gw.ok("openclaw ansible admin backpressure --max-queue-depth 7", "max queue depth: 7 (was 40)");
  gw.refused("openclaw ansible admin drain-distribution --as ext", 4, "needs an admin");
}

TEST_CASE("reference 8: capability health prints rates and times, and JSON on request") {
  const Installation gw;
  gw.start();
  gw.ok("openclaw ansible capability health", "Capability health, 24 h (0)");
  const json::value reply = gw.document("openclaw ansible capability health --since-hours 48");
  CHECK(reply.at("sinceHours").as_int64() == 48);
  CHECK(reply.at("totalCapabilities").as_int64() == 0);
  gw.refused("openclaw ansible capability health --id cap.none", 1, "was never published");
}

TEST_CASE("T-11: delegating by a requirement that nobody offers has no route") {
  const Installation gw;
  gw.start();
  gw.refused("openclaw ansible tasks delegate --title t --description d --requires cap.none", 1,
             "no agent offers cap.none");
  gw.refused("openclaw ansible tasks delegate --title t --description d --skill sing", 1,
             "no agent offers sing");
}

TEST_CASE("T-12: approving needs a task that waits for it") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  const std::string id =
      text_of(gw.document("openclaw ansible tasks delegate --title t --description d --to worker"),
              "taskId");
  gw.refused("openclaw ansible tasks approve " + id + " --artifact ticket-1", 1,
             "needs no approval");
  gw.refused("openclaw ansible tasks approve " + id + " --reject --as worker", 1,
             "needs no approval");
}
