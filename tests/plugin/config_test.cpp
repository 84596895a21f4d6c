#include "config/config.hpp"

#include <doctest/doctest.h>

#include "core/fields.hpp"

using ansible::ConfigReport;
using ansible::read_config;
namespace json = base::json;

namespace {

ConfigReport report_of(std::string_view text) {
  ConfigReport report;
  read_config(ansible::parse_document("config", text), report);
  return report;
}

}  // namespace

TEST_CASE("The runbook's configuration is accepted without a word") {
  ConfigReport report;
  const auto config = read_config(
      ansible::parse_document("config", R"({"tier":"backbone","nodeIdOverride":"vps-jane",
        "adminAgentId":"architect","injectContextAgents":["architect"],
        "slaSweep":{"enabled":true,"everySeconds":300,"recordOnly":true,
                    "maxMessagesPerSweep":3,"fyiAgents":["architect"]}})"),
      report);
  CHECK(report.errors.empty());
  CHECK(report.warnings.empty());
  CHECK(config.sla.every_seconds == 300);
  CHECK(config.admin_agent_id == "architect");
  CHECK(config.auth_mode == ansible::AuthMode::kMixed);
}

TEST_CASE("Every key of the existing plugin is known") {
  const auto report = report_of(R"({"tier":"edge","nodeIdOverride":"n","listenPort":1235,
    "listenHost":"127.0.0.1","backbonePeers":["ws://a"],"capabilities":["admin"],
    "injectContext":true,"injectContextAgents":[],"dispatchIncoming":true,
    "dispatchHeartbeatSeconds":20,"sendReceiptAgents":[],
    "lockSweep":{"enabled":true,"everySeconds":60,"staleSeconds":300},
    "slaSweep":{},"authMode":"mixed","adminAgentId":"admin",
    "authGate":{"enabled":false,"nodeIdParam":"nodeId","inviteParam":"invite",
      "ticketParam":"ticket","requireTicketForUnknown":false,"authPort":1236,
      "exchangePath":"/ansible/auth/exchange","ticketTtlSeconds":60,"requireNodeProof":false,
      "rateLimitMax":30,"rateLimitWindowSeconds":60},
    "manifestTrust":{"trustedPublisherKeys":{"a":"-----BEGIN PUBLIC KEY-----\n"},
      "allowUnsignedLegacy":true}})");
  CHECK(json::canonical(report.to_json()) == R"({"errors":[],"warnings":[]})");
}

TEST_CASE("Who relies on the WebSocket gate of the existing plugin is told that there is none") {
  const auto warnings = [](const char* config) {
    const ConfigReport report = report_of(config);
    CHECK(report.errors.empty());
    return report.warnings.size();
  };
  CHECK(warnings(R"({"tier":"edge","authGate":{"requireTicketForUnknown":true}})") == 1);
  CHECK(warnings(R"({"tier":"edge","authGate":{"requireTicketForUnknown":false}})") == 0);
  CHECK(warnings(R"({"tier":"edge","authGate":{"nodeIdParam":"n","ticketParam":"t"}})") == 0);
}

TEST_CASE("What is wrong is reported with its place, all of it, and nothing is clamped") {
  struct Row {
    const char* config;
    const char* path;
  };
  const Row rows[] = {
      {"{}", "/tier"},
      {R"({"tier":"middle"})", "/tier"},
      {R"({"tier":"edge","slaSweep":{"everySeconds":29}})", "/slaSweep/everySeconds"},
      {R"({"tier":"edge","slaSweep":{"everySeconds":604801}})", "/slaSweep/everySeconds"},
      {R"({"tier":"edge","slaSweep":{"recordOnly":"yes"}})", "/slaSweep/recordOnly"},
      {R"({"tier":"edge","slaSweep":{"maxMessagesPerSweep":-1}})", "/slaSweep/maxMessagesPerSweep"},
      {R"({"tier":"edge","slaSweep":7})", "/slaSweep"},
      {R"({"tier":"edge","injectContextAgents":["ok",7]})", "/injectContextAgents/1"},
      {R"({"tier":"edge","injectContextAgents":["../x"]})", "/injectContextAgents/0"},
      {R"({"tier":"edge","adminAgentId":"a/b"})", "/adminAgentId"},
      {R"({"tier":"edge","authMode":"open"})", "/authMode"},
      {R"({"tier":"edge","listenPort":70000})", "/listenPort"},
      {R"({"tier":"edge","capabilitySoakSeconds":0})", "/capabilitySoakSeconds"},
      {R"({"tier":"edge","manifestTrust":{"requireSigned":"yes"}})",
       "/manifestTrust/requireSigned"},
      {R"({"tier":"edge","manifestTrust":{"trustedPublisherKeys":{"a":"AAAA"}}})",
       "/manifestTrust/trustedPublisherKeys/a"},
      {R"({"tier":"edge","manifestTrust":{"trustedPublisherKeys":{"a/b":{"publisher":"p"}}}})",
       "/manifestTrust/trustedPublisherKeys/a~1b/publicKey"},
      {R"({"tier":"edge","manifestTrust":{"trustedPublisherKeys":
         {"k":{"publisher":"..","publicKey":"-----BEGIN PUBLIC KEY-----"}}}})",
       "/manifestTrust/trustedPublisherKeys/k/publisher"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.config);
    const auto report = report_of(row.config);
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].path == row.path);
    CHECK_FALSE(report.errors[0].expected.empty());
    CHECK_FALSE(report.errors[0].got.empty());
  }
  CHECK(report_of(R"({"listenPort":"x","slaSweep":{"everySeconds":1}})").errors.size() == 3);
}

TEST_CASE("An unknown key is a warning that names the nearest known one") {
  const auto report = report_of(R"({"tier":"edge","slaSweep":{"recordonly":true}})");
  CHECK(report.errors.empty());
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0].path == "/slaSweep/recordonly");
  CHECK(report.warnings[0].expected.find("recordOnly") != std::string::npos);
}

TEST_CASE(
    "CAP-8: a trusted key belongs to one publisher; a private key is refused without being shown") {
  ConfigReport report;
  const auto config = read_config(
      ansible::parse_document("config", R"({"tier":"edge","manifestTrust":{"requireSigned":true,
        "trustedPublisherKeys":{"ops":"-----BEGIN PUBLIC KEY-----1",
          "spring":{"publisher":"ops","publicKey":"-----BEGIN PUBLIC KEY-----2"}}}})"),
      report);
  REQUIRE(report.errors.empty());
  CHECK(config.manifest_trust.require_signed);
  CHECK(config.manifest_trust.keys.at("ops").publisher == "ops");
  CHECK(config.manifest_trust.keys.at("spring").publisher == "ops");
  CHECK(config.manifest_trust.keys.at("spring").pem == "-----BEGIN PUBLIC KEY-----2");

  const auto refused = report_of(R"({"tier":"edge","manifestTrust":{"trustedPublisherKeys":
        {"ops":"-----BEGIN PRIVATE KEY-----MC4C"}}})");
  REQUIRE(refused.errors.size() == 1);
  CHECK(refused.errors[0].got.find("MC4C") == std::string::npos);
}
