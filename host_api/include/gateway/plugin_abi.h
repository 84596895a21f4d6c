/* gateway/plugin_abi.h: the contract between a gateway ("host") and its plugins.
 *
 * Version 1.0-rc. It may still change until a C plugin, a C++ plugin, a C host and a Node.js host
 * have all used it; then 1.0 is frozen.
 *
 * The one idea: a plugin is a pure transition function over the host's transactional store,
 *
 *     (snapshot of the store, request, now) -> (reply, writes)
 *
 * The host opens a transaction, calls a hook, and decides what happens to the writes: commit, drop,
 * or run the hook again. A plugin keeps no state but its configuration, starts no thread, reads no
 * clock, opens no file and keeps no cache that outlives a call. That is what makes it atomic,
 * swappable, replayable and safe to judge beside another version.
 *
 * Rules, and why:
 *
 *  1. The major version is in the entry symbol's name, the only symbol a plugin exports. Minors are
 *     numbers that both sides state. A plugin never refuses by itself: it returns its table and the
 *     host computes every refusal from it, so that each message can say expected, got and remedy.
 *  2. A struct that may grow begins with `size`, which whoever fills it sets to its own sizeof.
 *     Fields are only appended; a reader treats what lies beyond `size` as absent. gw_bytes and
 *     gw_sink have no `size` and are frozen. `reserved` fields and parameters are 0. Statuses are
 *     int32_t constants, because the width of a C enum is the compiler's choice.
 *  3. Nothing is freed across the boundary: the two sides may have different allocators. Inputs are
 *     borrowed until the hook returns; outputs go through a sink of the host, which also enforces
 *     size limits. A failed store, sink or service function is sticky (except where its comment
 *     says otherwise): the host drops the step's writes and reports that failure, whatever the hook
 *     returns afterwards. So a plugin that forgets to look at a status can lose its own work, but
 *     never half of it.
 *  4. Text is UTF-8, counted, not NUL-terminated. `_ms` is Unix milliseconds (int64_t), `_ns` is
 *     nanoseconds of CLOCK_MONOTONIC (uint64_t).
 *  5. No exception, errno or C++ type crosses. A hook that catches anything returns GW_INTERNAL.
 *  6. Thread tags:  [control] one host thread at a time;  [any] from any thread, concurrently;
 *     [in-call] only from inside a hook, on the hook's thread. There is no transaction, and so no
 *     store and no services, during create, destroy and health. Host objects are invalid after
 *     fork().
 *  7. Optional features are interfaces found by name (`query`), so that the core structs stay
 *     small. An interface struct begins with `size`; a change that is no appended field gets a new
 *     name.
 *
 * Defined for 64-bit platforms; there is no implicit padding.
 *
 *
 * A plugin, in short (examples/plugins/echo is one in C): fill a static const gw_plugin, return it
 * from gateway_plugin_entry_v1, and export nothing else (a linker version script, because
 * visibility alone leaves C++ symbols that keep a library mapped for ever). Need no library but
 * libc, libm, libstdc++ and libgcc_s. No thread_local with a destructor, atexit, signal handler or
 * setlocale.
 *
 * A host, in short:
 *
 *   load    dlopen a private copy, under a name never used before, with RTLD_NOW | RTLD_LOCAL: the
 *           loader knows libraries by path and inode, and overwriting a mapped file takes the
 *           process down. Call the entry; copy min(size, sizeof(gw_plugin)) bytes of its table into
 *           a zeroed one; compare versions, hooks and data formats; create; at first, start.
 *   call    Open a transaction and fill a gw_call; call the hook with a sink; look at the status:
 *           commit or drop, then hand out the reply. On GW_MORE commit and call again: same
 *           request, tool and arguments, `step` one higher, `continuation` = what the sink got.
 *           The least that is correct: one transaction at a time, the step's own writes visible to
 *           its reads, everything dropped on a status that does not commit.
 *   swap    Load the other release, send new calls to it, and when the last call on the old one
 *           has returned: destroy, dlclose. A stepwise request may go on in the new release.
 *   unload  stop (at shutdown only), destroy, dlclose.
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

/* ---- Statuses -----------------------------------------------------------------------------------
 *
 *   status               who says it           the writes       meaning
 *   GW_OK                hooks, all functions  commit           done; the sink holds the reply
 *   GW_REFUSED           hooks                 drop             a domain "no", no fault of the
 *                                                               release; the sink holds the error
 *   GW_REFUSED_RECORDED  hooks                 commit           a "no" whose evidence must stay
 *   GW_MORE              call, sweep, migrate  commit           this step is done; the sink holds
 *                                                               the continuation (opaque)
 *   GW_STOP              gw_visit only         -                ends a scan, which returns GW_OK
 *   GW_CONFLICT          store                 drop, run again  another writer was faster
 *   GW_INVALID           functions; create     drop             an argument breaks a written rule
 *   GW_MISUSE            functions             drop             called where it may not be
 *   GW_TOO_LARGE         store, sink           drop             over a limit of gw_host
 *   GW_NO_SPACE          store                 drop             the disk is full; reads still work
 *   GW_CORRUPT           store                 drop             stored bytes fail their checksum
 *   GW_UNAVAILABLE       store                 drop             the store cannot be reached now
 *   GW_CANCELLED         store, sink           drop             the host has given the call up
 *   GW_INTERNAL          hooks                 drop             a bug, counts against the release;
 *                                                               the sink may hold a message
 *
 * "The writes" are those of the step. A hook passes a function's negative status on unchanged, so
 * each of them is also a hook's status. Any other value that a hook returns is treated as
 * GW_INTERNAL, and so is GW_MORE from a hook that has no steps, and a status of the store or sink
 * alone (GW_CONFLICT, GW_NO_SPACE ... GW_CANCELLED) that no function had returned: a plugin that
 * does not understand its own records returns GW_INTERNAL. After a failed function, last_error()
 * explains. One service has its own meaning of GW_REFUSED: ed25519_verify.
 *
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

/* ---- Bytes and sinks ------------------------------------------------------------------------ */

