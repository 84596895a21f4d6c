/* gateway/plugin_abi.h: the contract between a gateway ("host") and its plugins.
 *
 * Version 1.0-rc. It may still change until a C plugin, a C++ plugin, a C host and a Node.js host have all used it;
 * then 1.0 is frozen.
 *
 * The one idea: a plugin is a pure transition function over the host's transactional store,
 *
 *     (snapshot of the store, request, now) -> (reply, writes)
 *
 * The host opens a transaction, calls a hook, and decides what happens to the writes: commit, drop, or run the hook
 * again. A plugin keeps no state but its configuration, starts no thread, reads no clock, opens no file and keeps no
 * cache that outlives a call. That is what makes it atomic, swappable, replayable and safe to judge beside another
 * version.
 *
 * Rules, and why:
 *
 *  1. The major version is in the entry symbol's name, the only symbol a plugin exports. Minors are numbers that both
 *     sides state. A plugin never refuses by itself: it returns its table and the host computes every refusal from it,
 *     so that each message can say expected, got and remedy.
 *  2. A struct that may grow begins with `size`; fields are only appended; a reader treats what lies beyond `size` as
 *     absent. gw_bytes and gw_sink have no `size` and are frozen. Statuses are int32_t constants, because the width of
 *     a C enum is the compiler's choice.
 *  3. Nothing is freed across the boundary: the two sides may have different allocators. Inputs are borrowed until the
 *     hook returns; outputs go through a sink of the host, which also enforces size limits. A failed store or sink
 *     call is sticky: the host drops the call's writes whatever the hook returns afterwards.
 *  4. Text is UTF-8, counted, not NUL-terminated. `_ms` is Unix milliseconds (int64_t), `_ns` is nanoseconds of
 *     CLOCK_MONOTONIC (uint64_t).
 *  5. No exception, errno or C++ type crosses. A hook that catches anything returns GW_INTERNAL.
 *  6. Thread tags:  [control] one host thread at a time;  [any] from any thread, concurrently;  [in-call] only from
 *     inside a hook, on the hook's thread. There is no store access during create, destroy and health. Host objects
 *     are invalid after fork().
 *  7. Optional features are interfaces found by name (`query`), so that the core structs stay small.
 *
 * Defined for 64-bit platforms; there is no implicit padding.
 */
#ifndef GATEWAY_PLUGIN_ABI_H
#define GATEWAY_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GW_ABI_MAJOR 1u
#define GW_ABI_MINOR 0u

/* ---- Statuses ---------------------------------------------------------------------------------------------------
 *
 *   status                returned by          the call's writes     meaning
 *   GW_OK                 hooks, all functions commit                done; the sink holds the reply
 *   GW_REFUSED            hooks                drop                  a domain "no"; the sink holds the error reply
 *   GW_REFUSED_RECORDED   hooks                commit                a domain "no" whose evidence must stay
 *   GW_MORE               call, sweep, migrate commit                one step is done; the sink holds the continuation
 *   GW_STOP               gw_visit only        -                     ends a scan, which then returns GW_OK
 *   GW_CONFLICT           store                drop, run again       another writer was faster; pass it on unchanged
 *   GW_INVALID            functions; create    drop                  an argument breaks a documented rule
 *   GW_MISUSE             functions            drop                  called where its thread tag forbids it
 *   GW_TOO_LARGE          store, sink          drop                  over a limit of gw_host
 *   GW_NO_SPACE           store                drop                  the disk is full; reads still work
 *   GW_CORRUPT            store                drop                  stored bytes fail their checksum
 *   GW_UNAVAILABLE        store                drop                  the store cannot be reached now
 *   GW_CANCELLED          store, sink          drop                  the host has given the call up
 *   GW_INTERNAL           hooks                drop                  a bug; counts against the release
 *
 * Any other value that a hook returns is treated as GW_INTERNAL. After a failed function, last_error() explains.
 * Every error reply is a JSON object {"error": text for people, "code": machine code, ...}.
 */
typedef int32_t gw_status;

