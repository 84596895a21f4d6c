#include "support/test_plugin.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <optional>
#include <set>
#include <stdexcept>
#include <string_view>

#include "base/json.hpp"

struct gw_instance {
  const gw_host* host;
};

namespace test_support {
namespace {

namespace json = base::json;

gw_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }
std::string text(gw_bytes b) { return {static_cast<const char*>(b.ptr), b.len}; }

// One call, seen through C++ glasses. Failures of the store are thrown as the status, and so passed
// on.
struct Call {
  const gw_instance& instance;
  const gw_call& call;
  const gw_sink& sink;
  json::value args;

  const gw_store& store() const { return *call.store; }
  gw_txn* txn() const { return call.txn; }

  static void check(gw_status status) {
    if (status != GW_OK) throw status;
  }
  std::optional<std::string> get(const std::string& key) const {
    gw_bytes value;
    check(store().get(txn(), bytes(key), &value));
    return value.ptr == nullptr ? std::nullopt : std::optional(text(value));
  }
  void put(const std::string& key, const std::string& value) const {
    check(store().put(txn(), bytes(key), bytes(value)));
  }
  gw_status reply(const json::value& v, gw_status status = GW_OK) const {
    check(sink.write(sink.ctx, bytes(json::canonical(v))));
    return status;
  }