/* Borrowed bytes. Absent is {NULL, 0}; present and empty is {non-NULL, 0}. Frozen. */
typedef struct gw_bytes {
  const void* ptr;
  uint64_t len;
} gw_bytes;

/* Where a hook puts its output. `write` appends `chunk`, which the host copies. Frozen.
 *   GW_OK         appended
 *   GW_TOO_LARGE  the reply would exceed gw_host.max_reply (or the tool's own maxReplyBytes)
 *   GW_CANCELLED  the host has given the call up
 * [in-call] */
typedef struct gw_sink {
  void* ctx;
  gw_status (*write)(void* ctx, gw_bytes chunk);
} gw_sink;

/* ---- The store: one transaction, an ordered map from bytes to bytes ------------------------- */

/* The transaction of one step. Opaque; valid until the hook returns. */
typedef struct gw_txn gw_txn;

/* Receives one row of a scan. `key` and `value` live for this visit only. No store function may be
 * called inside (GW_MISUSE), because the row may lie in a buffer that a read would move.
 * Return GW_OK to go on, GW_STOP to end the scan, a negative status to fail it with that status. */
typedef gw_status (*gw_visit)(void* ctx, gw_bytes key, gw_bytes value);

#define GW_SCAN_REVERSE 1u /* from `last` down to `first` */

/* All writes of a step become visible together, durably, or not at all. Point reads are strictly
 * serializable: if a key that was read ("absent" included) has changed by commit, the step is run
 * again. A scan sees one snapshot: rows it returned are validated at commit, rows that appeared in
 * between are not. So "nobody else" and counts are read from a point key, never from the absence of
 * rows. The limits (max_key, ...) are those of gw_host. */
