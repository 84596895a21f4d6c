// Every code by which a request can be refused, over HTTP; and nothing is written in that case but what the page says.
// The codes of the exchange of invites are in admission_test.cpp, those of the transport in bad_input_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "e2e/stored_rows.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

constexpr const char* kManifest = R"({
  "manifestVersion": "1.0.0", "capabilityId": "cap.risky", "version": "1.0.0",
  "ownerAgentId": "worker", "compatibilityMode": "strict",
  "delegationSkillRef": {"name": "ask", "version": "1.0.0"},
  "executorSkillRef": {"name": "do", "version": "1.0.0"},
  "contract": {"inputSchemaRef": "schema://in/1", "outputSchemaRef": "schema://out/1",
               "ackSchemaRef": "schema://ansible/ack/1.0.0"},
  "sla": {"acceptSlaSeconds": 120, "progressSlaSeconds": 900, "completeSlaSeconds": 3600},
  "riskClass": "high", "rollout": {"mode": "full"},
  "governance": {"requiresHumanApprovalForHighRisk": true, "signedManifestRequired": false},
  "provenance": {"publishedByAgentId": "architect", "publishedAt": "2026-11-25T10:00:00Z"}
})";

json::object with(json::object base, const json::object& more) {
  for (const auto& member : more) base[member.key()] = member.value();
  return base;
}

// Whether a failed gate of a publish may leave this (CAP-2): its record, and the events that tell of it.
bool evidence(const std::string& key) {
  constexpr std::string_view kPlaces[] = {"cap-pipeline/", "message/", "message-time/",
                                          "message-count", "broadcast/"};
  return std::any_of(std::begin(kPlaces), std::end(kPlaces),
                     [&](std::string_view place) { return key.starts_with(place); });
}

// A gateway that is asked for what it refuses, and that remembers by which codes it did.
class Refusing {
 public:
  Refusing() : gw_(e2e::quiet()) {
    gw_.start();
    for (const char* id : {"worker", "other", "owner"}) gw_.agent(id);
  }

  json::object ok(const char* tool, const json::object& args) {
    json::object reply = gw_.invoke(tool, args);
    INFO(tool << ": " << json::canonical(json::value(reply)));
    REQUIRE_FALSE(reply.contains("error"));
    return reply;
  }

  void refuse(const char* code, const char* tool, const json::object& args) {
    const e2e::Rows before = e2e::stored_rows(gw_);
    const json::object reply = gw_.invoke(tool, args);
    INFO(tool << ": " << json::canonical(json::value(reply)));
    CHECK(text_of(json::value(reply), "code") == std::string(code));
    CHECK(text_of(json::value(reply), "error").size() > 20);
    CHECK_FALSE(reply.contains("httpStatus"));
    for (const std::string& key : e2e::changed_keys(before, e2e::stored_rows(gw_))) {
      CHECK_MESSAGE((reply.contains("gate") && evidence(key)), key);
    }
    seen_.insert(code);
  }

  std::string delegate(const json::object& more) {
    return text_of(json::value(ok("ansible_delegate_task",
                                  with({{"title", "t"}, {"description", "d"}}, more))),
                   "taskId");
  }

  json::object flat(const json::object& more = {}) const {
    return with({{"capability_id", "cap.x"},
                 {"version", "1.0.0"},
                 {"owner_agent_id", "owner"},
                 {"delegation_skill_ref", {{"name", "ask-x"}, {"version", "1.0.0"}}},
                 {"executor_skill_ref", {{"name", "do-x"}, {"version", "1.0.0"}}},
                 {"contract_schema_ref", "schema://x/1"}},
                more);
  }

  // The manifest with these texts exchanged, and the checksum that it needs then.
  json::object manifest(const std::vector<std::pair<std::string, std::string>>& edits = {}) const {
    std::string text = kManifest;
    for (const auto& [from, to] : edits) text.replace(text.find(from), from.size(), to);
    std::ofstream(gw_.file("draft.json")) << text;
    const json::value sealed =
        gw_.document("openclaw ansible capability sign --manifest " + gw_.file("draft.json"));
    return {{"manifest", sealed}, {"approval_artifact_id", "CHG-7"}};
  }

  const std::set<std::string>& seen() const { return seen_; }

 private:
  Installation gw_;
  std::set<std::string> seen_;
};

std::string beginning_of_two(const std::vector<std::string>& ids) {
  std::set<char> first;
  for (const std::string& id : ids) {
    if (!first.insert(id.front()).second) return std::string(1, id.front());
  }
  return "";
}

