// The command line as existing scripts use it: piped into other programs, split on blanks and colons.
#include <doctest/doctest.h>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

std::string publish(const std::string& version) {
  return "openclaw ansible capability publish --id cap.script --name Script -v " + version +
         " --owner architect --delegation-skill-name ask --delegation-skill-version 1.0.0"
         " --executor-skill-name do --executor-skill-version 1.0.0 --contract schema://x/1";
}

// The line that begins with the label, without it, one part per line.
std::string parts(const std::string& command, const std::string& label) {
  return command + " | sed -n 's/^ *" + label + "//p' | tr ' ' '\\n'";
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

TEST_CASE("scripts: status --json is piped to a JSON parser") {
  const Installation gw;
  gw.start();
  gw.agent("ann", "external");
  gw.ok("openclaw ansible send -m hello -t architect --from ann");
  const auto piped = gw.shell("openclaw ansible status --json | cat");
  CHECK(piped.status == 0);
  const auto parsed = json::parse(piped.out);
  REQUIRE(parsed.ok());
  for (const char* part : {"status", "coordination", "lockSweep", "agents", "unreadPreview"}) {
    CHECK_MESSAGE(parsed->as_object().contains(part), part);
  }
  const json::object& agents = parsed->at("agents").as_object();
  CHECK(agents.at("total").as_int64() ==
        static_cast<std::int64_t>(agents.at("agents").as_array().size()));
  for (const json::value& agent : agents.at("agents").as_array()) {
    for (const char* member : {"id", "type", "gateway"}) {
      CHECK_MESSAGE(agent.as_object().contains(member), json::canonical(agent));
    }
  }
  CHECK(parsed->at("unreadPreview").as_object().contains("messages"));
  CHECK(parsed->at("unreadPreview").at("total").is_int64());
  CHECK(parsed->at("status").at("pendingTasks").is_array());
  CHECK(parsed->at("status").at("unreadMessages").is_int64());
}

TEST_CASE("scripts: the pipelines are split on blanks and colons") {
  const Installation gw;
  gw.start();
  const std::string gates = gw.ok(parts(publish("1.0.0"), "publishPipeline="));
  CHECK(gates ==
        "G4_INSTALL_STAGE:passed\nG5_WIRE_STAGE:passed\nG6_SMOKE_TEST:passed\nG7_ROLLOUT:passed\n"
        "G8_INDEX_ACTIVATE:passed\nG9_POSTCHECK:passed\n");
  CHECK(gw.ok(parts(publish("1.0.0"), "publishPipeline=") + " | cut -d: -f2 | head -n 2") ==
        "skipped\nskipped\n");
  CHECK(gw.ok(publish("1.0.0"), "G4_INSTALL_STAGE:skipped G5_WIRE_STAGE:skipped")
            .find("Capability published") != std::string::npos);
  CHECK(gw.ok(parts("openclaw ansible capability unpublish --id cap.script", "unpublishPipeline=") +
              " | cut -d: -f1") == "U1_DISABLE_ROUTING\nU2_UNWIRE\nU3_ARCHIVE\nU4_EMIT\n");
}

TEST_CASE("scripts: the list of active capabilities is read by columns; v1, v2, v1 is v1 again") {
  const Installation gw;
  gw.start();
  const auto active = [&] {
    return gw.ok("openclaw ansible capability list --status active | grep '^cap.script  '");
  };
  const auto fingerprint = [&] {
    const std::string out =
        gw.ok("openclaw ansible capability evidence --id cap.script --format json | cat");
    const auto parsed = json::parse(out);
    REQUIRE(parsed.ok());
    return text_of(*parsed, "lifecycleFingerprint");
  };
  gw.ok(publish("1.0.0"));
  CHECK(active() == "cap.script  [active]  v1.0.0\n");
  const std::string first = fingerprint();
  CHECK(first.starts_with("sha256:"));
  gw.ok(publish("2.0.0"));
  CHECK(active() == "cap.script  [active]  v2.0.0\n");
  CHECK(fingerprint() != first);
  gw.ok(publish("1.0.0"));
  CHECK(fingerprint() == first);
  CHECK(trimmed(gw.ok("openclaw ansible capability list --status active"
                      " | awk -F'  ' '$2 == \"[active]\" {print $1 \" \" $3}'")) ==
        "cap.script v1.0.0");
}

TEST_CASE("scripts: admin list, agent list, admin seed --dry-run, admin distribution") {
  const Installation gw;
  gw.start();
  gw.ok("openclaw ansible admin list", "No explicit gateway admin");
  gw.ok("openclaw ansible agent list", "Registered Agents");
  CHECK(gw.ok("openclaw ansible agent list | grep -c architect") != "0\n");
  gw.ok("openclaw ansible admin seed --dry-run", "architect");
  gw.ok("openclaw ansible admin list", "No explicit gateway admin");  // nothing was written
  gw.ok("openclaw ansible admin seed");
  gw.ok("openclaw ansible admin list", "Gateway Admins");
  gw.ok("openclaw ansible admin distribution --external-mode strict", "strict");
  CHECK(text_of(gw.document("openclaw ansible status").at("coordination"),
                "distributionExternalMode") == "strict");
  gw.ok("openclaw ansible sla sweep --record-only", "scanned=");
  gw.ok("openclaw ansible sla sweep --record-only", "breaches=");
}
