// A daemon that dies at the step whose name a file holds, or writes down the steps that it passes.
#pragma once

#include <sstream>

#include "fault/files.hpp"
#include "fault/tasks.hpp"

namespace test {

struct KillRig {
  TempDir dir;
  std::string library = dir / "ansible.so";
  std::string stop_file = dir / "stop_at";
  std::string trace_file = dir / "trace";
  Gateway gateway;

  explicit KillRig(int watch_seconds) : gateway(options(watch_seconds)) { gateway.start(); }

  GatewayOptions options(int watch_seconds) const {
    write_file(library, read_file(PLUGIN));
    GatewayOptions chosen = drill_options(library);
    chosen.binary = OPENCLAWD_STOP;
    chosen.env["GATEWAY_STOP_AT"] = "@" + stop_file;
    chosen.plugin_extra = "\"watchSeconds\":" + std::to_string(watch_seconds) +
                          R"(,"canary":{"stageSeconds":0,"soakSeconds":0,"minSamples":20})";
    return chosen;
  }

  void die_at(const std::string& point) const { write_file(stop_file, point, 0600); }
  void trace() const { write_file(stop_file, "trace " + trace_file, 0600); }
  void pass() const { write_file(stop_file, "", 0600); }
  std::vector<std::string> passed() const {
    std::istringstream in(read_file(trace_file));
    std::vector<std::string> points;
    for (std::string point; in >> point;) points.push_back(point);
    return points;
  }

  // Asks over the host socket; no answer, when it dies of it.
  std::optional<HttpReply> ask(const std::string& verb, base::json::object body = {}) const {
    body["id"] = "ansible";
    return gateway.host_client().post("/host/plugins/" + verb, base::json::canonical(body));
  }
  void must(const std::string& verb, base::json::object body = {}) const {
    const auto reply = ask(verb, std::move(body));
    REQUIRE(reply.has_value());
    REQUIRE_MESSAGE(reply->status == 200, reply->body);
  }
  void canary(const std::string& what, const std::string& from_stage, bool judged = true) const {
    base::json::object policy{{"fromStage", from_stage}};
    if (!judged) {
      policy["stageSeconds"] = 3600;
      policy["soakSeconds"] = 3600;
    }
    ask("canary", {{"what", what}, {"policy", std::move(policy)}});
  }

  // Calls, until it is dead or `enough`: what a canary is judged by. A connection for each task, because a split goes by
  // the connection.
  void drive(const std::function<bool()>& enough) {
    CHECK(wait_until([&] {
      HttpClient http = gateway.client();
      TaskStory story;
      story.agent = agent_name(++tasks_ % kClients);
      story.title = "task " + std::to_string(tasks_);
      while (!story.done() && take_step(gateway, http, story).answer == Answer::kDone) {
      }
      gateway.try_invoke(http, "ansible_sla_sweep", R"({"record_only":true})");
      return !gateway.process().running() || enough();
    }));
  }
  bool stage_is(const std::string& stage) const {
    const auto row = slot_row(gateway);
    const auto* canary = base::json::find(row, "canary");
    return canary != nullptr && canary->is_object() && canary->at("running").as_bool() &&
           text_at(*canary, "stage") == stage;
  }

  // The ordinary daemon, on what the other one left.
  void revive() {
    REQUIRE_MESSAGE(gateway.process().wait().value_or(-1) == 128 + SIGKILL, gateway.log());
    gateway.options().binary = OPENCLAWD;
    gateway.start();
  }

  std::vector<std::string> events() const {
    const auto [status, body] = gateway.host("plugins/history", R"({"id":"ansible"})");
    REQUIRE(status == 200);
    std::vector<std::string> out;
    for (const auto& entry : body.at("result").at("entries").as_array()) {
      out.push_back(text_at(entry, "event"));
    }
    return out;
  }
  bool has(const std::string& event) const {
    const auto all = events();
    return std::find(all.begin(), all.end(), event) != all.end();
  }

 private:
  int tasks_ = 0;
};

}  // namespace test
