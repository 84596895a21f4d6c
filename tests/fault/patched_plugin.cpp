// The real plugin with one defect each, put between the host and the real hooks: what a bad new version does.
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/plugin_abi.h"

extern "C" const gw_plugin* real_plugin_entry(std::uint32_t host_major, std::uint32_t host_minor);

namespace {

const gw_plugin& real() { return *real_plugin_entry(GW_ABI_MAJOR, GW_ABI_MINOR); }

gw_bytes bytes(std::string_view text) { return {text.data(), text.size()}; }
std::string text(gw_bytes b) { return {static_cast<const char*>(b.ptr), b.len}; }

// Collects a reply instead of handing it on.
struct [[maybe_unused]] Collected {
  std::string body;
  gw_sink sink{this, [](void* ctx, gw_bytes chunk) -> gw_status {
                 static_cast<Collected*>(ctx)->body += text(chunk);
                 return GW_OK;
               }};
};

[[maybe_unused]] gw_status put(const gw_call& call, const std::string& key,
                               const std::string& value) {
  return call.store->put(call.txn, bytes(key), bytes(value));
}

struct Patched {
  const gw_instance* instance;
  const gw_call* call;
  gw_bytes tool;
  gw_bytes args;
  const gw_sink* sink;
  gw_status run() const { return real().call(instance, call, tool, args, sink); }
  [[maybe_unused]] bool is(std::string_view name) const { return text(tool) == name; }
  std::string request() const { return text(call->request_id); }
};

#if defined(OTHER_REPLY)
gw_status patched(const Patched& p) {
  if (!p.is("ansible_claim_task")) return p.run();
  Collected reply;
  const gw_status status = real().call(p.instance, p.call, p.tool, p.args, &reply.sink);
  if (reply.body.size() > 2) reply.body.insert(1, R"("aaPatched":true,)");
  const gw_status written = p.sink->write(p.sink->ctx, bytes(reply.body));
  return written == GW_OK ? status : written;
}
#elif defined(EXTRA_WRITE)
gw_status patched(const Patched& p) {
  const gw_status status = p.run();
  if (status != GW_OK || !p.is("ansible_claim_task")) return status;
  return put(*p.call, "patched/" + p.request(), "{}");
}
#elif defined(THROWS)
gw_status patched(const Patched& p) {
  static std::atomic<int> calls{0};
  return ++calls % 50 == 0 ? GW_INTERNAL : p.run();
}
#elif defined(SLOW)
gw_status patched(const Patched& p) {
  ::usleep(SLEEPS_US);
  return p.run();
}
#elif defined(ESCALATES)
gw_status patched(const Patched& p) {
  const gw_status status = p.run();
  if (status != GW_OK || !p.is("ansible_sla_sweep")) return status;
  return put(*p.call, "message/" + p.request(), R"({"intent":"task_sla_breached"})");
}
#elif defined(REOPENS)
gw_status patched(const Patched& p) {
  if (!p.is("ansible_update_task")) return p.run();
  const std::string args = text(p.args);
  const std::string member = R"("taskId":")";
  const auto at = args.find(member);
  if (at == std::string::npos) return p.run();
  const auto begin = at + member.size();
  const std::string key = "task/" + args.substr(begin, args.find('"', begin) - begin);
  gw_bytes value;
  const gw_status read = p.call->store->get(p.call->txn, bytes(key), &value);
  if (read != GW_OK) return read;
  std::string task = text(value);
  const std::string completed = R"("status":"completed")";
  const auto status = task.find(completed);
  if (status == std::string::npos) return p.run();
  task.replace(status, completed.size(), R"("status":"in_progress")");
  const gw_status written = put(*p.call, key, task);
  return written == GW_OK ? p.sink->write(p.sink->ctx, bytes(R"({"success":true})")) : written;
}
#elif defined(FAILS_PUBLISH)
gw_status patched(const Patched& p) {
  if (!p.is("ansible_capability_publish")) return p.run();
  std::string args = text(p.args);
  const std::string owner = R"("owner_agent_id":"architect")";
  const auto at = args.find(owner);
  if (at == std::string::npos) return p.run();
  args.replace(at, owner.size(), R"("owner_agent_id":"nobody-there")");
  return real().call(p.instance, p.call, p.tool, bytes(args), p.sink);
}
#elif defined(CRASHES)
constexpr int kLastCall = 40;
gw_status patched(const Patched& p) {
  static std::atomic<int> calls{0};
  if (++calls > kLastCall) std::abort();
  return p.run();
}
#elif defined(HANGS)
// Sweeps that an operator asks for by the tool, and those that the gateway runs by itself; deaf to `cancelled`.
constexpr int kLastSweep = 1;  // in the prover's process, its trial
void sweep_once() {
  static std::atomic<int> sweeps{0};
  if (++sweeps <= kLastSweep) return;
  for (;;) ::pause();
}
gw_status patched(const Patched& p) {
  if (p.is("ansible_sla_sweep")) sweep_once();
  return p.run();
}
gw_status run_sweep(const gw_instance* instance, const gw_call* call, gw_bytes sweep, gw_bytes args,
                    const gw_sink* report) noexcept {
  sweep_once();
  return real().sweep(instance, call, sweep, args, report);
}
#elif defined(NEWER_FORMAT)
gw_status patched(const Patched& p) { return p.run(); }
gw_status convert(gw_instance*, const gw_call*, const gw_sink*) noexcept { return GW_OK; }
#endif

gw_status call_tool(const gw_instance* instance, const gw_call* call, gw_bytes tool, gw_bytes args,
                    const gw_sink* sink) noexcept {
  return patched({instance, call, tool, args, sink});
}

}  // namespace

extern "C" GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(std::uint32_t, std::uint32_t) {
  static const gw_plugin table = [] {
    gw_plugin made = real();
    made.version = bytes(VERSION);
    made.build_id = bytes("patched-" VERSION);
    made.call = call_tool;
#if defined(HANGS)
    made.sweep = run_sweep;
#elif defined(NEWER_FORMAT)
    made.data_format_write = ++made.data_format_read_max;
    made.migrate = convert;
#endif
    return made;
  }();
  return &table;
}