  std::string arg(std::string_view name, std::string fallback = {}) const {
    const json::value* v = json::find(args, name);
    return v != nullptr && v->is_string() ? std::string(std::string_view(v->get_string()))
                                          : fallback;
  }
  std::int64_t number(std::string_view name, std::int64_t fallback = 0) const {
    const json::value* v = json::find(args, name);
    return v != nullptr && v->is_int64() ? v->get_int64() : fallback;
  }
  bool flag(std::string_view name) const {
    const json::value* v = json::find(args, name);
    return v != nullptr && v->is_bool() && v->get_bool();
  }
};

json::value or_null(const std::optional<std::string>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

std::int64_t count_up(const Call& c, const std::string& key) {
  const std::int64_t count = std::stoll(c.get(key).value_or("0")) + 1;
  c.put(key, std::to_string(count));
  return count;
}

using Rows = json::array;
Rows scan(const Call& c, const std::string& first, const std::string& last, bool reverse,
          std::uint64_t limit) {
  Rows rows;
  const auto visit = [](void* ctx, gw_bytes key, gw_bytes value) -> gw_status {
    static_cast<Rows*>(ctx)->push_back(
        json::array{json::value(text(key)), json::value(text(value))});
    return GW_OK;
  };
  Call::check(c.store().scan(c.txn(), bytes(first), bytes(last), reverse ? GW_SCAN_REVERSE : 0,
                             limit, &rows, visit));
  return rows;
}

gw_status put(const Call& c) {
  c.put(c.arg("key"), c.arg("value"));
  return c.reply(json::object{{"put", c.arg("key")}});
}
gw_status erase(const Call& c) {
  Call::check(c.store().erase(c.txn(), bytes(c.arg("key"))));
  return c.reply(json::object{{"erased", c.arg("key")}});
}
gw_status get(const Call& c) {
  return c.reply(json::object{{"value", or_null(c.get(c.arg("key")))}});
}
gw_status scan_tool(const Call& c) {
  return c.reply(json::object{{"rows", scan(c, c.arg("first"), c.arg("last"), c.flag("reverse"),
                                            static_cast<std::uint64_t>(c.number("limit", 100)))}});
}
gw_status count(const Call& c) {
  return c.reply(json::object{{"count", count_up(c, c.arg("key"))}});
}
gw_status refuse(const Call& c) {
  c.put(c.arg("key"), c.arg("value"));
  return c.reply(json::object{{"error", "no"}, {"code", "refused"}}, GW_REFUSED);
}
gw_status refuse_recorded(const Call& c) {
  c.put(c.arg("key"), c.arg("value"));
  return c.reply(json::object{{"error", "no, and noted"}, {"code", "refused"}},
                 GW_REFUSED_RECORDED);
}
gw_status replay(const Call& c) {
  const auto before = c.get(c.arg("key"));
  if (!before) c.put(c.arg("key"), c.arg("value"));
  return c.reply(
      json::object{{"value", before.value_or(c.arg("value"))}, {"replayed", before.has_value()}});
}
gw_status steps(const Call& c) {
  const std::string key = c.arg("key");
  const std::string expected = c.call.step == 0 ? "" : "after " + std::to_string(c.call.step - 1);
  if (text(c.call.continuation) != expected) throw GW_INTERNAL;
  if ((c.call.flags & GW_CALL_READ_ONLY) == 0) {
    c.put(key + "/" + std::to_string(c.call.step), c.arg("value", "x"));
  }
  if (c.call.step + 1 < c.number("n")) {
    const std::string next = "after " + std::to_string(c.call.step);
    Call::check(c.sink.write(c.sink.ctx, bytes(next)));
    return GW_MORE;
  }
  return c.reply(json::object{{"seen", scan(c, key + "/", key + "0", false, 1000).size()}});
}
gw_status any_status(const Call& c) {
  const auto said = static_cast<gw_status>(c.number("status"));
  if (c.call.services->cancelled(c.txn()) != 0) return said;
  if (!c.arg("key").empty()) c.put(c.arg("key"), "written");
  return c.reply(json::object{{"said", said}}, said);
}
gw_status report(const Call& c) {
  const std::string name = GW_NODE_V1;
  const auto* node =
      static_cast<const gw_node*>(c.instance.host->query(c.instance.host->ctx, bytes(name)));
  gw_node_info info{};
  info.size = sizeof info;
  Call::check(node->describe(c.txn(), &info));
  return c.reply(json::object{{"request_id", text(c.call.request_id)},
                              {"trace_id", text(c.call.trace_id)},
                              {"node_id", text(c.call.node_id)},
                              {"caller_kind", c.call.caller_kind},
                              {"caller_agent", text(c.call.caller_agent)},
                              {"flags", c.call.flags},
                              {"now_ms", c.call.now_ms},
                              {"yield", c.call.services->should_yield(c.txn()) != 0},
                              {"sweeps", info.sweeps != 0},
                              {"role", text(info.role)},
                              {"reason", text(info.reason)},
                              {"holder", text(info.lease_holder)}});
}
gw_status random(const Call& c) {
  std::string raw(static_cast<std::size_t>(c.number("n", 16)), '\0');
  Call::check(
      c.call.services->random(c.txn(), bytes(c.arg("label", "id")), raw.data(), raw.size()));
  std::string hex;
  for (const char byte : raw) {
    hex += "0123456789abcdef"[(byte >> 4) & 15];
    hex += "0123456789abcdef"[byte & 15];
  }
  c.put("random/" + text(c.call.request_id) + "/" + std::to_string(c.call.attempt), hex);
  if (c.call.attempt == 0 && c.number("then") != 0) {
    auto then = static_cast<gw_status>(c.number("then"));
    const auto visit = [](void* ctx, gw_bytes, gw_bytes) {
      return *static_cast<const gw_status*>(ctx);
    };
    Call::check(c.store().scan(c.txn(), bytes("random/"), bytes("random0"), 0, 1, &then, visit));
  }
  return c.reply(json::object{{"hex", hex}, {"attempt", c.call.attempt}});
}

gw_status nested_visit(void* ctx, gw_bytes key, gw_bytes) {
  const Call& c = *static_cast<const Call*>(ctx);
  gw_bytes value;
  return c.store().get(c.txn(), key, &value) == GW_MISUSE ? GW_OK : GW_INTERNAL;
}
gw_status failing_visit(void*, gw_bytes, gw_bytes) { return GW_CORRUPT; }
gw_status odd_visit(void*, gw_bytes, gw_bytes) { return 77; }

// Does one thing wrong, ignores that it was told so, and returns GW_OK with a reply.
gw_status misuse(const Call& c) {
  const std::string how = c.arg("how");
  const gw_store& store = c.store();
  store.put(c.txn(), bytes("misuse"), bytes("must not stay"));
  gw_bytes value;
  if (how == "host_key") store.put(c.txn(), bytes(std::string_view("\0x", 2)), bytes("v"));
  if (how == "empty_key") store.get(c.txn(), bytes(""), &value);
  if (how == "long_key") store.get(c.txn(), bytes(std::string(513, 'k')), &value);
  if (how == "big_value") store.put(c.txn(), bytes("k"), bytes(std::string((1u << 20) + 1, 'v')));
  if (how == "limit_0") store.scan(c.txn(), bytes(""), bytes(""), 0, 0, nullptr, odd_visit);
  if (how == "flags") store.scan(c.txn(), bytes(""), bytes(""), 8, 1, nullptr, odd_visit);
  void* self = const_cast<Call*>(&c);
  if (how == "nested") store.scan(c.txn(), bytes(""), bytes(""), 0, 9, self, nested_visit);
  if (how == "visit_fails") store.scan(c.txn(), bytes(""), bytes(""), 0, 9, self, failing_visit);
  if (how == "visit_odd") store.scan(c.txn(), bytes(""), bytes(""), 0, 9, self, odd_visit);
  if (how == "no_label") c.call.services->random(c.txn(), bytes(""), nullptr, 0);
  if (how == "too_random") c.call.services->random(c.txn(), bytes("l"), nullptr, 65'537);
  if (how == "throws") throw std::runtime_error("out of luck");
  if (how == "bad_key") {  // not sticky, says the ABI
    c.call.services->ed25519_verify(c.txn(), bytes("no key"), bytes("data"), bytes("signature"));
  }
  return c.reply(
      json::object{{"ignored", how}, {"why", text(c.call.services->last_error(c.txn()))}});
}
gw_status log_tool(const Call& c) {
  c.call.services->log(c.txn(), GW_LOG_INFO, bytes(c.arg("text")));
  c.call.services->metric(c.txn(), bytes("lines"), 1);
  return c.reply(json::object{}, c.flag("refuse") ? GW_REFUSED : GW_OK);
}
gw_status big(const Call& c) {
  return c.reply(
      json::object{{"x", std::string(static_cast<std::size_t>(c.number("bytes")), 'x')}});
}
gw_status wait(const Call& c) {
  gate().pass();
  if (!c.arg("read").empty()) c.get(c.arg("read"));
  if (!c.arg("key").empty()) c.put(c.arg("key"), "waited");
  return c.reply(json::object{});
}

struct Tool {
  const char* name;
  bool read_only;
  bool dry_run;
  std::uint64_t max_reply;
  gw_status (*run)(const Call&);
};
constexpr Tool kTools[] = {
    {"put", false, false, 0, put},         {"erase", false, false, 0, erase},
    {"get", true, false, 0, get},          {"look", false, false, 0, get},
    {"scan", true, false, 0, scan_tool},   {"count", false, true, 0, count},
    {"refuse", false, true, 0, refuse},    {"refuse_recorded", false, false, 0, refuse_recorded},
    {"replay", false, false, 0, replay},   {"steps", false, true, 0, steps},
    {"read_steps", true, false, 0, steps}, {"status", false, false, 0, any_status},
    {"report", true, false, 0, report},    {"random", false, false, 0, random},
    {"misuse", false, false, 0, misuse},   {"write_anyway", true, false, 0, misuse},
    {"log", false, false, 0, log_tool},    {"read_log", true, false, 0, log_tool},
    {"big", false, false, 0, big},         {"small_reply", false, false, 100, big},
    {"wait", false, false, 0, wait},       {"read_wait", true, false, 0, wait},
};

const std::string& manifest() {
  static const std::string kText = [] {
    json::array tools;
    for (const Tool& tool : kTools) {
      json::object entry{{"name", tool.name},
                         {"description", "test"},
                         {"readOnly", tool.read_only},
                         {"parameters", json::object{{"type", "object"}}}};
      if (tool.dry_run) entry["dryRunArg"] = "/dry_run";
      if (tool.max_reply != 0) entry["maxReplyBytes"] = tool.max_reply;
      tools.push_back(std::move(entry));
    }
    json::array sweeps{
        json::object{{"name", "tick"}, {"everySeconds", 30}, {"scope", "node"}},
        json::object{{"name", "lead"}, {"everySeconds", 60}, {"scope", "coordinator"}}};
    return json::canonical(json::object{
        {"tools", std::move(tools)},
        {"sweeps", std::move(sweeps)},
        {"configSchema", json::object{{"type", "object"}}},
        {"metrics", json::array{json::object{
                        {"name", "lines"}, {"kind", "counter"}, {"help", "lines logged"}}}},
        {"coordinator", json::object{{"key", "coordinator"}, {"pointer", "/node"}}}});
  }();
  return kText;
}

// Everything that a C plugin would do by hand: parse, dispatch, turn what was thrown into a status.
// std::exception is let through on purpose for `throws`: a host must survive even that.
template <class Body>
gw_status guarded(Body body) {
  try {
    return body();
  } catch (gw_status status) {
    return status;
  }
}

gw_status hook_create(const gw_host* host, gw_bytes, gw_instance** instance, const gw_sink*) {
  *instance = new gw_instance{host};
  return GW_OK;
}
void hook_destroy(gw_instance* instance) { delete instance; }

gw_status hook_start(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  return guarded([&] {
    const Call c{*instance, *call, *report, json::object{}};
    return c.reply(json::object{{"starts", count_up(c, "starts")}});
  });
}
gw_status hook_stop(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  return guarded([&] {
    const Call c{*instance, *call, *report, json::object{}};
    return c.reply(json::object{{"stops", count_up(c, "stops")}});
  });
}
gw_status hook_call(const gw_instance* instance, const gw_call* call, gw_bytes name, gw_bytes args,
                    const gw_sink* reply) {
  return guarded([&]() -> gw_status {
    auto parsed = json::parse(text(args));
    const Call c{*instance, *call, *reply, parsed ? std::move(*parsed) : json::object{}};
    for (const Tool& tool : kTools) {
      if (text(name) == tool.name) return tool.run(c);
    }
    return GW_INTERNAL;
  });
}
gw_status hook_sweep(const gw_instance* instance, const gw_call* call, gw_bytes name, gw_bytes,
                     const gw_sink* report) {
  return guarded([&] {
    const Call c{*instance, *call, *report, json::object{}};
    return c.reply(json::object{{"runs", count_up(c, "sweep/" + text(name))}});
  });
}
gw_status hook_health(const gw_instance*, const gw_sink* report) {
  return report->write(report->ctx, bytes(R"({"status":"ok"})"));
}
gw_status hook_self_test(gw_instance*, const gw_call*, const gw_sink*) { return GW_OK; }
const void* hook_query(gw_bytes) { return nullptr; }

}  // namespace

void Gate::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}
void Gate::open() {
  const std::lock_guard lock(mutex_);
  closed_ = false;
  changed_.notify_all();
}
void Gate::pass() {
  std::unique_lock lock(mutex_);
  ++inside_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !closed_; });
  --inside_;
}
void Gate::wait_for_visitors(unsigned n) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return inside_ >= n; });
}

