#include "execution/transition.hpp"

#include <exception>

#include "execution/breadcrumbs.hpp"
#include "execution/txn.hpp"

gw_status gw_txn::fail(gw_status status, std::string text) {
  last_error = std::move(text);
  if (sticky == GW_OK) {
    sticky = status;
    sticky_text = last_error;
  }
  return status;
}

namespace gateway {
namespace {

// Which statuses each hook may return beside the failures, which all may.
struct HookRule {
  Hook hook;
  bool more;
  const char* name;
};
constexpr HookRule kHooks[] = {
    {Hook::kTool, true, "call"},        {Hook::kSweep, true, "sweep"},
    {Hook::kStart, false, "start"},     {Hook::kStop, false, "stop"},
    {Hook::kMigrate, true, "migrate"},  {Hook::kSelfTest, false, "self_test"},
    {Hook::kOutboxNext, false, "next"}, {Hook::kOutboxSettle, false, "settle"},
};

const HookRule& rule_of(Hook hook) {
  for (const HookRule& rule : kHooks) {
    if (rule.hook == hook) return rule;
  }
  return kHooks[0];
}

struct StatusName {
  gw_status status;
  std::string_view name;
};
constexpr StatusName kStatusNames[] = {
    {GW_OK, "ok"},
    {GW_REFUSED, "refused"},
    {GW_REFUSED_RECORDED, "refused_recorded"},
    {GW_MORE, "more"},
    {GW_STOP, "stop"},
    {GW_CONFLICT, "conflict"},
    {GW_INVALID, "invalid"},
    {GW_MISUSE, "misuse"},
    {GW_TOO_LARGE, "too_large"},
    {GW_NO_SPACE, "no_space"},
    {GW_CORRUPT, "corrupt"},
    {GW_UNAVAILABLE, "unavailable"},
    {GW_CANCELLED, "cancelled"},
    {GW_INTERNAL, "internal"},
};

gw_status sink_write(void* ctx, gw_bytes chunk) noexcept {
  auto* txn = static_cast<gw_txn*>(ctx);
  return guarded(txn, [&] {
    if (txn->cancelled()) return txn->fail(GW_CANCELLED, "the host has given this call up");
    if (chunk.len > txn->input.max_reply - txn->body.size()) {
      return txn->fail(GW_TOO_LARGE,
                       "the reply would exceed " + std::to_string(txn->input.max_reply) + " bytes");
    }
    txn->body.append(text_of(chunk));
    return GW_OK;
  });
}

gw_call make_call(gw_txn& txn) {
  const StepInput& input = txn.input;
  gw_call call{};
  call.size = sizeof call;
  call.flags = input.flags;
  call.request_id = bytes_of(input.request_id);
  call.trace_id = absent_if_empty(input.trace_id);
  call.node_id = bytes_of(input.node_id);
  call.caller_agent = absent_if_empty(input.caller_agent);
  if (input.step > 0) call.continuation = bytes_of(input.continuation);
  call.now_ms = input.now_ms;
  call.deadline_ns = input.deadline_ns;
  call.attempt = input.attempt;
  call.step = input.step;
  call.caller_kind = input.caller_kind;
  call.txn = &txn;
  call.store = &store_table();
  call.services = &services_table();
  return call;
}

gw_status call_hook(const Instance& instance, const gw_call& call, const StepInput& input,
                    const gw_sink& sink) {
  const gw_plugin& table = instance.table();
  gw_instance* handle = instance.handle();
  const gw_bytes name = bytes_of(input.name);
  const gw_bytes args = bytes_of(input.args_json);
  switch (input.hook) {
    case Hook::kTool:
      return table.call(handle, &call, name, args, &sink);
    case Hook::kSweep:
      return table.sweep(handle, &call, name, args, &sink);
    // A plugin without these hooks has nothing to do then.
    case Hook::kStart:
      return table.start ? table.start(handle, &call, &sink) : GW_OK;
    case Hook::kStop:
      return table.stop ? table.stop(handle, &call, &sink) : GW_OK;
    case Hook::kMigrate:
      return table.migrate ? table.migrate(handle, &call, &sink) : GW_OK;
    case Hook::kSelfTest:
      return table.self_test ? table.self_test(handle, &call, &sink) : GW_OK;
    // Asked for only where the plugin has an outbox.
    case Hook::kOutboxNext:
      return instance.outbox()->next(handle, &call, absent_if_empty(input.name), &sink);
    case Hook::kOutboxSettle:
      return instance.outbox()->settle(handle, &call, name, input.outcome,
                                       absent_if_empty(input.detail));
  }
  return GW_INTERNAL;
}

std::string message_of(const gw_txn& txn) {
  std::string message = txn.body.empty() ? "the plugin failed without a message" : txn.body;
  if (message.size() > limits::kMaxLogText) message.resize(limits::kMaxLogText);
  return message;
}

// The status of the step, and why it failed, from what the hook returned.
gw_status judge(const gw_txn& txn, gw_status said, std::string& error) {
  if (txn.sticky != GW_OK) {
    error = txn.sticky_text;
    return txn.sticky;
  }
  const HookRule& rule = rule_of(txn.input.hook);
  const bool known = said >= GW_INTERNAL && said <= GW_MORE;
  if (!known || (said == GW_MORE && !rule.more)) {
    error = std::string("hook ") + rule.name + " returned status " + std::to_string(said) +
            ", which it may not";
    return GW_INTERNAL;
  }
  if (said >= 0) return said;
  error = message_of(txn);
  // The rest is for the store and the sink to say, or for a hook that is asked to return soon.
  if (is_fault(said) || txn.cancelled()) return said;
  error = std::string("hook ") + rule.name + " returned " + std::string(status_name(said)) +
          ", which no function had returned: " + error;
  return GW_INTERNAL;
}

void keep(StepResult& result, gw_txn& txn) {
  const bool read_only = (txn.input.flags & GW_CALL_READ_ONLY) != 0;
  const bool committing = commits(result.status);
  if (result.status >= 0) {
    result.body = std::move(txn.body);
    result.checks = txn.view.checks();
  }
  if (committing) result.writes = txn.view.take_writes();
  if (committing || read_only) {
    result.logs = std::move(txn.logs);
    result.metrics = std::move(txn.metrics);
  }
}

}  // namespace

bool commits(gw_status status) {
  return status == GW_OK || status == GW_REFUSED_RECORDED || status == GW_MORE;
}

bool is_fault(gw_status status) {
  return status == GW_INTERNAL || status == GW_INVALID || status == GW_MISUSE ||
         status == GW_TOO_LARGE;
}

bool comparable(gw_status status) { return status >= 0 || is_fault(status); }

std::string_view status_name(gw_status status) {
  for (const StatusName& entry : kStatusNames) {
    if (entry.status == status) return entry.name;
  }
  return "unknown";
}

StepResult run_step(const Instance& instance, View& view, const StepInput& input) {
  gw_txn txn(view, input);
  const gw_call call = make_call(txn);
  const gw_sink sink{&txn, sink_write};
  StepResult result;
  gw_status said = GW_INTERNAL;
  try {
    const Breadcrumbs::Hook here(instance.release(), rule_of(input.hook).name, input.name);
    said = call_hook(instance, call, input, sink);
  } catch (const std::exception& error) {
    txn.fail(GW_INTERNAL, std::string("a C++ exception left the plugin: ") + error.what());
  } catch (...) {
    txn.fail(GW_INTERNAL, "a C++ exception left the plugin");
  }
  result.took = std::chrono::steady_clock::now() - txn.started;
  result.trace = {view.keys_read(), view.keys_written(), view.bytes_written()};
  result.yields_denied = txn.yields_denied;
  result.yielded = txn.yielded;
  result.status = judge(txn, said, result.error);
  keep(result, txn);
  return result;
}

}  // namespace gateway