typedef struct gw_store {
  uint32_t size;
  uint32_t reserved0;

  /* Reads `key` as of this step: the committed state, plus what this step has written.
   * `*value` stays valid until the hook returns, whatever is written later; {NULL, 0} when absent.
   *   GW_OK        the value, or absent
   *   GW_INVALID   empty key, longer than max_key, or first byte 0x00 (the host's own keys)
   *   GW_CORRUPT   the stored bytes fail their checksum; last_error() names the key
   *   GW_CONFLICT, GW_UNAVAILABLE, GW_CANCELLED   as in the table of statuses
   * Why a pointer and not a sink: reads dominate, and the host already keeps them alive for
   * validation.
   * [in-call] */
  gw_status (*get)(gw_txn* txn, gw_bytes key, gw_bytes* value);

  /* Reads `count` keys at once: values[i] belongs to keys[i]. Same rules and statuses as get.
   * Why: on a store across a network, reads that do not depend on each other share one round trip.
   * [in-call] */
  gw_status (*get_many)(gw_txn* txn, const gw_bytes* keys, uint64_t count, gw_bytes* values);

  /* Writes `value` under `key`; both are copied.
   *   GW_OK         written, seen by the step's own later reads
   *   GW_INVALID    key rules as for get
   *   GW_MISUSE     the call is GW_CALL_READ_ONLY
   *   GW_TOO_LARGE  value over max_value, or the step's writes over max_writes
   * [in-call] */
  gw_status (*put)(gw_txn* txn, gw_bytes key, gw_bytes value);

  /* Removes `key`; removing an absent key is GW_OK. Otherwise as put.
   * [in-call] */
  gw_status (*erase)(gw_txn* txn, gw_bytes key);

  /* Visits the rows of [first, last) in the order of unsigned bytes, the step's own writes
   * included. Empty `first` begins at the first key, empty `last` goes to the end; the host's keys
   * (first byte 0x00) are never visited. `flags`: GW_SCAN_REVERSE or 0. At most `limit` rows.
   *   GW_OK        all visited, or `limit` of them, or ended by GW_STOP
   *   GW_INVALID   limit 0, unknown flag, or a bound longer than max_key
   *   other        what get can return, or what `visit` returned
   * [in-call] */
  gw_status (*scan)(gw_txn* txn, gw_bytes first, gw_bytes last, uint32_t flags, uint64_t limit,
                    void* ctx, gw_visit visit);
} gw_store;

/* ---- Services of the host ------------------------------------------------------------------- */

#define GW_LOG_DEBUG 0u
#define GW_LOG_INFO 1u
#define GW_LOG_WARN 2u
#define GW_LOG_ERROR 3u

/* Crypto lives here because a plugin must not link OpenSSL: it reads files, stays mapped after
 * dlclose, and inside Node.js binds to Node's own copy. All are [in-call]. */
typedef struct gw_services {
  uint32_t size;
  uint32_t reserved0;

  /* Buffers one log line (`level`: GW_LOG_*); it appears only if the step's writes are committed,
   * or the call is read-only: a run that is dropped and run again leaves no trace. No secrets. */
  void (*log)(gw_txn* txn, uint32_t level, gw_bytes text);

  /* Buffers a sample for a metric that the manifest names; counted under the same condition. */
  void (*metric)(gw_txn* txn, gw_bytes name, double value);

  /* Fills `out` with `n` random bytes of a CSPRNG derived from (request, step, label): the same
   * ones when the step is run again. One stream per label, so that a new release which draws once
   * more, under a label of its own, does not shift the others; drawing again continues the stream.
   *   GW_OK, or GW_INVALID for n over 65536 or an empty label */
  gw_status (*random)(gw_txn* txn, gw_bytes label, void* out, uint64_t n);

  /* out[32] = SHA-256(data). GW_OK. */
  gw_status (*sha256)(gw_txn* txn, gw_bytes data, uint8_t* out);

  /* out[32] = HMAC-SHA-256(key, data). GW_OK. */
  gw_status (*hmac_sha256)(gw_txn* txn, gw_bytes key, gw_bytes data, uint8_t* out);

  /* Checks an Ed25519 signature (64 bytes) over `data`. `public_key` is PEM text or the 32 raw
   * bytes.
   *   GW_OK       valid
   *   GW_REFUSED  not a signature of these bytes by this key (not sticky)
   *   GW_INVALID  not an Ed25519 public key (not sticky) */
  gw_status (*ed25519_verify)(gw_txn* txn, gw_bytes public_key, gw_bytes data, gw_bytes signature);

  /* Non-zero once the host has given the call up; return soon, with any status. */
  int32_t (*cancelled)(gw_txn* txn);

  /* Non-zero once the soft time slice is used up: a stepwise hook should finish this step with
   * GW_MORE. */
  int32_t (*should_yield)(gw_txn* txn);

  /* Text for people about the last function that failed in this step; empty if none. Lives until
   * the next call of a store or service function. */
  gw_bytes (*last_error)(gw_txn* txn);
} gw_services;

