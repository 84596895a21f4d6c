#include "bench/gateway.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

extern "C" const gw_plugin* gateway_plugin_entry_v1(std::uint32_t host_major,
                                                    std::uint32_t host_minor);

namespace bench {
namespace {

// The same random ids in every run, and steps that end by what they have done, not by how fast this machine is.
gateway::ExecutorOptions repeatable() {
  gateway::ExecutorOptions options;
  options.seed = 7;
  options.step_slice = std::chrono::hours(1);
  return options;
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(2);
}

double elapsed_us(const std::function<void()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  const auto end = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::micro>(end - begin).count();
}

Gateway::Gateway(const std::string& config_json)
    : executor_(repeatable(), engine_, slot_, clock_, node_, {}) {
  auto instance = gateway::Instance::create(gateway_plugin_entry_v1(GW_ABI_MAJOR, GW_ABI_MINOR), {},
                                            config_json, nullptr);
  if (!instance.ok()) give_up(instance.error().message);
  slot_.activate(std::move(*instance));
  executor_.observe([this](const gateway::Request&, const gateway::CallTrace& step) {
    const std::lock_guard lock(mutex_);
    trace_.keys_read += step.keys_read;
    trace_.keys_written += step.keys_written;
  });
  gateway::Request start;
  start.kind = gateway::Request::Kind::kStart;
  start.name = "start";
  json::object reply;
  measure(start, reply);
}

gateway::Request Gateway::tool_request(std::string_view name, const json::object& args) {
  gateway::Request request;
  request.name = name;
  request.args_json = json::canonical(args);
  request.caller_kind = GW_CALLER_OPERATOR;
  request.timeout = std::chrono::milliseconds(0);
  return request;
}

gateway::Request Gateway::sweep_request(std::string_view name) {
  gateway::Request request = tool_request(name, {});
  request.kind = gateway::Request::Kind::kSweep;
  request.caller_kind = GW_CALLER_HOST;
  return request;
}

json::object Gateway::tool(std::string_view name, const json::object& args) {
  json::object reply;
  measure(tool_request(name, args), reply);
  if (reply.contains("error")) give_up(std::string(name) + ": " + json::canonical(reply));
  return reply;
}

Spent Gateway::measure(const gateway::Request& request, json::object& reply) {
  {
    const std::lock_guard lock(mutex_);
    trace_ = {};
  }
  clock_.advance(1);
  gateway::Outcome outcome;
  Spent spent;
  spent.us = elapsed_us([&] { outcome = executor_.run(request); });
  if (outcome.kind != gateway::Outcome::Kind::kReply) {
    give_up(request.name + ": " + outcome.message);
  }
  if (!outcome.body.empty()) {
    auto parsed = json::parse(outcome.body);
    if (!parsed.ok()) give_up(request.name + " answers " + outcome.body);
    if (parsed->is_object()) reply = std::move(parsed->get_object());
  }
  const std::lock_guard lock(mutex_);
  spent.keys_read = trace_.keys_read;
  spent.keys_written = trace_.keys_written;
  return spent;
}

}  // namespace bench
