// A small plugin with a life cycle, an append-only log, notices and pipelines: what a canary looks at. Compiled in
// variants, of which one is good and each other has one defect (the macros below).
//
// Tools, all with a JSON object as arguments and reply:
//   work {id}   moves task/<id> one step: pending, claimed, in_progress, completed; then refuses
//   reopen {id} always refuses on a completed task
//   publish {id} writes pipeline/<id>
//   look {id}, list {}  read only
// Sweep pulse: writes pulse, and a notice for each task under late/, at most /maxNotices of the configuration.
#include <unistd.h>

#include <atomic>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "gateway/plugin_abi.h"

#ifndef THROWS_EVERY
#define THROWS_EVERY 0
#endif
#ifndef CRASHES_AFTER
#define CRASHES_AFTER 0
#endif
#ifndef SLEEPS_US
#define SLEEPS_US 0
#endif

struct gw_instance {
  std::int64_t most_notices = 3;
};

namespace {

namespace json = base::json;

constexpr bool kOtherReply =
#ifdef OTHER_REPLY
    true;
#else
    false;
#endif
constexpr bool kExtraWrite =
#ifdef EXTRA_WRITE
    true;
#else
    false;
#endif
constexpr bool kEscalates =
#ifdef ESCALATES
    true;
#else
    false;
#endif
constexpr bool kFailsPipelines =
#ifdef FAILS_PIPELINES
    true;
#else
    false;
#endif
constexpr bool kReopens =
#ifdef REOPENS
    true;
#else
    false;
#endif

constexpr const char* kManifest = R"({
  "tools": [
    {"name": "list", "description": "", "readOnly": true, "parameters": {"type": "object"}},
    {"name": "look", "description": "", "readOnly": true,
     "parameters": {"type": "object", "required": ["id"]}},
    {"name": "publish", "description": "", "readOnly": false, "routeKey": "/id",
     "parameters": {"type": "object", "required": ["id"]}},
    {"name": "reopen", "description": "", "readOnly": false, "routeKey": "/id",
     "parameters": {"type": "object", "required": ["id"]}},
    {"name": "work", "description": "", "readOnly": false, "routeKey": "/id",
     "parameters": {"type": "object", "required": ["id"]}}],
  "sweeps": [{"name": "pulse", "everySeconds": 1, "scope": "node"}],
  "configSchema": {"type": "object"},
  "invariants": [
    {"prefix": "task/", "pointer": "/status", "terminal": ["completed"],
     "transitions": [["pending", "claimed"], ["claimed", "in_progress"],
                     ["in_progress", "completed"]]},
    {"prefix": "audit/", "writeOnce": true}],
  "signals": [
    {"name": "notices", "prefix": "message/", "kind": "escalation",
     "where": {"pointer": "/intent", "value": "late"}, "budgetPointer": "/maxNotices"},
    {"name": "pipelines", "prefix": "pipeline/", "kind": "pipeline_failure",
     "where": {"pointer": "/ok", "value": false}}]})";

gw_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }
std::string text(gw_bytes b) { return {static_cast<const char*>(b.ptr), b.len}; }

// One call. A failed store function is thrown as its status.
struct Call {
  const gw_instance& instance;
  const gw_call& call;
  const gw_sink& sink;
  std::string id;

  static void check(gw_status status) {
    if (status != GW_OK) throw status;
  }
  std::optional<json::value> get(const std::string& key) const {
    gw_bytes value;
    check(call.store->get(call.txn, bytes(key), &value));
    if (value.ptr == nullptr) return std::nullopt;
    return *json::parse(text(value));
  }
  void put(const std::string& key, const json::value& value) const {
    check(call.store->put(call.txn, bytes(key), bytes(json::canonical(value))));
  }
  gw_status reply(const json::value& value, gw_status status = GW_OK) const {
    check(sink.write(sink.ctx, bytes(json::canonical(value))));
    return status;
  }
  json::array rows(const std::string& first, const std::string& last) const {
    json::array found;
    const auto visit = [](void* ctx, gw_bytes key, gw_bytes) -> gw_status {
      static_cast<json::array*>(ctx)->emplace_back(text(key));
      return GW_OK;
    };
    check(call.store->scan(call.txn, bytes(first), bytes(last), 0, 20, &found, visit));
    return found;
  }
};

gw_status refuse(const Call& c) {
  return c.reply(json::object{{"error", "the task is completed"}, {"code", "completed"}},
                 GW_REFUSED);
}

void notify(const Call& c, const std::string& name) {
  c.put("message/" + name, json::object{{"intent", "late"}, {"at", c.call.now_ms}});
}

gw_status work(const Call& c) {
  static constexpr std::string_view kLife[] = {"pending", "claimed", "in_progress", "completed"};
  const auto task = c.get("task/" + c.id);
  std::int64_t step = 0;
  if (task) {
    step = task->at("step").as_int64() + 1;
    if (step > 3) return refuse(c);
  }
  const json::object next{{"status", kLife[step]}, {"step", step}, {"at", c.call.now_ms}};
  c.put("task/" + c.id, next);
  c.put("audit/" + c.id + "/" + std::to_string(step), next);
  if (kExtraWrite) c.put("extra/" + c.id, json::object{{"step", step}});
  if (kEscalates) notify(c, c.id + "/" + std::to_string(step));
  json::object reply{{"id", c.id}, {"status", kLife[step]}};
  if (kOtherReply && step == 2) reply["status"] = "working";
  return c.reply(reply);
}

