/* A plugin whose calls do what they are asked to: its tool `act` answers, unless its arguments hold one of
 * the words below. With STEADY it always answers. Nothing of it shows in the prover. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "loading/bad_plugins/skeleton.h"

#define MOODY_MANIFEST                                                                      \
  "{\"tools\":[{\"name\":\"look\",\"readOnly\":true,\"parameters\":{\"type\":\"object\"}}," \
  "{\"name\":\"peep\",\"readOnly\":true,\"parameters\":{\"type\":\"object\"}},"             \
  "{\"name\":\"act\",\"parameters\":{\"type\":\"object\"}}],"                               \
  "\"sweeps\":[{\"name\":\"tidy\",\"everySeconds\":1,\"scope\":\"node\"}]}"

#ifdef STEADY

#define act good_call
#define tidy good_call
#define fragile_create good_create
#define fragile_destroy good_destroy

#else

static int asks(gw_bytes args, const char* word) {
  const size_t length = strlen(word);
  for (uint64_t at = 0; at + length <= args.len; ++at) {
    if (memcmp((const char*)args.ptr + at, word, length) == 0) return 1;
  }
  return 0;
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void doze(void) {
  const struct timespec pause = {0, 1000000};
  nanosleep(&pause, NULL);
}

static gw_bytes text(const char* chars) {
  gw_bytes out = {chars, strlen(chars)};
  return out;
}

static gw_status act(const gw_instance* instance, const gw_call* call, gw_bytes name, gw_bytes args,
                     const gw_sink* reply) {
  gw_bytes stuck = {NULL, 0}; /* without arguments it hangs on a store that holds this */
  if (args.len == 2) call->store->get(call->txn, text("stuck"), &stuck);
  while (stuck.ptr != NULL) doze();
  if (asks(args, "fail")) {
    put_text(reply, "asked to fail");
    return GW_INTERNAL;
  }
  if (asks(args, "late")) {
    while (now_ns() <= call->deadline_ns) doze();
  }
  if (asks(args, "linger")) {
    while (!call->services->cancelled(call->txn)) doze();
    return GW_CANCELLED;
  }
  if (asks(args, "clash") && strcmp(VERSION, "1.2.0") == 0) return GW_INTERNAL;
  if (asks(args, "hang") || asks(args, "clash")) {
    for (;;) doze();
  }
  if (asks(args, "sulk")) { /* deaf to `cancelled`, and comes back when a file says so */
    while (access(getenv("MOODY_WAKE"), F_OK) != 0) doze();
    call->store->put(call->txn, text("mood"), text("sulking"));
    return put_text(reply, "{\"ok\":true}");
  }
  if (asks(args, "remember")) {
    if (call->store->put(call->txn, text("mood"), text("good")) != GW_OK) return GW_INTERNAL;
  }
  if (asks(args, "glue")) {
    if (call->store->put(call->txn, text("stuck"), text("yes")) != GW_OK) return GW_INTERNAL;
  }
  if (asks(args, "crash")) raise(SIGSEGV);
  if (asks(args, "abort")) raise(SIGABRT);
  if (asks(args, "exit")) exit(0);
  if (asks(args, "pester")) { /* its sweeps go on until they are cancelled, from now on */
    if (call->store->put(call->txn, text("pestered"), text("yes")) != GW_OK) return GW_INTERNAL;
  }
  if (asks(args, "bother")) { /* its sweeps hang from now on */
    if (call->store->put(call->txn, text("bothered"), text("yes")) != GW_OK) return GW_INTERNAL;
  }
  return good_call(instance, call, name, args, reply);
}

/* The prover runs in an environment of its own: there it works. */
static gw_status fragile_create(const gw_host* host, gw_bytes config, gw_instance** instance,
                                const gw_sink* report) {
  while (getenv("MOODY_HANGS_IN_CREATE") != NULL) doze();
  if (getenv("MOODY_CRASHES_IN_CREATE") != NULL) raise(SIGSEGV);
  return good_create(host, config, instance, report);
}

static void fragile_destroy(gw_instance* instance) {
  if (getenv("MOODY_CRASHES_IN_DESTROY") != NULL) raise(SIGSEGV);
  good_destroy(instance);
}

static gw_status tidy(const gw_instance* instance, const gw_call* call, gw_bytes name,
                      gw_bytes args, const gw_sink* report) {
  gw_bytes value;
  gw_status status = call->store->get(call->txn, text("pestered"), &value);
  if (status != GW_OK) return status;
  if (value.ptr != NULL) {
    while (!call->services->cancelled(call->txn)) doze();
    return GW_CANCELLED;
  }
  status = call->store->get(call->txn, text("bothered"), &value);
  if (status != GW_OK) return status;
  while (value.ptr != NULL) doze();
  return good_call(instance, call, name, args, report);
}

#endif

GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor) {
  static const gw_plugin table = {sizeof(gw_plugin),
                                  GW_ABI_MAJOR,
                                  GW_ABI_MINOR,
                                  0,
                                  1,
                                  1,
                                  1,
                                  0,
                                  BYTES("moody"),
                                  BYTES(VERSION),
                                  BYTES("moody-" VERSION),
                                  BYTES(MOODY_MANIFEST),
                                  fragile_create,
                                  fragile_destroy,
                                  good_control,
                                  good_control,
                                  NULL,
                                  act,
                                  tidy,
                                  good_health,
                                  good_control,
                                  good_query};
  (void)host_major;
  (void)host_minor;
  return &table;
}
