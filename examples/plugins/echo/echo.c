/* The plugin's face: its table, its hooks, its entry. What the tools do is in tools.c. */
#include <stdlib.h>
#include <string.h>

#include "gateway/plugin_abi.h"
#include "json.h"
#include "manifest.h"
#include "text.h"
#include "tools.h"

/* ---- Configuration -------------------------------------------------------------------------- */

static const char* kind_name(json_kind kind) {
  switch (kind) {
    case JSON_NULL:
      return "null";
    case JSON_TRUE:
    case JSON_FALSE:
      return "boolean";
    case JSON_NUMBER:
      return "number";
    case JSON_STRING:
      return "string";
    case JSON_ARRAY:
      return "array";
    case JSON_OBJECT:
      return "object";
    case JSON_ABSENT:
      break;
  }
  return "nothing";
}

/* One entry of the report's "errors". */
static gw_status refuse_config(const gw_sink* report, const char* path, const char* expected,
                               const char* got) {
  text body = {0};
  text_add_chars(&body, "{\"errors\":[{\"path\":\"");
  text_add_chars(&body, path);
  text_add_chars(&body, "\",\"expected\":\"");
  text_add_chars(&body, expected);
  text_add_chars(&body, "\",\"got\":\"");
  text_add_chars(&body, got);
  text_add_chars(&body, "\",\"message\":\"");
  text_add_chars(&body, path[0] == '\0' ? "config" : path);
  text_add_chars(&body, ": expected ");
  text_add_chars(&body, expected);
  text_add_chars(&body, ", got ");
  text_add_chars(&body, got);
  text_add_chars(&body, "\"}]}");
  gw_status status = report->write(report->ctx, text_bytes(&body));
  return status == GW_OK ? GW_INVALID : status;
}

/* One entry of the report's "warnings"; `name` is a JSON string with its quotes. */
static void warn_unknown(text* warnings, json_value name) {
  gw_bytes inside = {name.text + 1, name.len - 2};
  text entry = {0};
  text_add_chars(&entry, warnings->len == 0 ? "{\"path\":\"/" : ",{\"path\":\"/");
  text_add(&entry, inside);
  text_add_chars(&entry, "\",\"message\":\"unknown key; the only known key is greeting\"}");
  if (!entry.overflow) text_add(warnings, text_bytes(&entry));
}

static gw_status set_greeting(gw_instance* made, json_value value, const gw_sink* report) {
  if (value.kind != JSON_STRING) {
    return refuse_config(report, "/greeting", "string", kind_name(value.kind));
  }
  if (value.len > sizeof made->greeting) {
    return refuse_config(report, "/greeting", "at most 254 bytes", "a longer string");
  }
  memcpy(made->greeting, value.text, value.len);
  made->greeting_len = value.len;
  return GW_OK;
}

/* Reads every key of `config` into `made` and unknown ones into `warnings`. */
static gw_status read_config(gw_bytes config, gw_instance* made, text* warnings,
                             const gw_sink* report) {
  json_value name;
  json_value value;
  json_walk walk = json_open(config);
  while (json_next(&walk, &name, &value)) {
    if (name.len == 10 && memcmp(name.text, "\"greeting\"", 10) == 0) {
      gw_status status = set_greeting(made, value, report);
      if (status != GW_OK) return status;
    } else {
      warn_unknown(warnings, name);
    }
  }
  return walk.failed ? refuse_config(report, "", "a JSON object", "something else") : GW_OK;
}

static gw_status report_warnings(const text* warnings, const gw_sink* report) {
  if (warnings->len == 0) return GW_OK;
  gw_status status = report->write(report->ctx, bytes_of("{\"warnings\":["));
  if (status == GW_OK) status = report->write(report->ctx, text_bytes(warnings));
  if (status == GW_OK) status = report->write(report->ctx, bytes_of("]}"));
  return status;
}

static gw_status hook_create(const gw_host* host, gw_bytes config, gw_instance** instance,
                             const gw_sink* report) {
  text warnings = {0};
  gw_instance* made = calloc(1, sizeof *made);
  (void)host;
  if (made == NULL) return GW_INTERNAL;
  memcpy(made->greeting, "\"hello\"", 7);
  made->greeting_len = 7;
  gw_status status = read_config(config, made, &warnings, report);
  if (status == GW_OK) status = report_warnings(&warnings, report);
  if (status != GW_OK) {
    free(made);
    return status;
  }
  *instance = made;
  return GW_OK;
}