void requests_that_make_no_sense(Refusing& gw) {
  gw.refuse("invalid_argument", "ansible_status", {{"staleAfterSeconds", "soon"}});
  gw.refuse("not_found", "ansible_task_timeline", {{"taskId", "no-such-task"}});
  gw.refuse("conflict", "ansible_register_agent", {{"agent_id", "worker"}});
  gw.refuse("invalid_targets", "ansible_delegate_task",
            {{"title", "t"}, {"description", "d"}, {"assignedTo", "ghost"}});
  gw.refuse("no_route", "ansible_delegate_task",
            {{"title", "t"}, {"description", "d"}, {"requires", json::array{"cap.none"}}});
  gw.refuse("too_large", "ansible_delegate_task",
            {{"title", "t"},
             {"description", "d"},
             {"assignedTo", "worker"},
             {"metadata", {{"blob", std::string(70'000, 'x')}}}});
  std::vector<std::string> ids;  // more than there are first characters
  for (int i = 0; i < 17; ++i) ids.push_back(gw.delegate({{"assignedTo", "worker"}}));
  gw.refuse("ambiguous_id", "ansible_task_timeline", {{"taskId", beginning_of_two(ids)}});
}

void requests_of_the_wrong_people(Refusing& gw) {
  gw.refuse("not_authorized", "ansible_register_agent",
            {{"agent_id", "new"}, {"from_agent", "worker"}});
  gw.refuse("invalid_token", "ansible_status", {{"agent_token", "at_" + std::string(48, 'f')}});
  gw.ok("ansible_disable_agent", {{"agent_id", "other"}});
  gw.refuse("agent_disabled", "ansible_read_messages", {{"agent", "other"}});
  gw.ok("ansible_enable_agent", {{"agent_id", "other"}});
}

void work_on_a_task(Refusing& gw) {
  const std::string task = gw.delegate({{"assignedTo", "worker"}});
  const json::object as_worker{{"taskId", task}, {"agentId", "worker"}};
  const json::object progress = with(as_worker, {{"status", "in_progress"}});
  const json::object in_time = with(as_worker, {{"etaSeconds", 60}, {"idempotency_key", "k"}});
  gw.refuse("not_assignee", "ansible_claim_task", with(in_time, {{"agentId", "other"}}));
  gw.refuse("not_claimer", "ansible_update_task", progress);
  gw.refuse("eta_required", "ansible_claim_task", as_worker);
  gw.refuse("eta_invalid", "ansible_claim_task",
            with(as_worker, {{"etaAt", "2020-01-01T00:00:00Z"}}));
  gw.refuse("version_incompatible", "ansible_claim_task",
            with(in_time, {{"requested_version", "9.0.0"}}));
  gw.ok("ansible_claim_task", in_time);
  gw.refuse("idempotency_conflict", "ansible_claim_task", with(in_time, {{"etaSeconds", 61}}));
  gw.refuse("invalid_transition", "ansible_claim_task", with(as_worker, {{"etaSeconds", 62}}));
  gw.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 17}});
  gw.refuse("overloaded", "ansible_delegate_task",
            {{"title", "t"}, {"description", "d"}, {"assignedTo", "worker"}});
  gw.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 40}});
}

void publishing(Refusing& gw) {
  const char* publish = "ansible_capability_publish";
  gw.refuse("invalid_manifest", publish, gw.flat({{"version", "banana"}}));
  gw.refuse("secret_literal_detected", publish,
            gw.flat({{"name", "ghp_abcdefghijklmnopqrstuvwxyz"}}));
  gw.refuse("owner_unavailable", publish, gw.flat({{"owner_agent_id", "ghost"}}));
  json::object unapproved = gw.manifest();
  unapproved.erase("approval_artifact_id");
  gw.refuse("approval_required", publish, unapproved);
  gw.refuse(
      "invalid_signature", publish,
      gw.manifest({{"\"signedManifestRequired\": false", "\"signedManifestRequired\": true"}}));
  gw.refuse(
      "rollout_failed", publish,
      gw.manifest({{R"({"mode": "full"})", R"({"mode": "canary", "canaryTargets": ["ghost"]})"}}));
  gw.ok(publish, gw.flat());
  gw.refuse("conflict", publish, gw.flat({{"contract_schema_ref", "schema://x/2"}}));
  gw.refuse("not_authorized", publish, gw.flat({{"from_agent", "other"}, {"version", "2.0.0"}}));
}

void contracts(Refusing& gw) {
  gw.ok("ansible_capability_publish", gw.manifest());
  const auto risky = [&] { return gw.delegate({{"requires", json::array{"cap.risky"}}}); };
  const auto claim = [](const std::string& task) {
    return json::object{{"taskId", task}, {"agentId", "worker"}, {"etaSeconds", 60}};
  };
  const std::string task = risky();
  gw.refuse("approval_required", "ansible_claim_task", claim(task));
  gw.ok("ansible_approve_task", {{"taskId", task}, {"decision", "rejected"}});
  gw.refuse("approval_rejected", "ansible_claim_task", claim(task));
  gw.refuse("approval_rejected", "ansible_approve_task",
            {{"taskId", task}, {"approval_artifact_id", "CHG-8"}});
  gw.ok("ansible_capability_unpublish", {{"capability_id", "cap.x"}});
  gw.refuse("capability_unavailable", "ansible_delegate_task",
            {{"title", "t"}, {"description", "d"}, {"requires", json::array{"cap.x"}}});
}

// The codes of design page and source, as constants of one header.
std::set<std::string> all_codes() {
  std::ifstream in(PLUGIN_SOURCE "/core/error.hpp");
  std::set<std::string> codes;
  for (std::string line; std::getline(in, line);) {
    const std::size_t begin = line.find("std::string_view k");
    const std::size_t quote = line.find('"');
    if (begin == line.npos || quote == line.npos) continue;
    codes.insert(line.substr(quote + 1, line.rfind('"') - quote - 1));
  }
  return codes;
}

// The section of the plugin's page about what no request alone produces.
std::string explained_codes() {
  std::ifstream in(PLUGIN_SOURCE "/../README.md");
  std::stringstream page;
  page << in.rdbuf();
  const std::string text = page.str();
  const std::size_t begin = text.find("## Codes that no request alone produces");
  REQUIRE(begin != text.npos);
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

}  // namespace

TEST_CASE(
    "every code that a request can produce, over HTTP: with a text, and nothing written but "
    "evidence "
    "of a failed gate; the page explains the others") {
  Refusing gw;
  requests_that_make_no_sense(gw);
  requests_of_the_wrong_people(gw);
  work_on_a_task(gw);
  publishing(gw);
  contracts(gw);
  const std::string explained = explained_codes();
  const std::set<std::string> codes = all_codes();
  CHECK(codes.size() > 30);
  for (const std::string& code : codes) {
    const bool on_the_page = explained.find('`' + code + '`') != explained.npos;
    CHECK_MESSAGE(gw.seen().contains(code) != on_the_page, code);
  }
}