gw_status reopen(const Call& c) {
  const auto task = c.get("task/" + c.id);
  if (!task || task->at("step").as_int64() < 3 || !kReopens) return refuse(c);
  c.put("task/" + c.id, json::object{{"status", "in_progress"}, {"step", 2}});
  return c.reply(json::object{{"id", c.id}, {"status", "in_progress"}});
}

gw_status publish(const Call& c) {
  c.put("pipeline/" + c.id, json::object{{"ok", !kFailsPipelines}, {"at", c.call.now_ms}});
  return c.reply(json::object{{"id", c.id}, {"published", !kFailsPipelines}});
}

gw_status look(const Call& c) {
  const auto task = c.get("task/" + c.id);
  return c.reply(json::object{{"task", task ? *task : json::value(nullptr)},
                              {"plugin", json::object{{"version", VERSION}}}});
}

gw_status list(const Call& c) { return c.reply(json::object{{"tasks", c.rows("task/", "task0")}}); }

gw_status pulse(const Call& c) {
  c.put("pulse", json::object{{"at", c.call.now_ms}, {"version", VERSION}});
  std::int64_t sent = 0;
  for (const json::value& key : c.rows("late/", "late0")) {
    const std::string name(key.as_string().subview(5));
    if (c.get("message/" + name)) continue;
    if (sent == c.instance.most_notices && !kEscalates) break;
    notify(c, name);
    ++sent;
  }
  return c.reply(json::object{{"sent", sent}});
}

void misbehave() {
  static std::atomic<int> calls{0};
  const int call = ++calls;
  if (SLEEPS_US > 0) ::usleep(SLEEPS_US);
  if (THROWS_EVERY > 0 && call % (THROWS_EVERY + (THROWS_EVERY == 0)) == 0) {
    throw std::runtime_error("out of luck");
  }
  if (CRASHES_AFTER > 0 && call > CRASHES_AFTER) __builtin_trap();
}

// What is thrown becomes a status.
template <class Body>
gw_status guarded(const gw_sink* sink, Body body) noexcept {
  try {
    return body();
  } catch (gw_status status) {
    return status;
  } catch (const std::exception& error) {
    sink->write(sink->ctx, bytes(error.what()));
    return GW_INTERNAL;
  }
}

gw_status create(const gw_host*, gw_bytes config, gw_instance** instance, const gw_sink*) noexcept {
  *instance = new gw_instance;
  const auto parsed = json::parse(text(config));
  const json::value* most = parsed ? json::find(*parsed, "maxNotices") : nullptr;
  if (most != nullptr) (*instance)->most_notices = most->as_int64();
  return GW_OK;
}
void destroy(gw_instance* instance) noexcept { delete instance; }

gw_status call_tool(const gw_instance* instance, const gw_call* call, gw_bytes tool, gw_bytes args,
                    const gw_sink* sink) noexcept {
  return guarded(sink, [&]() -> gw_status {
    Call c{*instance, *call, *sink, {}};
    const auto parsed = json::parse(text(args));
    if (const json::value* id = json::find(*parsed, "id")) c.id = std::string(id->as_string());
    const std::string name = text(tool);
    if (name == "list") return list(c);
    if (name == "look") return look(c);
#if defined(STUCK_HANGS)
    while (c.id == "stuck") ::pause();
#elif defined(STUCK_LINGERS)
    while (c.id == "stuck" && call->services->cancelled(call->txn) == 0) ::usleep(1000);
#elif defined(STUCK_FAILS)
    if (c.id == "stuck") throw std::runtime_error("stuck");
#endif
    misbehave();
    if (name == "work") return work(c);
    if (name == "reopen") return reopen(c);
    return publish(c);
  });
}

gw_status sweep(const gw_instance* instance, const gw_call* call, gw_bytes, gw_bytes,
                const gw_sink* sink) noexcept {
  return guarded(sink, [&] { return pulse(Call{*instance, *call, *sink, {}}); });
}

gw_status nothing(gw_instance*, const gw_call*, const gw_sink*) noexcept { return GW_OK; }
gw_status health(const gw_instance*, const gw_sink* sink) noexcept {
  return sink->write(sink->ctx, bytes(R"({"status":"ok"})"));
}
const void* query(gw_bytes) noexcept { return nullptr; }

gw_plugin make_table() {
  gw_plugin table{};
  table.size = sizeof table;
  table.abi_major = GW_ABI_MAJOR;
  table.abi_minor = GW_ABI_MINOR;
  table.data_format_read_min = table.data_format_read_max = table.data_format_write = 1;
  table.id = bytes("trial");
  table.version = bytes(VERSION);
  table.build_id = bytes("trial-" VERSION);
  table.manifest_json = bytes(kManifest);
  table.create = create;
  table.destroy = destroy;
  table.start = nothing;
  table.stop = nothing;
  table.call = call_tool;
  table.sweep = sweep;
  table.health = health;
  table.self_test = nothing;
  table.query = query;
  return table;
}

}  // namespace

extern "C" GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(std::uint32_t, std::uint32_t) {
  static const gw_plugin table = make_table();
  return &table;
}