#define GW_OK ((gw_status)0)
#define GW_REFUSED ((gw_status)1)
#define GW_REFUSED_RECORDED ((gw_status)2)
#define GW_MORE ((gw_status)3)
#define GW_STOP ((gw_status)4)
#define GW_CONFLICT ((gw_status)-1)
#define GW_INVALID ((gw_status)-2)
#define GW_MISUSE ((gw_status)-3)
#define GW_TOO_LARGE ((gw_status)-4)
#define GW_NO_SPACE ((gw_status)-5)
#define GW_CORRUPT ((gw_status)-6)
#define GW_UNAVAILABLE ((gw_status)-7)
#define GW_CANCELLED ((gw_status)-8)
#define GW_INTERNAL ((gw_status)-9)

/* ---- Bytes and sinks ------------------------------------------------------------------------------------------ */

/* Borrowed bytes. Absent is {NULL, 0}; present and empty is {non-NULL, 0}. Frozen. */
typedef struct gw_bytes {
  const void* ptr;
  uint64_t len;
} gw_bytes;

/* Where a hook puts its output. `write` appends `chunk`; the host copies it before it returns. Frozen.
 *   GW_OK         appended
 *   GW_TOO_LARGE  the reply would exceed gw_host.max_reply (or the tool's own maxReplyBytes)
 *   GW_CANCELLED  the host has given the call up
 * [in-call] */
typedef struct gw_sink {
  void* ctx;
  gw_status (*write)(void* ctx, gw_bytes chunk);
} gw_sink;

/* ---- The store: one transaction, an ordered map from bytes to bytes ------------------------------------------- */

/* The transaction of one call. Opaque; valid until the hook returns. */
typedef struct gw_txn gw_txn;

/* Receives one row of a scan. `key` and `value` live for this visit only. No store function may be called inside
 * (GW_MISUSE), because the row may lie in a buffer that a read would move.
 * Return GW_OK to go on, GW_STOP to end the scan, anything else to fail it with that status. */
typedef gw_status (*gw_visit)(void* ctx, gw_bytes key, gw_bytes value);

#define GW_SCAN_REVERSE 1u /* from `last` down to `first` */

/* All writes of a call become visible together, durably, or not at all. Point reads are strictly serializable: if a
 * key that was read ("absent" included) has changed by commit, the call is run again. A scan sees one snapshot: rows
 * it returned are validated at commit, rows that appeared in between are not. So "nobody else" and counts are read
 * from a point key, never from the absence of rows. */
typedef struct gw_store {
  uint32_t size;
  uint32_t reserved0;

  /* Reads `key` as of this call: the committed state, plus what this call has written.
   * `*value` stays valid until the hook returns, whatever is written later; {NULL, 0} when the key is absent.
   *   GW_OK        the value, or absent
   *   GW_INVALID   empty key, longer than max_key, or first byte 0x00 (the host's own keys)
   *   GW_CORRUPT   the stored bytes fail their checksum; last_error() names the key
   * Why a pointer and not a sink: reads dominate, and the host already keeps them alive for validation.
   * [in-call] */
  gw_status (*get)(gw_txn* txn, gw_bytes key, gw_bytes* value);

  /* Reads `count` keys at once: values[i] belongs to keys[i]. Same rules and statuses as get.
   * Why: on a store across a network, reads that do not depend on each other share one round trip.
   * [in-call] */
  gw_status (*get_many)(gw_txn* txn, const gw_bytes* keys, uint64_t count, gw_bytes* values);

  /* Writes `value` under `key`; both are copied.
   *   GW_OK         written, seen by the call's own later reads
   *   GW_INVALID    key rules as for get
   *   GW_TOO_LARGE  value over max_value, or the step's writes over max_writes
   * [in-call] */
  gw_status (*put)(gw_txn* txn, gw_bytes key, gw_bytes value);

  /* Removes `key`; removing an absent key is GW_OK. Otherwise as put.
   * [in-call] */
  gw_status (*erase)(gw_txn* txn, gw_bytes key);

  /* Visits the rows of [first, last) in the order of unsigned bytes, the call's own writes included. Empty `first`
   * begins at the first key, empty `last` goes to the end; the host's keys (first byte 0x00) are never visited.
   * `flags`: GW_SCAN_REVERSE or 0. At most `limit` rows.
   *   GW_OK        all visited, or ended by GW_STOP
   *   GW_INVALID   limit 0, unknown flag, or a bound longer than max_key
   *   other        what get can return, or what `visit` returned
   * [in-call] */
  gw_status (*scan)(gw_txn* txn, gw_bytes first, gw_bytes last, uint32_t flags, uint64_t limit, void* ctx,
                    gw_visit visit);
} gw_store;