/* ---- One step of one transition ------------------------------------------------------------- */

/* Flags of gw_call. */
#define GW_CALL_READ_ONLY 1u /* set for a readOnly tool: put and erase are GW_MISUSE */
#define GW_CALL_DRY_RUN 2u   /* write as in a real run: later steps see it, then it is dropped */
#define GW_CALL_SHADOW 4u    /* judged beside the active release; dropped */
#define GW_CALL_REPLAY 8u    /* a recorded request, run again on a copy */

/* Who calls, as far as the host knows. */
#define GW_CALLER_ANONYMOUS 0u /* no rights of its own; the arguments may carry a token */
#define GW_CALLER_AGENT 1u     /* `caller_agent`, authenticated by the host itself */
#define GW_CALLER_OPERATOR 2u  /* holds the gateway's operator credential */
#define GW_CALLER_HOST 3u      /* the host: start, stop, sweeps, self-test */

/* What a hook gets. A request is one call of a tool or one run of a sweep; it has one step, or
 * several when the hook returns GW_MORE; a step is attempted again after a conflict. Other requests
 * may run between two steps, and another release may run the next one. */
typedef struct gw_call {
  uint32_t size;
  uint32_t flags;        /* GW_CALL_* */
  gw_bytes request_id;   /* unique per request, the same in every attempt and step */
  gw_bytes trace_id;     /* of the caller; may be absent */
  gw_bytes node_id;      /* this gateway's identity */
  gw_bytes caller_agent; /* absent unless caller_kind is GW_CALLER_AGENT */
  gw_bytes continuation; /* what the step before put into the sink with GW_MORE; absent in step 0 */
  int64_t now_ms;        /* the only clock; fixed for the step, never behind a committed one */
  uint64_t deadline_ns;  /* give up after this instant; 0 = none */
  uint32_t attempt;      /* 0, 1, 2 ... when the host runs the same step again */
  uint32_t step;         /* 0, 1, 2 ... over GW_MORE */
  uint32_t caller_kind;  /* GW_CALLER_* */
  uint32_t reserved0;
  gw_txn* txn;
  const gw_store* store;
  const gw_services* services;
} gw_call;

/* ---- The host, as a plugin sees it ---------------------------------------------------------- */

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

  /* Finds an optional interface of the host by name ("gateway.node/1"), or NULL. It lives as long
   * as the host.
   * [any] */
  const void* (*query)(void* ctx, gw_bytes interface_id);
} gw_host;

/* ---- The plugin, as a host sees it ---------------------------------------------------------- */

/* An instance of a plugin: one library, one configuration. Opaque to the host; immutable after
 * create, because any number of threads use it at once. */
typedef struct gw_instance gw_instance;

/* The table of a plugin: static const data in its library. No hook may be
 * NULL but migrate.
 *
 * id, version and build_id are 1 to 100 printable ASCII characters without blanks and slashes: they
 * become file names.
 *
 * manifest_json, a JSON object, static text ("?": may be left out; pointers are JSON pointers):
 *
 *   tools[]        {name, description, readOnly, parameters: JSON Schema of the arguments,
 *                   routeKey?: pointer into the arguments whose value splits a canary,
 *                   dryRunArg?: pointer; when true there, the host sets GW_CALL_DRY_RUN,
 *                   maxReplyBytes?}
 *   sweeps[]       {name, everySeconds: how often the host offers it,
 *                   scope: "node" | "coordinator": everywhere, or on one node of the mesh}
 *   configSchema   JSON Schema of create's config_json
 *   metrics[]      {name, kind: "counter" | "gauge" | "histogram", help}
 *   coordinator?   {key, pointer}: the store's key whose JSON value names, at `pointer`, the node
 *                   id of the nominated coordinator
 *   invariants[]   {prefix, pointer, transitions: [[from, to]...], terminal: [value...]}: how the
 *                   value at `pointer` of the records under `prefix` may change
 *                   | {prefix, writeOnce: true}
 *   signals[]      {name, prefix, where: {pointer, value}, budgetPointer?,
 *                   kind: "escalation" | "pipeline_failure"}: new records that match are counted
 *
 * Values stored under a prefix that invariants or signals name are JSON. They let a host judge a
 * release and elect a coordinator without knowing the domain. */
