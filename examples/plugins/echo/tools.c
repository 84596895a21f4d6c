#include "tools.h"

#include <string.h>

#include "json.h"
#include "text.h"

#define MAX_STEPS 10000u
#define MAX_KEY_CHARS 100u

static gw_status put(const gw_call* call, gw_bytes key, gw_bytes value) {
  return call->store->put(call->txn, key, value);
}

/* A counter is stored as its decimal digits, which are also its JSON; absent is 0. */
static gw_status counter_value(gw_bytes stored, uint64_t* number) {
  json_value digits = {stored.ptr, stored.len, JSON_NUMBER};
  *number = 0;
  if (stored.ptr == NULL) return GW_OK;
  return json_whole_number(digits, number) ? GW_OK : GW_INTERNAL;
}

static gw_status put_counter(const gw_call* call, const char* key, uint64_t number) {
  text digits = {0};
  text_add_number(&digits, number);
  return put(call, bytes_of(key), text_bytes(&digits));
}

gw_status count_up(const gw_call* call, const char* key, uint64_t* now) {
  gw_bytes stored;
  gw_status status = call->store->get(call->txn, bytes_of(key), &stored);
  if (status == GW_OK) status = counter_value(stored, now);
  if (status != GW_OK) return status;
  *now += 1;
  return put_counter(call, key, *now);
}

gw_status refuse(const gw_sink* reply, const char* code, const char* message) {
  text body = {0};
  text_add_chars(&body, "{\"error\":");
  text_add_quoted(&body, bytes_of(message));
  text_add_chars(&body, ",\"code\":");
  text_add_quoted(&body, bytes_of(code));
  text_add_chars(&body, "}");
  gw_status status = reply->write(reply->ctx, text_bytes(&body));
  return status == GW_OK ? GW_REFUSED : status;
}

static gw_status answer(const gw_sink* reply, const text* body) {
  if (body->overflow) return GW_INTERNAL;
  return reply->write(reply->ctx, text_bytes(body));
}

gw_status tool_echo(const gw_instance* instance, const gw_call* call, gw_bytes args,
                    const gw_sink* reply) {
  (void)instance;
  (void)call;
  return reply->write(reply->ctx, args);
}

static gw_status answer_count(const gw_sink* reply, gw_bytes count, bool replayed) {
  text body = {0};
  text_add_chars(&body, "{\"success\":true,\"count\":");
  text_add(&body, count);
  if (replayed) text_add_chars(&body, ",\"idempotent\":true");
  text_add_chars(&body, "}");
  return answer(reply, &body);
}

static gw_status count_once(const gw_call* call, const text* ledger, const gw_sink* reply) {
  uint64_t count = 0;
  text digits = {0};
  gw_status status = count_up(call, KEY_COUNT, &count);
  text_add_number(&digits, count);
  /* The ledger entry is written in the same transaction as its effect: both are there, or neither.
   * */
  if (status == GW_OK && ledger->len != 0) {
    status = put(call, text_bytes(ledger), text_bytes(&digits));
  }
  if (status != GW_OK) return status;
  call->services->metric(call->txn, bytes_of("echo_counts_total"), 1.0);
  return answer_count(reply, text_bytes(&digits), false);
}

gw_status tool_count(const gw_instance* instance, const gw_call* call, gw_bytes args,
                     const gw_sink* reply) {
  json_value key = json_get(args, "key");
  text ledger = {0};
  (void)instance;
  if (key.kind != JSON_ABSENT) {
    gw_bytes chars;
    gw_bytes done;
    if (!json_plain_string(key, &chars) || chars.len == 0 || chars.len > MAX_KEY_CHARS) {
      return refuse(reply, "invalid_argument",
                    "/key: expected a string of 1 to 100 bytes without backslashes");
    }
    text_add_chars(&ledger, KEY_LEDGER);
    text_add(&ledger, chars);
    gw_status status = call->store->get(call->txn, text_bytes(&ledger), &done);
    if (status != GW_OK) return status;
    if (done.ptr != NULL) return answer_count(reply, done, true);
  }
  return count_once(call, &ledger, reply);
}