/* ---- Services of the host ------------------------------------------------------------------------------------- */

#define GW_LOG_DEBUG 0u
#define GW_LOG_INFO 1u
#define GW_LOG_WARN 2u
#define GW_LOG_ERROR 3u

/* Crypto lives here because a plugin must not link OpenSSL: it reads files, stays mapped after dlclose, and inside
 * Node.js binds to Node's own copy. All are [in-call]. */
typedef struct gw_services {
  uint32_t size;
  uint32_t reserved0;

  /* Buffers one log line; written only if the call's writes are (or the call is read-only). Never put secrets in. */
  void (*log)(gw_txn* txn, uint32_t level, gw_bytes text);

  /* Buffers a sample for a metric that the manifest names; counted under the same condition as log. */
  void (*metric)(gw_txn* txn, gw_bytes name, double value);

  /* Fills `out` with `n` random bytes of a CSPRNG derived from (call, step, label): repeated when the call is run
   * again, and a call that draws once more under another label does not shift the others. Drawing twice under one
   * label continues its stream.
   *   GW_OK, or GW_INVALID for n over 65536 or an empty label */
  gw_status (*random)(gw_txn* txn, gw_bytes label, void* out, uint64_t n);

  /* out[32] = SHA-256(data). GW_OK. */
  gw_status (*sha256)(gw_txn* txn, gw_bytes data, uint8_t* out);

  /* out[32] = HMAC-SHA-256(key, data). GW_OK. */
  gw_status (*hmac_sha256)(gw_txn* txn, gw_bytes key, gw_bytes data, uint8_t* out);

  /* Checks an Ed25519 signature (64 bytes) over `data`. `public_key` is PEM text or the 32 raw bytes.
   *   GW_OK       valid
   *   GW_REFUSED  not a signature of these bytes by this key (not sticky)
   *   GW_INVALID  not an Ed25519 public key (not sticky) */
  gw_status (*ed25519_verify)(gw_txn* txn, gw_bytes public_key, gw_bytes data, gw_bytes signature);

  /* Non-zero once the host has given the call up; return soon, with any status. */
  int32_t (*cancelled)(gw_txn* txn);

  /* Non-zero once the soft time slice is used up: a stepwise hook should finish this step with GW_MORE. */
  int32_t (*should_yield)(gw_txn* txn);

  /* Text for people about the last function that failed in this call; empty if none. Lives until the next call of a
   * store or service function. */
  gw_bytes (*last_error)(gw_txn* txn);
} gw_services;

/* ---- One step of one transition ------------------------------------------------------------------------------- */

/* Flags of gw_call. */
#define GW_CALL_READ_ONLY 1u /* put and erase are GW_MISUSE */
#define GW_CALL_DRY_RUN 2u   /* write as in a real run; the host drops the writes of all steps after the last */
#define GW_CALL_SHADOW 4u    /* judged beside the active release; dropped */
#define GW_CALL_REPLAY 8u    /* a recorded request, run again on a copy */

/* Who calls, as far as the host knows. */
#define GW_CALLER_ANONYMOUS 0u /* no rights of its own; may carry an agent's token in the arguments */
#define GW_CALLER_AGENT 1u     /* `caller_agent`, authenticated by the host itself */
#define GW_CALLER_OPERATOR 2u  /* holds the gateway's operator credential */
#define GW_CALLER_HOST 3u      /* the host: start, stop, sweeps, self-test */

typedef struct gw_call {
  uint32_t size;
  uint32_t flags;         /* GW_CALL_* */
  gw_bytes request_id;    /* unique per request, the same in every attempt and step */
  gw_bytes trace_id;      /* of the caller; may be absent */
  gw_bytes node_id;       /* this gateway's identity */
  gw_bytes caller_agent;  /* absent unless caller_kind is GW_CALLER_AGENT */
  gw_bytes continuation;  /* what the step before put into the sink with GW_MORE; absent in step 0 */
  int64_t now_ms;         /* the only clock; fixed for the step, never smaller than in a committed step before */
  uint64_t deadline_ns;   /* give up after this instant; 0 = none */
  uint32_t attempt;       /* 0, 1, 2 ... when the host runs the same step again */
  uint32_t step;          /* 0, 1, 2 ... over GW_MORE */
  uint32_t caller_kind;   /* GW_CALLER_* */
  uint32_t reserved0;
  gw_txn* txn;
  const gw_store* store;
  const gw_services* services;
} gw_call;

