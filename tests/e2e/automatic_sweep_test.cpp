// SLA-13, SLA-14: the gateway sweeps by itself, as configured.
#include <doctest/doctest.h>

#include <thread>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::Options;
using e2e::text_of;
namespace json = base::json;

TEST_CASE("SLA-13: a sweep from the configuration finds an overdue task without anybody asking") {
  Options options;
  options.plugin_config =
      R"("slaSweep":{"enabled":true,"everySeconds":30,"recordOnly":true,"maxMessagesPerSweep":3,
                     "fyiAgents":["architect"]})";
  const Installation gw(options);
  gw.start();
  gw.agent("worker");
  const json::object task =
      gw.invoke("ansible_delegate_task", {{"title", "Overdue"},
                                          {"description", "d"},
                                          {"assignedTo", "worker"},
                                          {"sla", {{"acceptSlaSeconds", 1}}}});
  REQUIRE(task.contains("taskId"));
  const auto sla = [&] { return gw.invoke("ansible_status", {}).at("sla").as_object(); };
  CHECK(sla().at("sweeps").as_bool());
  CHECK(sla().at("policy").at("everySeconds").at("value").as_int64() == 30);

  const auto breach_recorded = [&] {
    std::this_thread::sleep_for(test::milliseconds(100));  // asks ten times a second
    const json::value status(sla());
    const json::value* count = json::find(status.at("lastSweep"), "breachCount");
    return count != nullptr && count->as_int64() == 1;
  };
  REQUIRE(test::wait_until(breach_recorded, test::milliseconds(120'000)));
  const json::value last = json::value(sla()).at("lastSweep");
  CHECK(text_of(last, "reason") != "manual");
  CHECK(last.at("escalationsWritten").as_int64() == 0);  // recordOnly: no message to anybody
  CHECK(sla().at("heldBack").as_int64() == 0);
  const std::string dump = json::canonical(json::value(gw.invoke("ansible_dump_tasks", {})));
  CHECK_MESSAGE(dump.find("record_only") != std::string::npos, dump);
  gw.ok("openclaw ansible sla policy show", "breaches=1");
  gw.ok("openclaw ansible sla sweep --record-only --limit 100", "breaches=0");  // not found twice
}