typedef struct gw_plugin {
  uint32_t size;
  uint32_t abi_major; /* the ABI it was built against */
  uint32_t abi_minor;
  uint32_t min_host_minor;       /* the oldest host minor it accepts */
  uint32_t data_format_read_min; /* stored data it can read: [min, max] ... */
  uint32_t data_format_read_max;
  uint32_t data_format_write; /* ... and writes, which lies in that range */
  uint32_t flags;             /* 0 */
  gw_bytes id;                /* "ansible"; the same in every version */
  gw_bytes version;           /* SemVer */
  gw_bytes build_id;          /* tells two builds of one version apart */
  gw_bytes manifest_json;

  /* Validates `config_json` (a JSON object) and makes an instance. `host` lives until destroy
   * returns. `path` in the report is a JSON pointer; an unknown key is a warning.
   *   GW_OK        *instance is set; `report` may hold {"warnings": [{path, message}]}
   *   GW_INVALID   refused; `report` holds {"errors": [{path, expected, got, message}...],
   *                "warnings": [...]}
   *   GW_INTERNAL  a bug
   * [control] */
  gw_status (*create)(const gw_host* host, gw_bytes config_json, gw_instance** instance,
                      const gw_sink* report);

  /* Frees an instance. No call on it is running and none will follow.
   * [control] */
  void (*destroy)(gw_instance* instance);

  /* Belong to the plugin's place in the gateway, not to a release: start runs when the gateway
   * first activates the plugin and after a change of configuration, stop at the gateway's shutdown;
   * neither at a swap or rollback, so a release must not depend on its own start having run. Both
   * may write, and running one twice does no harm. The report is a JSON object, or nothing.
   *   GW_OK, GW_REFUSED (`report` says why), or what the store returned
   * [control] */
  gw_status (*start)(gw_instance* instance, const gw_call* call, const gw_sink* report);
  gw_status (*stop)(gw_instance* instance, const gw_call* call, const gw_sink* report);

  /* One step of an operator's one-way upgrade of stored data to data_format_write. NULL if there is
   * nothing to upgrade from.
   *   GW_MORE while unfinished, then GW_OK
   * [control] */
  gw_status (*migrate)(gw_instance* instance, const gw_call* call, const gw_sink* report);

  /* Runs a tool. `args_json` is a JSON object, the same in every step; `reply` receives a JSON
   * object (with GW_MORE: the continuation).
   *   GW_OK, GW_REFUSED, GW_REFUSED_RECORDED, GW_MORE, GW_INTERNAL, or what the store returned
   * [any] */
  gw_status (*call)(const gw_instance* instance, const gw_call* call, gw_bytes tool,
                    gw_bytes args_json, const gw_sink* reply);

  /* Runs a step of a sweep. The host offers it every `everySeconds`; the plugin decides from what
   * the store holds whether it is due, and returns GW_OK when it is not. `args_json` is {} when the
   * host's sweeper calls. Reply and statuses as for call.
   * [any] */
  gw_status (*sweep)(const gw_instance* instance, const gw_call* call, gw_bytes sweep,
                     gw_bytes args_json, const gw_sink* report);

  /* Reports {"status": "ok" | "degraded", ...} from the instance alone.
   *   GW_OK, GW_INTERNAL
   * [any] */
  gw_status (*health)(const gw_instance* instance, const gw_sink* report);

  /* Proves on an empty memory store that this build works on this machine. Run in a process of its
   * own, before the gateway loads the library; its writes are dropped.
   *   GW_OK, or GW_REFUSED with the reason in `report`
   * [control] */
  gw_status (*self_test)(gw_instance* instance, const gw_call* call, const gw_sink* report);

  /* Finds an optional interface of the plugin by name ("gateway.outbox/1"), or NULL. Static, like
   * this table.
   * [any] */
  const void* (*query)(gw_bytes interface_id);
} gw_plugin;

