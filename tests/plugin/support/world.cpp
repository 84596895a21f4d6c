#include "plugin/support/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

#include "coordination/lifecycle.hpp"
#include "core/fields.hpp"
#include "tools/dispatch.hpp"

namespace ansible_test {
namespace {

bool wants_dry_run(std::string_view args_json) {
  const auto parsed = json::parse(args_json);
  if (!parsed.ok()) return false;
  const json::value* dry = json::find(*parsed, "dry_run");
  return dry != nullptr && dry->is_bool() && dry->get_bool();
}

}  // namespace

World::World(std::string_view config_json) {
  ansible::ConfigReport report;
  config = ansible::read_config(ansible::parse_document("config", config_json), report);
  if (!report.errors.empty()) {
    throw std::logic_error("test configuration: " + json::canonical(report.to_json()));
  }
  start();
}

ansible::Context World::context(MapTransaction& txn) const {
  ansible::Context context{.txn = txn, .config = config, .now_ms = now_ms};
  context.node.id = node_id;
  context.node.sweeps = sweeps;
  context.node.role = sweeps ? "coordinator" : "member";
  context.node.reason = sweeps ? "" : "another node is nominated";
  context.caller = caller.kind;
  context.caller_agent = caller.agent;
  return context;
}

void World::lifecycle(void (*act)(ansible::Context&)) {
  MapTransaction txn(store, ++calls_, 0);
  ansible::Context ctx = context(txn);
  ctx.caller = ansible::CallerKind::kHost;
  act(ctx);
  txn.commit();
}

void World::start() { lifecycle(ansible::start_node); }
void World::stop() { lifecycle(ansible::stop_node); }

std::optional<json::object> World::run(std::string_view name, std::string_view args_json,
                                       bool sweep, std::size_t max_steps) {
  const bool dry = wants_dry_run(args_json);
  Store scratch;
  if (dry) scratch = store;  // all steps of a dry run share one overlay, dropped at the end
  Store& target = dry ? scratch : store;
  ++calls_;
  keys_read = keys_written = 0;
  std::string continuation;
  for (steps = 0; steps < max_steps;) {
    MapTransaction txn(target, calls_ * 1000 + steps, yield_every);
    ansible::Context ctx = context(txn);
    if (sweep) ctx.caller = ansible::CallerKind::kHost;
    ctx.continuation = continuation;
    ctx.step = static_cast<std::uint32_t>(steps);
    ctx.dry_run = dry;
    const auto reply =
        sweep ? ansible::run_sweep(ctx, name) : ansible::run_tool(ctx, name, args_json);
    ++steps;
    keys_read += txn.keys_read();
    keys_written += txn.keys_written();
    using Kind = ansible::DispatchReply::Kind;
    if (reply.kind == Kind::kUnknownName) throw std::logic_error("unknown: " + std::string(name));
    if (reply.kind != Kind::kRefused) txn.commit();
    evidence_kept = reply.kind == Kind::kRefusedRecorded;
    if (reply.kind != Kind::kMore) {
      last_reply = ansible::parse_document(name, reply.body);
      return last_reply;
    }
    continuation = reply.body;
    if (steps > 1'000'000) throw std::logic_error("endless steps: " + std::string(name));
  }
  return std::nullopt;
}

json::object World::call(std::string_view tool, std::string_view args_json) {
  return *run(tool, args_json, false, SIZE_MAX);
}
json::object World::call(std::string_view tool, const json::object& args) {
  return call(tool, json::canonical(args));
}

json::object World::ok(std::string_view tool, const json::object& args) {
  json::object reply = call(tool, args);
  INFO(json::canonical(reply));
  REQUIRE_FALSE(reply.contains("error"));
  return reply;
}

bool World::call_and_kill(std::string_view tool, const json::object& args, std::size_t max_steps) {
  return run(tool, json::canonical(args), false, max_steps).has_value();
}

json::object World::sweep(std::string_view name) { return *run(name, "{}", true, SIZE_MAX); }

bool World::sweep_and_kill(std::string_view name, std::size_t max_steps) {
  return run(name, "{}", true, max_steps).has_value();
}

std::string World::agent(std::string_view id, std::string_view type) {
  const Caller before = caller;
  caller = {};
  const json::object reply = ok("ansible_register_agent", {{"agent_id", id}, {"type", type}});
  caller = before;
  return std::string(reply.at("agent_token").as_string());
}

std::string text_of(const json::object& reply, std::string_view name) {
  return ansible::text_field(reply, name).value_or("");
}

std::string code_of(const json::object& reply) {
  return reply.contains("error") ? text_of(reply, "code") : "ok";
}

std::size_t rows(const World& world, std::string_view prefix) {
  return static_cast<std::size_t>(
      std::count_if(world.store.begin(), world.store.end(),
                    [&](const auto& row) { return row.first.starts_with(prefix); }));
}

}  // namespace ansible_test
