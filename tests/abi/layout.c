/* The layout that every compiled plugin and host relies on, byte by byte. Compiled as C11 and as
 * C++17, by gcc and clang, with -Wpadded: a failure here means that the ABI has changed. From 1.0
 * on only appended fields are right: then add lines below, and touch none. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "gateway/plugin_abi.h"

#define FIELD(type, field, at) \
  static_assert(offsetof(type, field) == (at), #type "." #field " has moved")
#define SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type " has another size")

static_assert(sizeof(void*) == 8, "the ABI is defined for 64-bit platforms");
static_assert(sizeof(gw_status) == 4, "a status is an int32_t");

FIELD(gw_bytes, ptr, 0);
FIELD(gw_bytes, len, 8);
SIZE(gw_bytes, 16);

FIELD(gw_sink, ctx, 0);
FIELD(gw_sink, write, 8);
SIZE(gw_sink, 16);

FIELD(gw_store, size, 0);
FIELD(gw_store, reserved0, 4);
FIELD(gw_store, get, 8);
FIELD(gw_store, get_many, 16);
FIELD(gw_store, put, 24);
FIELD(gw_store, erase, 32);
FIELD(gw_store, scan, 40);
SIZE(gw_store, 48);

FIELD(gw_services, size, 0);
FIELD(gw_services, reserved0, 4);
FIELD(gw_services, log, 8);
FIELD(gw_services, metric, 16);
FIELD(gw_services, random, 24);
FIELD(gw_services, sha256, 32);
FIELD(gw_services, hmac_sha256, 40);
FIELD(gw_services, ed25519_verify, 48);
FIELD(gw_services, cancelled, 56);
FIELD(gw_services, should_yield, 64);
FIELD(gw_services, last_error, 72);
SIZE(gw_services, 80);

FIELD(gw_call, size, 0);
FIELD(gw_call, flags, 4);
FIELD(gw_call, request_id, 8);
FIELD(gw_call, trace_id, 24);
FIELD(gw_call, node_id, 40);
FIELD(gw_call, caller_agent, 56);
FIELD(gw_call, continuation, 72);
FIELD(gw_call, now_ms, 88);
FIELD(gw_call, deadline_ns, 96);
FIELD(gw_call, attempt, 104);
FIELD(gw_call, step, 108);
FIELD(gw_call, caller_kind, 112);
FIELD(gw_call, reserved0, 116);
FIELD(gw_call, txn, 120);
FIELD(gw_call, store, 128);
FIELD(gw_call, services, 136);
SIZE(gw_call, 144);

FIELD(gw_host, size, 0);
FIELD(gw_host, abi_major, 4);
FIELD(gw_host, abi_minor, 8);
FIELD(gw_host, reserved0, 12);
FIELD(gw_host, max_key, 16);
FIELD(gw_host, max_value, 24);
FIELD(gw_host, max_writes, 32);
FIELD(gw_host, max_reply, 40);
FIELD(gw_host, ctx, 48);
FIELD(gw_host, query, 56);
SIZE(gw_host, 64);

FIELD(gw_plugin, size, 0);
FIELD(gw_plugin, abi_major, 4);
FIELD(gw_plugin, abi_minor, 8);
FIELD(gw_plugin, min_host_minor, 12);
FIELD(gw_plugin, data_format_read_min, 16);
FIELD(gw_plugin, data_format_read_max, 20);
FIELD(gw_plugin, data_format_write, 24);
FIELD(gw_plugin, flags, 28);
FIELD(gw_plugin, id, 32);
FIELD(gw_plugin, version, 48);
FIELD(gw_plugin, build_id, 64);
FIELD(gw_plugin, manifest_json, 80);
FIELD(gw_plugin, create, 96);
FIELD(gw_plugin, destroy, 104);
FIELD(gw_plugin, start, 112);
FIELD(gw_plugin, stop, 120);
FIELD(gw_plugin, migrate, 128);
FIELD(gw_plugin, call, 136);
FIELD(gw_plugin, sweep, 144);
FIELD(gw_plugin, health, 152);
FIELD(gw_plugin, self_test, 160);
FIELD(gw_plugin, query, 168);
SIZE(gw_plugin, 176);

FIELD(gw_node_info, size, 0);
FIELD(gw_node_info, sweeps, 4);
FIELD(gw_node_info, node_id, 8);
FIELD(gw_node_info, role, 24);
FIELD(gw_node_info, reason, 40);
FIELD(gw_node_info, lease_holder, 56);
FIELD(gw_node_info, lease_epoch, 72);
SIZE(gw_node_info, 80);

FIELD(gw_node, size, 0);
FIELD(gw_node, reserved0, 4);
FIELD(gw_node, describe, 8);
SIZE(gw_node, 16);

FIELD(gw_outbox, size, 0);
FIELD(gw_outbox, reserved0, 4);
FIELD(gw_outbox, next, 8);
FIELD(gw_outbox, settle, 16);
SIZE(gw_outbox, 24);

/* The numbers are part of the ABI, too. */
static_assert(GW_OK == 0 && GW_REFUSED == 1 && GW_REFUSED_RECORDED == 2, "statuses");
static_assert(GW_MORE == 3 && GW_STOP == 4, "statuses");
static_assert(GW_CONFLICT == -1 && GW_INVALID == -2 && GW_MISUSE == -3, "statuses");
static_assert(GW_TOO_LARGE == -4 && GW_NO_SPACE == -5 && GW_CORRUPT == -6, "statuses");
static_assert(GW_UNAVAILABLE == -7 && GW_CANCELLED == -8 && GW_INTERNAL == -9, "statuses");
static_assert(GW_CALL_READ_ONLY == 1 && GW_CALL_DRY_RUN == 2, "flags");
static_assert(GW_CALL_SHADOW == 4 && GW_CALL_REPLAY == 8 && GW_SCAN_REVERSE == 1, "flags");
static_assert(GW_CALLER_ANONYMOUS == 0 && GW_CALLER_AGENT == 1, "callers");
static_assert(GW_CALLER_OPERATOR == 2 && GW_CALLER_HOST == 3, "callers");
static_assert(GW_LOG_DEBUG == 0 && GW_LOG_INFO == 1, "log levels");
static_assert(GW_LOG_WARN == 2 && GW_LOG_ERROR == 3, "log levels");
static_assert(GW_DELIVERED == 0 && GW_RETRY_LATER == 1 && GW_GIVE_UP == 2, "outcomes");