Gate& gate() {
  static Gate the_gate;
  return the_gate;
}

const gw_plugin& test_plugin() {
  static const gw_plugin kTable = [] {
    gw_plugin table{};
    table.size = sizeof table;
    table.abi_major = GW_ABI_MAJOR;
    table.abi_minor = GW_ABI_MINOR;
    table.data_format_read_min = 1;
    table.data_format_read_max = 1;
    table.data_format_write = 1;
    table.id = bytes("test");
    table.version = bytes("1.0.0");
    table.build_id = bytes("linked-in");
    table.manifest_json = bytes(manifest());
    table.create = hook_create;
    table.destroy = hook_destroy;
    table.start = hook_start;
    table.stop = hook_stop;
    table.call = hook_call;
    table.sweep = hook_sweep;
    table.health = hook_health;
    table.self_test = hook_self_test;
    table.query = hook_query;
    return table;
  }();
  return kTable;
}

std::unique_ptr<gateway::Instance> test_instance(const std::string& version) {
  static std::set<std::string> versions;  // a table's texts are static
  gw_plugin table = test_plugin();
  table.version = bytes(*versions.insert(version).first);
  auto made = gateway::Instance::create(&table, {version, "linked-in", ""}, "{}", nullptr);
  REQUIRE_MESSAGE(made.ok(), made.error().message);
  return std::move(*made);
}

}  // namespace test_support