static void hook_destroy(gw_instance* instance) { free(instance); }

/* ---- Hooks ---------------------------------------------------------------------------------- */

/* Counted so that a test can see when a host starts and stops the plugin, and that it does neither
 * at a swap. */
static gw_status hook_start(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  uint64_t starts = 0;
  (void)instance;
  (void)report;
  return count_up(call, KEY_STARTS, &starts);
}

static gw_status hook_stop(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  uint64_t stops = 0;
  (void)instance;
  (void)report;
  return count_up(call, KEY_STOPS, &stops);
}

static bool same(gw_bytes a, const char* b) {
  return a.len == strlen(b) && memcmp(a.ptr, b, a.len) == 0;
}

static gw_status hook_call(const gw_instance* instance, const gw_call* call, gw_bytes tool,
                           gw_bytes args, const gw_sink* reply) {
  static const struct {
    const char* name;
    gw_status (*run)(const gw_instance*, const gw_call*, gw_bytes, const gw_sink*);
  } tools[] = {
      {"echo_echo", tool_echo},     {"echo_count", tool_count},
      {"echo_steps", tool_steps},   {"echo_read", tool_read},
      {"echo_refuse", tool_refuse}, {"echo_refuse_recorded", tool_refuse_recorded},
  };
  for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
    if (same(tool, tools[i].name)) return tools[i].run(instance, call, args, reply);
  }
  return refuse(reply, "not_found", "no such tool; the manifest lists the tools");
}

static gw_status hook_sweep(const gw_instance* instance, const gw_call* call, gw_bytes sweep,
                            gw_bytes args, const gw_sink* report) {
  uint64_t ticks = 0;
  text body = {0};
  (void)instance;
  (void)args;
  if (!same(sweep, "tick")) {
    return refuse(report, "not_found", "no such sweep; the manifest lists the sweeps");
  }
  gw_status status = count_up(call, KEY_TICKS, &ticks);
  if (status != GW_OK) return status;
  text_add_chars(&body, "{\"success\":true,\"ticks\":");
  text_add_number(&body, ticks);
  text_add_chars(&body, "}");
  return report->write(report->ctx, text_bytes(&body));
}

static gw_status hook_health(const gw_instance* instance, const gw_sink* report) {
  (void)instance;
  return report->write(report->ctx, bytes_of("{\"status\":\"ok\"}"));
}

/* On an empty store: a counter counts, and reads see the call's own writes. */
static gw_status hook_self_test(gw_instance* instance, const gw_call* call, const gw_sink* report) {
  uint64_t count = 0;
  (void)instance;
  for (uint64_t expected = 1; expected <= 2; expected++) {
    gw_status status = count_up(call, KEY_COUNT, &count);
    if (status != GW_OK) return status;
    if (count != expected) {
      return refuse(report, "self_test_failed", "a counter on an empty store did not count 1, 2");
    }
  }
  return GW_OK;
}

static const void* hook_query(gw_bytes interface_id) {
  (void)interface_id;
  return NULL;
}

/* ---- The table and the entry ---------------------------------------------------------------- */

#define LITERAL(chars) \
  { chars, sizeof(chars) - 1 }

static const gw_plugin plugin = {
    .size = sizeof(gw_plugin),
    .abi_major = GW_ABI_MAJOR,
    .abi_minor = GW_ABI_MINOR,
    .min_host_minor = 0,
    .data_format_read_min = 1,
    .data_format_read_max = 1,
    .data_format_write = 1,
    .flags = 0,
    .id = LITERAL(ECHO_ID),
    .version = LITERAL(ECHO_VERSION),
    .build_id = LITERAL(ECHO_BUILD_ID),
    .manifest_json = LITERAL(ECHO_MANIFEST),
    .create = hook_create,
    .destroy = hook_destroy,
    .start = hook_start,
    .stop = hook_stop,
    .migrate = NULL,
    .call = hook_call,
    .sweep = hook_sweep,
    .health = hook_health,
    .self_test = hook_self_test,
    .query = hook_query,
};

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor);

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor) {
  (void)host_minor;
  return host_major == GW_ABI_MAJOR ? &plugin : NULL;
}
