#include "property/plant.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "property/publisher.hpp"

extern "C" const gw_plugin* gateway_plugin_entry_v1(std::uint32_t host_major,
                                                    std::uint32_t host_minor);

namespace property {
namespace {

std::string config() {
  return json::canonical(json::object{
      {"tier", "backbone"},
      {"nodeIdOverride", "node-a"},
      {"injectContextAgents", json::array{"architect"}},
      {"adminAgentId", "architect"},
      {"manifestTrust", {{"trustedPublisherKeys", {{"architect", publisher_pem()}}}}}});
}

}  // namespace

std::string described(const Step& step) { return step.name + ' ' + json::canonical(step.args); }

std::string Answer::code() const {
  const json::value* code = reply.if_contains("code");
  return code != nullptr && code->is_string() ? std::string(code->get_string()) : "";
}

Plant::Plant(std::unique_ptr<gateway::Engine> engine) : engine_(std::move(engine)) {
  auto instance = gateway::Instance::create(gateway_plugin_entry_v1(GW_ABI_MAJOR, GW_ABI_MINOR), {},
                                            config(), nullptr);
  if (!instance.ok()) throw std::runtime_error(instance.error().message);
  slot_.activate(std::move(*instance));
  gateway::ExecutorOptions options;
  options.seed = 7;  // of the plugin's random bytes
  // A step is cut by what it has done, never by how fast this machine is.
  options.step_slice = std::chrono::hours(1);
  executor_ = std::make_unique<gateway::Executor>(options, *engine_, slot_, clock_, node_,
                                                  gateway::LogSink{});
  play({.kind = gateway::Request::Kind::kStart, .name = "start"});
}

Answer Plant::play(const Step& step) {
  clock_.advance(step.after_ms);
  gateway::Request request;
  request.kind = step.kind;
  request.name = step.name;
  request.args_json = json::canonical(step.args);
  request.caller_kind = step.caller;
  request.outcome = step.outcome;
  request.detail = step.detail;
  request.request_id = "request-" + std::to_string(++played_);
  request.timeout = std::chrono::milliseconds(0);
  Answer answer{.outcome = executor_->run(request), .reply = {}};
  INFO(described(step));
  INFO(answer.outcome.message);
  REQUIRE(answer.outcome.kind == gateway::Outcome::Kind::kReply);
  if (answer.outcome.body.empty()) return answer;  // a delivery was settled
  auto reply = json::parse(answer.outcome.body);
  REQUIRE(reply.ok());
  answer.reply = std::move(reply->get_object());
  return answer;
}

std::string Plant::dump() {
  std::string out;
  auto snapshot = engine_->snapshot();
  REQUIRE(snapshot.ok());
  const auto scanned =
      (*snapshot)->scan({.first = std::string_view("\x01", 1), .last = {}},
                        [&](std::string_view key, std::string_view value, std::uint64_t) {
                          out.append(key).append("=").append(value).append("\n");
                          return true;
                        });
  REQUIRE(scanned.ok());
  return out;
}

}  // namespace property
