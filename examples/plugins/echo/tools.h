/* What the plugin does. Every function is one transition: it reads and writes through `call` alone.
 * */
#ifndef ECHO_TOOLS_H
#define ECHO_TOOLS_H

#include "gateway/plugin_abi.h"

/* The whole state of an instance: its configuration. Never changed after create. */
struct gw_instance {
  uint64_t greeting_len;
  char greeting[256]; /* a JSON string, with its quotes */
};

gw_status tool_echo(const gw_instance* instance, const gw_call* call, gw_bytes args,
                    const gw_sink* reply);
gw_status tool_count(const gw_instance* instance, const gw_call* call, gw_bytes args,
                     const gw_sink* reply);
gw_status tool_steps(const gw_instance* instance, const gw_call* call, gw_bytes args,
                     const gw_sink* reply);
gw_status tool_read(const gw_instance* instance, const gw_call* call, gw_bytes args,
                    const gw_sink* reply);
gw_status tool_refuse(const gw_instance* instance, const gw_call* call, gw_bytes args,
                      const gw_sink* reply);
gw_status tool_refuse_recorded(const gw_instance* instance, const gw_call* call, gw_bytes args,
                               const gw_sink* reply);

/* Adds one to the counter `key`; `*now` is the new value. GW_INTERNAL if what is stored is no
 * number. */
gw_status count_up(const gw_call* call, const char* key, uint64_t* now);

/* Writes {"error": message, "code": code} and returns GW_REFUSED, or what the sink returned if it
 * failed. */
gw_status refuse(const gw_sink* reply, const char* code, const char* message);

/* Keys of the store. */
#define KEY_COUNT "echo/count"
#define KEY_LEDGER "echo/ledger/" /* + idempotency key */
#define KEY_REFUSALS "echo/refusals"
#define KEY_STARTS "echo/starts"
#define KEY_STEPS "echo/steps"
#define KEY_STOPS "echo/stops"
#define KEY_TICKS "echo/ticks"

#endif
