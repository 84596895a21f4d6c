// The only extern "C" of the plugin: translates between the ABI and the domain. Nothing is thrown across it.
#include <exception>
#include <memory>
#include <new>
#include <string>

#include "boundary/abi_transaction.hpp"
#include "boundary/manifest.hpp"
#include "boundary/self_test.hpp"
#include "config/config.hpp"
#include "coordination/lifecycle.hpp"
#include "core/build_info.hpp"
#include "dispatch/outbox.hpp"
#include "gateway/plugin_abi.h"
#include "tools/dispatch.hpp"
#include "tools/tool.hpp"

// One configured plugin. Immutable: any number of calls use it at once.
struct gw_instance {
  ansible::Config config;
  const gw_node* node = nullptr;
};

namespace {

using namespace ansible;

gw_status write(const gw_sink* sink, std::string_view text) {
  return sink->write(sink->ctx, to_bytes(text));
}

// Runs a hook's body; what it throws becomes a status (and for a bug a reply that says so, where there is a sink).
template <class Body>
gw_status guarded(const gw_sink* sink, Body body) noexcept {
  try {
    try {
      return body();
    } catch (const StoreFailure& failure) {
      return failure.status;
    } catch (const std::exception& bug) {
      if (sink == nullptr) return GW_INTERNAL;
      write(sink, json::canonical(json::object{{"error", bug.what()}, {"code", "internal"}}));
      return GW_INTERNAL;
    }
  } catch (...) {
    return GW_INTERNAL;
  }
}

gw_status finish(const DispatchReply& reply, const gw_sink* sink) {
  using Kind = DispatchReply::Kind;
  if (reply.kind == Kind::kUnknownName) {
    return write(sink, R"({"code":"not_found","error":"no such tool or sweep"})") == GW_OK
               ? GW_REFUSED
               : GW_INTERNAL;
  }
  const gw_status written = write(sink, reply.body);
  if (written != GW_OK) return written;
  if (reply.kind == Kind::kMore) return GW_MORE;
  if (reply.kind == Kind::kRefusedRecorded) return GW_REFUSED_RECORDED;
  return reply.kind == Kind::kRefused ? GW_REFUSED : GW_OK;
}

const gw_node* node_interface(const gw_host* host) {
  if (host == nullptr || host->query == nullptr) return nullptr;
  return static_cast<const gw_node*>(host->query(host->ctx, to_bytes(GW_NODE_V1)));
}

gw_status create(const gw_host* host, gw_bytes config_json, gw_instance** instance,
                 const gw_sink* report) noexcept {
  return guarded(report, [&]() -> gw_status {
    ConfigReport problems;
    Config config;
    const auto parsed = json::parse(to_view(config_json));
    if (!parsed.ok()) {
      problems.errors.push_back({parsed.error().pointer, "valid JSON", parsed.error().message});
    } else if (!parsed->is_object()) {
      problems.errors.push_back({"", "an object", "another JSON value"});
    } else {
      config = read_config(parsed->get_object(), problems);
    }
    if (!problems.errors.empty() || !problems.warnings.empty()) {
      write(report, json::canonical(problems.to_json()));
    }
    if (!problems.errors.empty()) return GW_INVALID;
    *instance = new gw_instance{std::move(config), node_interface(host)};
    return GW_OK;
  });
}

void destroy(gw_instance* instance) noexcept { delete instance; }

// The hooks that only write.
template <void (*Act)(Context&)>
gw_status lifecycle(gw_instance* instance, const gw_call* call, const gw_sink* report) noexcept {
  return guarded(report, [&]() -> gw_status {
    AbiTransaction txn(*call);
    Context context = make_context(*call, txn, instance->config, instance->node);
    Act(context);
    return write(report, "{}");
  });
}

gw_status call_tool(const gw_instance* instance, const gw_call* call, gw_bytes tool,
                    gw_bytes args_json, const gw_sink* reply) noexcept {
  return guarded(reply, [&]() -> gw_status {
    AbiTransaction txn(*call);
    Context context = make_context(*call, txn, instance->config, instance->node);
    return finish(run_tool(context, to_view(tool), to_view(args_json)), reply);
  });
}

gw_status sweep(const gw_instance* instance, const gw_call* call, gw_bytes name, gw_bytes,
                const gw_sink* report) noexcept {
  return guarded(report, [&]() -> gw_status {
    AbiTransaction txn(*call);
    Context context = make_context(*call, txn, instance->config, instance->node);
    return finish(run_sweep(context, to_view(name)), report);
  });
}

gw_status health(const gw_instance*, const gw_sink* report) noexcept {
  return guarded(report, [&]() -> gw_status { return write(report, R"({"status":"ok"})"); });
}

gw_status prove(gw_instance* instance, const gw_call* call, const gw_sink* report) noexcept {
  return guarded(report, [&]() -> gw_status {
    AbiTransaction txn(*call);
    Context context = make_context(*call, txn, instance->config, instance->node);
    const auto problem = self_test(context);
    if (!problem) return write(report, R"({"status":"ok"})");
    const gw_status written = write(
        report, json::canonical(json::object{{"error", *problem}, {"code", "self_test_failed"}}));
    return written == GW_OK ? GW_REFUSED : written;
  });
}

// ---- gateway.outbox/1

gw_status outbox_next(const gw_instance* instance, const gw_call* call, gw_bytes cursor,
                      const gw_sink* sink) noexcept {
  return guarded(sink, [&]() -> gw_status {
    AbiTransaction txn(*call);
    Context context = make_context(*call, txn, instance->config, instance->node);
    return write(sink, json::canonical(next_deliveries(context, to_view(cursor))));
  });
}

DeliveryOutcome delivery_outcome(std::uint32_t outcome) {
  if (outcome == GW_DELIVERED) return DeliveryOutcome::kDelivered;
  return outcome == GW_GIVE_UP ? DeliveryOutcome::kGiveUp : DeliveryOutcome::kRetryLater;
}

gw_status outbox_settle(const gw_instance* instance, const gw_call* call, gw_bytes delivery_id,
                        std::uint32_t outcome, gw_bytes detail) noexcept {
  return guarded(nullptr, [&]() -> gw_status {
    AbiTransaction txn(*call);
    Context context = make_context(*call, txn, instance->config, instance->node);
    settle_delivery(context, to_view(delivery_id), delivery_outcome(outcome), to_view(detail));
    return GW_OK;
  });
}

constexpr gw_outbox kOutbox = {sizeof(gw_outbox), 0, outbox_next, outbox_settle};

const void* query(gw_bytes interface_id) noexcept {
  return to_view(interface_id) == GW_OUTBOX_V1 ? &kOutbox : nullptr;
}

constexpr std::uint32_t kDataFormat = 1;

gw_plugin make_table() {
  gw_plugin table{};
  table.size = sizeof table;
  table.abi_major = GW_ABI_MAJOR;
  table.abi_minor = GW_ABI_MINOR;
  table.min_host_minor = 0;
  table.data_format_read_min = kDataFormat;
  table.data_format_read_max = kDataFormat;
  table.data_format_write = kDataFormat;
  table.id = to_bytes("ansible");
  table.version = to_bytes(plugin_version());
  table.build_id = to_bytes(plugin_build_id());
  table.manifest_json = to_bytes(manifest_json());
  table.create = create;
  table.destroy = destroy;
  table.start = lifecycle<start_node>;
  table.stop = lifecycle<stop_node>;
  table.call = call_tool;
  table.sweep = sweep;
  table.health = health;
  table.self_test = prove;
  table.query = query;
  return table;
}

}  // namespace

extern "C" GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(std::uint32_t host_major,
                                                              std::uint32_t /*host_minor*/) {
  if (host_major != GW_ABI_MAJOR) return nullptr;
  static const gw_plugin table = make_table();
  return &table;
}
