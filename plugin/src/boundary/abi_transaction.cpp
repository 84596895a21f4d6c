#include "boundary/abi_transaction.hpp"

#include <exception>

namespace ansible {
namespace {

void check(gw_status status) {
  if (status != GW_OK) throw StoreFailure{status};
}

// A visitor must not throw through the host's frames: what it throws waits here.
struct Visit {
  const std::function<bool(std::string_view, std::string_view)>& visit;
  std::exception_ptr thrown;
};

gw_status visit_row(void* ctx, gw_bytes key, gw_bytes value) noexcept {
  auto& visit = *static_cast<Visit*>(ctx);
  try {
    return visit.visit(to_view(key), to_view(value)) ? GW_OK : GW_STOP;
  } catch (...) {
    visit.thrown = std::current_exception();
    return GW_STOP;
  }
}

CallerKind caller_kind(std::uint32_t kind) {
  switch (kind) {
    case GW_CALLER_AGENT:
      return CallerKind::kAgent;
    case GW_CALLER_OPERATOR:
      return CallerKind::kOperator;
    case GW_CALLER_HOST:
      return CallerKind::kHost;
    default:
      return CallerKind::kAnonymous;
  }
}

NodeView node_view(const gw_call& call, const gw_node* node) {
  NodeView view;
  view.id = to_view(call.node_id);
  if (node == nullptr) return view;
  gw_node_info info{};
  info.size = sizeof info;
  check(node->describe(call.txn, &info));
  view.role = to_view(info.role);
  view.sweeps = info.sweeps != 0;
  view.reason = to_view(info.reason);
  view.lease_holder = to_view(info.lease_holder);
  view.lease_epoch = info.lease_epoch;
  return view;
}

}  // namespace

std::string_view to_view(gw_bytes bytes) {
  return {static_cast<const char*>(bytes.ptr), static_cast<std::size_t>(bytes.len)};
}

gw_bytes to_bytes(std::string_view text) { return {text.data(), text.size()}; }

std::optional<std::string_view> AbiTransaction::get(std::string_view key) {
  gw_bytes value{};
  check(call_.store->get(call_.txn, to_bytes(key), &value));
  if (value.ptr == nullptr) return std::nullopt;
  return to_view(value);
}

void AbiTransaction::put(std::string_view key, std::string_view value) {
  // An empty view may have no pointer, which would mean "absent".
  check(call_.store->put(call_.txn, to_bytes(key),
                         {value.empty() ? "" : value.data(), value.size()}));
}

void AbiTransaction::erase(std::string_view key) {
  check(call_.store->erase(call_.txn, to_bytes(key)));
}

void AbiTransaction::scan(std::string_view first, std::string_view last, ScanOptions options,
                          const std::function<bool(std::string_view, std::string_view)>& visit) {
  Visit state{visit, nullptr};
  const std::uint32_t flags = options.reverse ? GW_SCAN_REVERSE : 0;
  const gw_status status = call_.store->scan(call_.txn, to_bytes(first), to_bytes(last), flags,
                                             options.limit, &state, visit_row);
  if (state.thrown) std::rethrow_exception(state.thrown);
  check(status);
}

void AbiTransaction::random(std::string_view label, std::span<std::uint8_t> out) {
  check(call_.services->random(call_.txn, to_bytes(label), out.data(), out.size()));
}

Digest AbiTransaction::sha256(std::string_view data) {
  Digest digest{};
  check(call_.services->sha256(call_.txn, to_bytes(data), digest.data()));
  return digest;
}

SignatureCheck AbiTransaction::ed25519_verify(std::string_view public_key, std::string_view data,
                                              std::string_view signature) {
  const gw_status status = call_.services->ed25519_verify(call_.txn, to_bytes(public_key),
                                                          to_bytes(data), to_bytes(signature));
  if (status == GW_REFUSED) return SignatureCheck::kWrong;
  if (status == GW_INVALID) return SignatureCheck::kBadKey;
  check(status);
  return SignatureCheck::kValid;
}

void AbiTransaction::log(std::uint32_t level, std::string_view text) {
  call_.services->log(call_.txn, level, to_bytes(text));
}

void AbiTransaction::metric(std::string_view name, double value) {
  call_.services->metric(call_.txn, to_bytes(name), value);
}

bool AbiTransaction::should_yield() { return call_.services->should_yield(call_.txn) != 0; }

Context make_context(const gw_call& call, AbiTransaction& txn, const Config& config,
                     const gw_node* node) {
  Context context{.txn = txn, .config = config, .now_ms = call.now_ms};
  context.node = node_view(call, node);
  context.caller = caller_kind(call.caller_kind);
  context.caller_agent = to_view(call.caller_agent);
  context.continuation = to_view(call.continuation);
  context.step = call.step;
  context.dry_run = (call.flags & GW_CALL_DRY_RUN) != 0;
  return context;
}

}  // namespace ansible
