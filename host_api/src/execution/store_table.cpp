// gw_store: the C face of a View.
#include <exception>

#include "execution/txn.hpp"

namespace gateway {
namespace {

// What every store function checks first; GW_OK to go on.
gw_status enter(gw_txn& txn) {
  if (txn.visiting) {
    return txn.fail(GW_MISUSE, "a store function was called inside the visit function of a scan");
  }
  if (txn.cancelled()) return txn.fail(GW_CANCELLED, "the host has given this call up");
  return GW_OK;
}

gw_status enter_write(gw_txn& txn) {
  if (const gw_status status = enter(txn); status != GW_OK) return status;
  if ((txn.input.flags & GW_CALL_READ_ONLY) != 0) {
    return txn.fail(GW_MISUSE, "a read-only tool tried to write");
  }
  return GW_OK;
}

gw_bytes to_bytes(const View::Value& value) {
  return value ? bytes_of(*value) : gw_bytes{nullptr, 0};
}

gw_status get(gw_txn* txn, gw_bytes key, gw_bytes* value) noexcept {
  return guarded(txn, [&] {
    *value = {nullptr, 0};
    if (const gw_status status = enter(*txn); status != GW_OK) return status;
    auto read = txn->view.get(text_of(key));
    if (!read) return txn->fail(read.error().status, read.error().message);
    *value = to_bytes(*read);
    return GW_OK;
  });
}

gw_status get_many(gw_txn* txn, const gw_bytes* keys, uint64_t count, gw_bytes* values) noexcept {
  return guarded(txn, [&] {
    for (uint64_t i = 0; i < count; ++i) values[i] = {nullptr, 0};
    if (const gw_status status = enter(*txn); status != GW_OK) return status;
    std::vector<std::string_view> names;
    names.reserve(count);
    for (uint64_t i = 0; i < count; ++i) names.push_back(text_of(keys[i]));
    auto read = txn->view.get_many(names);
    if (!read) return txn->fail(read.error().status, read.error().message);
    for (uint64_t i = 0; i < count; ++i) values[i] = to_bytes((*read)[i]);
    return GW_OK;
  });
}

gw_status put(gw_txn* txn, gw_bytes key, gw_bytes value) noexcept {
  return guarded(txn, [&] {
    if (const gw_status status = enter_write(*txn); status != GW_OK) return status;
    auto written = txn->view.put(text_of(key), text_of(value));
    if (!written) return txn->fail(written.error().status, written.error().message);
    return GW_OK;
  });
}

gw_status erase(gw_txn* txn, gw_bytes key) noexcept {
  return guarded(txn, [&] {
    if (const gw_status status = enter_write(*txn); status != GW_OK) return status;
    auto written = txn->view.erase(text_of(key));
    if (!written) return txn->fail(written.error().status, written.error().message);
    return GW_OK;
  });
}

gw_status check_scan(gw_txn& txn, gw_bytes first, gw_bytes last, uint32_t flags, uint64_t limit) {
  if (const gw_status status = enter(txn); status != GW_OK) return status;
  if (limit == 0) return txn.fail(GW_INVALID, "scan with limit 0; say how many rows at most");
  if ((flags & ~GW_SCAN_REVERSE) != 0) {
    return txn.fail(GW_INVALID, "unknown scan flags " + std::to_string(flags));
  }
  if (first.len > limits::kMaxKey || last.len > limits::kMaxKey) {
    return txn.fail(GW_INVALID, "scan bound longer than " + std::to_string(limits::kMaxKey));
  }
  return GW_OK;
}

// A visitor may go on, stop, or fail the scan; anything else it says is a bug of the plugin.
gw_status visit_failure(gw_status said) {
  return said < 0 && said >= GW_INTERNAL ? said : GW_INTERNAL;
}

gw_status scan(gw_txn* txn, gw_bytes first, gw_bytes last, uint32_t flags, uint64_t limit,
               void* ctx, gw_visit visit) noexcept {
  return guarded(txn, [&] {
    if (const gw_status status = check_scan(*txn, first, last, flags, limit); status != GW_OK) {
      return status;
    }
    const Range range{text_of(first), text_of(last), (flags & GW_SCAN_REVERSE) != 0};
    gw_status said = GW_OK;
    auto visited = txn->view.scan(range, limit, [&](std::string_view key, std::string_view value) {
      txn->visiting = true;
      try {
        said = visit(ctx, bytes_of(key), bytes_of(value));
      } catch (...) {
        said = GW_INTERNAL;
      }
      txn->visiting = false;
      return said == GW_OK;
    });
    if (!visited) return txn->fail(visited.error().status, visited.error().message);
    if (said == GW_OK || said == GW_STOP) return GW_OK;
    return txn->fail(visit_failure(said),
                     "the visit function of a scan failed with status " + std::to_string(said));
  });
}

}  // namespace

const gw_store& store_table() {
  static constexpr gw_store kTable = {sizeof(gw_store), 0, get, get_many, put, erase, scan};
  return kTable;
}

}  // namespace gateway