/* ---- The host, as a plugin sees it ---------------------------------------------------------------------------- */

typedef struct gw_host {
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor;
  uint32_t reserved0;
  uint64_t max_key;    /* bytes; at least 512 */
  uint64_t max_value;  /* bytes; at least 1 MiB */
  uint64_t max_writes; /* bytes of keys and values written per step; at least 4 MiB */
  uint64_t max_reply;  /* bytes; at least 4 MiB */
  void* ctx;

  /* Finds an optional interface of the host by name ("gateway.node/1"), or NULL. It lives as long as the host.
   * [any] */
  const void* (*query)(void* ctx, gw_bytes interface_id);
} gw_host;

/* ---- The plugin, as a host sees it ---------------------------------------------------------------------------- */

/* An instance of a plugin: one library, one configuration. Opaque to the host; immutable after create, because any
 * number of threads use it at once. */
typedef struct gw_instance gw_instance;

/* The table of a plugin: static const data in its library.
 *
 * manifest_json, a JSON object, static text:
 *   tools[]    {name, description, readOnly, parameters (JSON Schema), routeKey? (JSON pointer into the arguments,
 *              splits a canary), dryRunArg? (JSON pointer; true sets GW_CALL_DRY_RUN), maxReplyBytes?}
 *   sweeps[]   {name, everySeconds (how often the host offers it), scope: "node" | "coordinator"}
 *   configSchema, metrics[] {name, kind: "counter" | "gauge" | "histogram", help}
 *   coordinator?  {key, pointer}: where the store holds the nominated coordinator's node id (a string in the JSON
 *              value of `key`)
 *   invariants[]  {prefix, pointer, transitions[[from, to]...], terminal[]} | {prefix, writeOnce: true}
 *   signals[]  {name, prefix, where: {pointer, value}, kind: "escalation" | "pipeline_failure", budgetPointer?}
 * Values stored under a prefix that invariants or signals name are JSON. They let a host judge a release and elect a
 * coordinator without knowing the domain. */
typedef struct gw_plugin {
  uint32_t size;
  uint32_t abi_major;            /* the ABI it was built against */
  uint32_t abi_minor;
  uint32_t min_host_minor;       /* the oldest host minor it accepts */
  uint32_t data_format_read_min; /* stored data it can read: [min, max] ... */
  uint32_t data_format_read_max;
  uint32_t data_format_write;    /* ... and writes */
  uint32_t flags;                /* 0 */
  gw_bytes id;                   /* "ansible" */
  gw_bytes version;              /* SemVer */
  gw_bytes build_id;             /* tells two builds of one version apart */
  gw_bytes manifest_json;

  /* Validates `config_json` (a JSON object) and makes an instance. `host` lives until destroy returns.
   *   GW_OK        *instance is set; `report` may hold {"warnings": [{path, message}]}
   *   GW_INVALID   refused; `report` holds {"errors": [{path, expected, got, message}], "warnings": [...]}
   *   GW_INTERNAL  a bug
   * [control] */
  gw_status (*create)(const gw_host* host, gw_bytes config_json, gw_instance** instance, const gw_sink* report);

  /* Frees an instance. No call on it is running and none will follow.
   * [control] */
  void (*destroy)(gw_instance* instance);

  /* Belong to the slot, not to a release: start runs at the first activation and after a change of configuration,
   * stop at the gateway's shutdown; neither at a swap or rollback. Both are idempotent and may write.
   *   GW_OK, GW_REFUSED (`report` says why), or what the store returned
   * [control] */
  gw_status (*start)(gw_instance* instance, const gw_call* call, const gw_sink* report);
  gw_status (*stop)(gw_instance* instance, const gw_call* call, const gw_sink* report);

  /* One step of an operator's one-way upgrade of stored data to data_format_write. May be NULL.
   *   GW_MORE while unfinished, then GW_OK
   * [control] */
  gw_status (*migrate)(gw_instance* instance, const gw_call* call, const gw_sink* report);

  /* Runs a tool. `args_json` is a JSON object; `reply` receives a JSON object (with GW_MORE: the continuation).
   *   GW_OK, GW_REFUSED, GW_REFUSED_RECORDED, GW_MORE, GW_INTERNAL, or what the store returned
   * [any] */
  gw_status (*call)(const gw_instance* instance, const gw_call* call, gw_bytes tool, gw_bytes args_json,
                    const gw_sink* reply);

  /* Runs a step of a sweep. The host offers it every `everySeconds`; the plugin decides from what the store holds
   * whether it is due. `args_json` is {} when the host's sweeper calls.
   * Statuses as for call.
   * [any] */
  gw_status (*sweep)(const gw_instance* instance, const gw_call* call, gw_bytes sweep, gw_bytes args_json,
                     const gw_sink* report);

  /* {"status": "ok" | "degraded", ...}; no store access.
   * [any] */
  gw_status (*health)(const gw_instance* instance, const gw_sink* report);

  /* Proves on an empty memory store that this build works on this machine; run by the prover process.
   *   GW_OK, or GW_REFUSED with the reason in `report`
   * [control] */
  gw_status (*self_test)(gw_instance* instance, const gw_call* call, const gw_sink* report);

  /* Finds an optional interface of the plugin by name ("gateway.outbox/1"), or NULL. Static, like this table.
   * [any] */
  const void* (*query)(gw_bytes interface_id);
} gw_plugin;

