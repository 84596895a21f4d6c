/* A plugin of which every part works. Each file beside this one defines away one
 * part and keeps the rest. */
#ifndef BAD_PLUGIN_SKELETON_H
#define BAD_PLUGIN_SKELETON_H

#include "gateway/plugin_abi.h"

#ifndef ABI_MAJOR
#define ABI_MAJOR GW_ABI_MAJOR
#endif
#ifndef MIN_HOST_MINOR
#define MIN_HOST_MINOR 0
#endif
#ifndef TABLE_SIZE
#define TABLE_SIZE sizeof(gw_plugin)
#endif
#ifndef CREATE
#define CREATE good_create
#endif
#ifndef SELF_TEST
#define SELF_TEST good_control
#endif
#ifndef CALL
#define CALL good_call
#endif

#define BYTES(text) \
  { (text), sizeof(text) - 1 }
#define MANIFEST                                                                             \
  "{\"tools\":[{\"name\":\"look\",\"readOnly\":true,\"parameters\":{\"type\":\"object\"}}]," \
  "\"sweeps\":[{\"name\":\"tidy\",\"everySeconds\":1,\"scope\":\"node\"}]}"

#ifdef __cplusplus
extern "C" {
#endif

static inline gw_status put_text(const gw_sink* sink, const char* text) {
  gw_bytes chunk = {text, 0};
  while (text[chunk.len] != '\0') ++chunk.len;
  return sink->write(sink->ctx, chunk);
}

static int the_instance;

static inline gw_status good_create(const gw_host* host, gw_bytes config, gw_instance** instance,
                                    const gw_sink* report) {
  (void)host;
  (void)config;
  (void)report;
  *instance = (gw_instance*)&the_instance;
  return GW_OK;
}

static inline void good_destroy(gw_instance* instance) { (void)instance; }

static inline gw_status good_control(gw_instance* instance, const gw_call* call,
                                     const gw_sink* report) {
  (void)instance;
  (void)call;
  (void)report;
  return GW_OK;
}

static inline gw_status good_call(const gw_instance* instance, const gw_call* call, gw_bytes name,
                                  gw_bytes args, const gw_sink* reply) {
  (void)instance;
  (void)call;
  (void)name;
  (void)args;
  return put_text(reply, "{\"ok\":true}");
}

static inline gw_status good_health(const gw_instance* instance, const gw_sink* report) {
  (void)instance;
  return put_text(report, "{\"status\":\"ok\"}");
}

static inline const void* good_query(gw_bytes interface_id) {
  (void)interface_id;
  return NULL;
}

#define TABLE                                                                             \
  {                                                                                       \
    TABLE_SIZE, ABI_MAJOR, GW_ABI_MINOR, MIN_HOST_MINOR, 1, 1, 1, 0, BYTES("skeleton"),   \
        BYTES("1.0.0"), BYTES("b1"), BYTES(MANIFEST), CREATE, good_destroy, good_control, \
        good_control, good_control, CALL, good_call, good_health, SELF_TEST, good_query   \
  }

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor);

#ifdef __cplusplus
}
#endif

/* The usual entry; a file that spoils the entry itself writes its own. */
#define GOOD_ENTRY                                                                               \
  GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor) { \
    static const gw_plugin table = TABLE;                                                        \
    (void)host_major;                                                                            \
    (void)host_minor;                                                                            \
    return &table;                                                                               \
  }

#endif