/* The only symbol that a plugin exports; a plugin defines it as
 *
 *     GW_EXPORT const gw_plugin* gateway_plugin_entry_v1(uint32_t host_major, uint32_t host_minor)
 *
 * (extern "C" in C++). It returns its table whenever it knows the host's major version, whatever
 * the minors, and NULL otherwise. It must not allocate, start threads or have side effects.
 * [control] */
#define GW_PLUGIN_ENTRY "gateway_plugin_entry_v1"
typedef const gw_plugin* (*gw_plugin_entry)(uint32_t host_major, uint32_t host_minor);

#if defined(__GNUC__)
#define GW_EXPORT __attribute__((visibility("default")))
#else
#define GW_EXPORT
#endif

/* ---- Interface "gateway.node/1", offered by the host ---------------------------------------- */

#define GW_NODE_V1 "gateway.node/1"

typedef struct gw_node_info {
  uint32_t size;
  uint32_t sweeps; /* non-zero: coordinator sweeps run on this node */
  gw_bytes node_id;
  gw_bytes role;         /* "coordinator" | "member" */
  gw_bytes reason;       /* why this node does not sweep; empty when it does */
  gw_bytes lease_holder; /* node id, or absent when nobody holds the lease */
  uint64_t lease_epoch;  /* grows whenever the lease changes hands */
} gw_node_info;

typedef struct gw_node {
  uint32_t size;
  uint32_t reserved0;

  /* Fills at most `info->size` bytes of `info`: the caller sets it to sizeof(gw_node_info) first.
   * The answer is fixed for the step and lives until the hook returns. It is part of the call's
   * input: a recorded call is replayed with the recorded answer.
   *   GW_OK
   * [in-call] */
  gw_status (*describe)(gw_txn* txn, gw_node_info* info);
} gw_node;

/* ---- Interface "gateway.outbox/1", offered by a plugin -------------------------------------- */

#define GW_OUTBOX_V1 "gateway.outbox/1"

#define GW_DELIVERED 0u   /* reached its target */
#define GW_RETRY_LATER 1u /* a passing failure: offer it again after a backoff */
#define GW_GIVE_UP 2u     /* can never be delivered */

/* Outgoing effects are records in the store, in queues: a stream says what kind of effect it is (and
 * so who carries it out), a target whose it is. The host delivers them after the commit, at least
 * once, with a stable delivery id, and settles each. Deliveries of one (stream, target) are offered
 * in their order, and the host makes them one after the other; those of different targets do not
 * wait for each other. A host leaves deliveries of a stream that it does not know alone.
 *
 * Both functions are steps like any other (with GW_CALLER_HOST), and both may write: next drops
 * what has become pointless since it was queued. */
typedef struct gw_outbox {
  uint32_t size;
  uint32_t reserved0;

  /* Puts the deliveries that are due into `sink`, those of the queues after `cursor` (absent: from
   * the start). One that is not settled is offered again.
   *   {"deliveries": [{id, stream, target, payload: any JSON, attempt: 1, 2, ...}...],
   *    "cursor": text or null,
   *    "dueMs": Unix ms at which the next one is due, or null}
   * A null cursor means that there are no more. An id is at most 400 printable ASCII characters
   * without blanks.
   *   GW_OK, or what the store returned
   * [any] */
  gw_status (*next)(const gw_instance* instance, const gw_call* call, gw_bytes cursor,
                    const gw_sink* sink);

  /* Records the outcome (GW_DELIVERED, GW_RETRY_LATER, GW_GIVE_UP) of one delivery. `detail` is text
   * for people about a failure; may be absent. Settling twice, or an id that is not known, is GW_OK.
   *   GW_OK, or what the store returned
   * [any] */
  gw_status (*settle)(const gw_instance* instance, const gw_call* call, gw_bytes delivery_id,
                      uint32_t outcome, gw_bytes detail);
} gw_outbox;

#ifdef __cplusplus
}
#endif

#endif /* GATEWAY_PLUGIN_ABI_H */
