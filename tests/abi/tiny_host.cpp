#include "tiny_host.hpp"

#include <deque>

// One step: what is committed, what it has written, and the values it has been given.
struct gw_txn {
  tiny::Rows& rows;
  std::uint32_t flags;
  std::deque<std::string> given;
  gw_status sticky = GW_OK;
  bool visiting = false;

  gw_status fail(gw_status status) {
    if (sticky == GW_OK) sticky = status;
    return status;
  }
  bool usable(gw_bytes key) const {
    return key.len >= 1 && key.len <= 512 && *static_cast<const char*>(key.ptr) != '\0';
  }
};

namespace tiny {
namespace {

gw_status get(gw_txn* txn, gw_bytes key, gw_bytes* value) {
  if (txn->visiting) return txn->fail(GW_MISUSE);
  if (!txn->usable(key)) return txn->fail(GW_INVALID);
  *value = {nullptr, 0};
  const auto row = txn->rows.find(text(key));
  if (row == txn->rows.end()) return GW_OK;
  txn->given.push_back(row->second);  // stays where it is, whatever is written later
  *value = bytes(txn->given.back());
  return GW_OK;
}

gw_status get_many(gw_txn* txn, const gw_bytes* keys, std::uint64_t count, gw_bytes* values) {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (const gw_status status = get(txn, keys[i], &values[i]); status != GW_OK) return status;
  }
  return GW_OK;
}

gw_status check_write(gw_txn* txn, gw_bytes key) {
  if (txn->visiting || (txn->flags & GW_CALL_READ_ONLY) != 0) return txn->fail(GW_MISUSE);
  return txn->usable(key) ? GW_OK : txn->fail(GW_INVALID);
}

gw_status put(gw_txn* txn, gw_bytes key, gw_bytes value) {
  if (const gw_status status = check_write(txn, key); status != GW_OK) return status;
  txn->rows[text(key)] = text(value);
  return GW_OK;
}

gw_status erase(gw_txn* txn, gw_bytes key) {
  if (const gw_status status = check_write(txn, key); status != GW_OK) return status;
  txn->rows.erase(text(key));
  return GW_OK;
}

gw_status scan(gw_txn* txn, gw_bytes first, gw_bytes last, std::uint32_t flags, std::uint64_t limit,
               void* ctx, gw_visit visit) {
  if (txn->visiting) return txn->fail(GW_MISUSE);
  if (limit == 0 || (flags & ~GW_SCAN_REVERSE) != 0) return txn->fail(GW_INVALID);
  auto from = txn->rows.lower_bound(text(first));
  auto to = last.len == 0 ? txn->rows.end() : txn->rows.lower_bound(text(last));
  txn->visiting = true;
  gw_status said = GW_OK;
  for (; from != to && limit > 0 && said == GW_OK; --limit) {
    const bool reverse = (flags & GW_SCAN_REVERSE) != 0;
    const auto row = reverse ? --to : from++;
    said = visit(ctx, bytes(row->first), bytes(row->second));
  }
  txn->visiting = false;
  return said == GW_OK || said == GW_STOP ? GW_OK : txn->fail(said);
}

const gw_store kStore = {sizeof(gw_store), 0, get, get_many, put, erase, scan};

// Services that no test here depends on: nothing is logged or counted, randomness and crypto are
// refused.
const gw_services kServices = {
    sizeof(gw_services),
    0,
    [](gw_txn*, std::uint32_t, gw_bytes) {},
    [](gw_txn*, gw_bytes, double) {},
    [](gw_txn* txn, gw_bytes, void*, std::uint64_t) { return txn->fail(GW_UNAVAILABLE); },
    [](gw_txn* txn, gw_bytes, std::uint8_t*) { return txn->fail(GW_UNAVAILABLE); },
    [](gw_txn* txn, gw_bytes, gw_bytes, std::uint8_t*) { return txn->fail(GW_UNAVAILABLE); },
    [](gw_txn* txn, gw_bytes, gw_bytes, gw_bytes) { return txn->fail(GW_UNAVAILABLE); },
    [](gw_txn*) { return 0; },
    [](gw_txn*) { return 0; },
    [](gw_txn*) {
      return gw_bytes{nullptr, 0};
    },
};

bool commits(gw_status status) {
  return status == GW_OK || status == GW_REFUSED_RECORDED || status == GW_MORE;
}

}  // namespace

gw_sink sink_into(std::string& out) {
  return {&out, [](void* ctx, gw_bytes chunk) {
            *static_cast<std::string*>(ctx) += text(chunk);
            return GW_OK;
          }};
}

template <typename Hook>
Reply Host::run(std::uint32_t flags, Hook hook) {
  const std::string request = "request-" + std::to_string(++requests_);
  Rows rows = rows_;
  Reply reply;
  std::string continuation;
  do {
    Rows written = rows;
    gw_txn txn{written, flags, {}};
    std::string out;
    const gw_sink sink = sink_into(out);
    gw_call call{};
    call.size = sizeof call;
    call.flags = flags;
    call.request_id = bytes(request);
    call.node_id = bytes("node-1");
    if (reply.steps > 0) call.continuation = bytes(continuation);
    call.now_ms = ++now_ms_;
    call.step = reply.steps;
    call.caller_kind = GW_CALLER_OPERATOR;
    call.txn = &txn;
    call.store = &kStore;
    call.services = &kServices;
    reply.status = hook(call, sink);
    if (txn.sticky != GW_OK) reply.status = txn.sticky;
    if (commits(reply.status)) rows = std::move(written);
    continuation = out;
    reply.body = std::move(out);
    ++reply.steps;
  } while (reply.status == GW_MORE);
  if ((flags & GW_CALL_DRY_RUN) == 0) rows_ = std::move(rows);
  return reply;
}

Reply Host::call(const gw_plugin& plugin, const gw_instance* instance, std::string_view tool,
                 std::string_view args, std::uint32_t flags) {
  return run(flags, [&](const gw_call& call, const gw_sink& sink) {
    return plugin.call(instance, &call, bytes(tool), bytes(args), &sink);
  });
}

Reply Host::sweep(const gw_plugin& plugin, const gw_instance* instance, std::string_view name) {
  return run(0, [&](const gw_call& call, const gw_sink& sink) {
    return plugin.sweep(instance, &call, bytes(name), bytes("{}"), &sink);
  });
}

Reply Host::self_test(const gw_plugin& plugin, gw_instance* instance) {
  return run(GW_CALL_DRY_RUN, [&](const gw_call& call, const gw_sink& sink) {
    return plugin.self_test(instance, &call, &sink);
  });
}

}  // namespace tiny