/* The only symbol that a plugin exports. Returns its table whenever it knows the host's major version, and NULL
 * otherwise. Must not allocate, start threads or have side effects.
 * [control] */
#define GW_PLUGIN_ENTRY "gateway_plugin_entry_v1"
typedef const gw_plugin* (*gw_plugin_entry)(uint32_t host_major, uint32_t host_minor);

#if defined(__GNUC__)
#define GW_EXPORT __attribute__((visibility("default")))
#else
#define GW_EXPORT
#endif

/* ---- Interface "gateway.node/1", offered by the host ---------------------------------------------------------- */

#define GW_NODE_V1 "gateway.node/1"

typedef struct gw_node_info {
  uint32_t size;
  uint32_t sweeps;       /* non-zero: coordinator sweeps run on this node */
  gw_bytes node_id;
  gw_bytes role;         /* "coordinator" | "member" */
  gw_bytes reason;       /* why this node does not sweep; empty when it does */
  gw_bytes lease_holder; /* node id, or absent when nobody holds the lease */
  uint64_t lease_epoch;  /* grows whenever the lease changes hands */
} gw_node_info;

typedef struct gw_node {
  uint32_t size;
  uint32_t reserved0;

  /* Fills `info` (set its `size` first) as of this call; the bytes live until the hook returns. Part of the call's
   * input: a recorded call is replayed with the recorded answer.
   *   GW_OK
   * [in-call] */
  gw_status (*describe)(gw_txn* txn, gw_node_info* info);
} gw_node;

/* ---- Interface "gateway.outbox/1", offered by a plugin -------------------------------------------------------- */

#define GW_OUTBOX_V1 "gateway.outbox/1"

#define GW_DELIVERED 0u   /* reached its target */
#define GW_RETRY_LATER 1u /* a passing failure: offer it again after a backoff */
#define GW_GIVE_UP 2u     /* can never be delivered */

/* Outgoing effects are records in the store; the host delivers them after the commit, at least once, with a stable
 * delivery id, and then settles each. */
typedef struct gw_outbox {
  uint32_t size;
  uint32_t reserved0;

  /* Writes the deliveries that are due after `cursor` (absent: from the start) as a JSON object
   * {"deliveries": [{id, stream, target, payload, attempt}...], "cursor": text or null} into `sink`.
   *   GW_OK, or what the store returned
   * [any] */
  gw_status (*next)(const gw_instance* instance, const gw_call* call, gw_bytes cursor, const gw_sink* sink);

  /* Records the outcome (GW_DELIVERED, GW_RETRY_LATER, GW_GIVE_UP) of one delivery; settling twice is GW_OK.
   *   GW_OK, or what the store returned
   * [any] */
  gw_status (*settle)(const gw_instance* instance, const gw_call* call, gw_bytes delivery_id, uint32_t outcome,
                      uint32_t reserved0);
} gw_outbox;

#ifdef __cplusplus
}
#endif

#endif /* GATEWAY_PLUGIN_ABI_H */