/* One write in each step. What a step must know of the ones before is in the continuation and in
 * the store; nothing is kept in memory between steps, so another release may run the next one. */
gw_status tool_steps(const gw_instance* instance, const gw_call* call, gw_bytes args,
                     const gw_sink* reply) {
  uint64_t steps = 0;
  uint64_t done = 0;
  uint64_t total = 0;
  text body = {0};
  (void)instance;
  if (!json_whole_number(json_get(args, "steps"), &steps) || steps == 0 || steps > MAX_STEPS) {
    return refuse(reply, "invalid_argument", "/steps: expected a whole number from 1 to 10000");
  }
  if (counter_value(call->continuation, &done) != GW_OK) return GW_INTERNAL;
  gw_status status = count_up(call, KEY_STEPS, &total);
  if (status != GW_OK) return status;
  done++;
  if (done < steps) {
    text_add_number(&body, done);
    status = answer(reply, &body);
    return status == GW_OK ? GW_MORE : status;
  }
  text_add_chars(&body, "{\"success\":true,\"steps\":");
  text_add_number(&body, steps);
  text_add_chars(&body, ",\"total\":");
  text_add_number(&body, total);
  text_add_chars(&body, ",\"dryRun\":");
  text_add_chars(&body, (call->flags & GW_CALL_DRY_RUN) != 0 ? "true}" : "false}");
  return answer(reply, &body);
}

gw_status tool_read(const gw_instance* instance, const gw_call* call, gw_bytes args,
                    const gw_sink* reply) {
  static const struct {
    const char* key;
    const char* field;
  } counters[] = {
      {KEY_COUNT, "count"}, {KEY_STEPS, "steps"},   {KEY_REFUSALS, "refusals"},
      {KEY_TICKS, "ticks"}, {KEY_STARTS, "starts"}, {KEY_STOPS, "stops"},
  };
  enum { kCounters = sizeof counters / sizeof counters[0] };
  gw_bytes keys[kCounters];
  gw_bytes values[kCounters];
  gw_bytes greeting = {instance->greeting, instance->greeting_len};
  text body = {0};
  (void)args;
  for (int i = 0; i < kCounters; i++) keys[i] = bytes_of(counters[i].key);
  gw_status status = call->store->get_many(call->txn, keys, kCounters, values);
  if (status != GW_OK) return status;
  text_add_chars(&body, "{\"success\":true,\"version\":\"" ECHO_VERSION
                        "\",\"buildId\":\"" ECHO_BUILD_ID "\",\"greeting\":");
  text_add(&body, greeting);
  for (int i = 0; i < kCounters; i++) {
    uint64_t number = 0;
    status = counter_value(values[i], &number);
    if (status != GW_OK) return status;
    text_add_chars(&body, ",\"");
    text_add_chars(&body, counters[i].field);
    text_add_chars(&body, "\":");
    text_add_number(&body, number);
  }
  text_add_chars(&body, "}");
  return answer(reply, &body);
}

gw_status tool_refuse(const gw_instance* instance, const gw_call* call, gw_bytes args,
                      const gw_sink* reply) {
  uint64_t refusals = 0;
  (void)instance;
  (void)args;
  gw_status status = count_up(call, KEY_REFUSALS, &refusals);
  if (status != GW_OK) return status;
  return refuse(reply, "refused", "echo_refuse always refuses; what it wrote is dropped");
}

gw_status tool_refuse_recorded(const gw_instance* instance, const gw_call* call, gw_bytes args,
                               const gw_sink* reply) {
  uint64_t refusals = 0;
  (void)instance;
  (void)args;
  gw_status status = count_up(call, KEY_REFUSALS, &refusals);
  if (status != GW_OK) return status;
  status = refuse(reply, "refused_recorded",
                  "echo_refuse_recorded always refuses; that it did so is kept");
  return status == GW_REFUSED ? GW_REFUSED_RECORDED : status;
}
