// gw_services: logs, metrics, randomness, cryptography and time slices for a running hook.
#include <cmath>
#include <cstring>

#include "execution/txn.hpp"

bool gw_txn::should_yield() {
  if (!yielded) {
    yielded = input.yield_after ? yields_denied >= *input.yield_after
                                : std::chrono::steady_clock::now() - started >= input.slice;
    if (!yielded) ++yields_denied;
  }
  return yielded;
}

namespace gateway {
namespace {

void log(gw_txn* txn, uint32_t level, gw_bytes text) noexcept {
  guarded(txn, [&] {
    if (txn->logs.size() < limits::kMaxLogLines) {
      txn->logs.push_back({level, std::string(text_of(text).substr(0, limits::kMaxLogText))});
    }
    return GW_OK;
  });
}

void metric(gw_txn* txn, gw_bytes name, double value) noexcept {
  guarded(txn, [&] {
    const std::string key(text_of(name));
    if (!std::isfinite(value)) return GW_OK;
    if (txn->metrics.size() < limits::kMaxMetrics || txn->metrics.count(key) != 0) {
      txn->metrics[key] += value;
    }
    return GW_OK;
  });
}

gw_status random(gw_txn* txn, gw_bytes label, void* out, uint64_t n) noexcept {
  return guarded(txn, [&] {
    if (label.len == 0) return txn->fail(GW_INVALID, "random needs a label");
    if (n > limits::kMaxRandom) {
      return txn->fail(GW_INVALID, "random of " + std::to_string(n) + " bytes; at most " +
                                       std::to_string(limits::kMaxRandom) + " at once");
    }
    const std::string_view name = text_of(label);
    auto stream = txn->streams.find(name);
    if (stream == txn->streams.end()) {
      const StepInput& input = txn->input;
      stream = txn->streams
                   .try_emplace(std::string(name), input.seed, input.request_id, input.step, name)
                   .first;
    }
    stream->second.draw(static_cast<std::uint8_t*>(out), n);
    return GW_OK;
  });
}

gw_status sha256(gw_txn* txn, gw_bytes data, uint8_t* out) noexcept {
  return guarded(txn, [&] {
    const crypto::Digest digest = crypto::sha256(text_of(data));
    std::memcpy(out, digest.data(), digest.size());
    return GW_OK;
  });
}

gw_status hmac_sha256(gw_txn* txn, gw_bytes key, gw_bytes data, uint8_t* out) noexcept {
  return guarded(txn, [&] {
    const crypto::Digest digest = crypto::hmac_sha256(text_of(key), text_of(data));
    std::memcpy(out, digest.data(), digest.size());
    return GW_OK;
  });
}

gw_status ed25519_verify(gw_txn* txn, gw_bytes public_key, gw_bytes data,
                         gw_bytes signature) noexcept {
  return guarded(txn, [&] {
    switch (crypto::ed25519_verify(text_of(public_key), text_of(data), text_of(signature))) {
      case crypto::Signature::kValid:
        return GW_OK;
      case crypto::Signature::kForged:
        txn->last_error = "not an Ed25519 signature of these bytes by this key";
        return GW_REFUSED;
      case crypto::Signature::kBadKey:
        break;
    }
    txn->last_error = "not an Ed25519 public key; expected PEM text or 32 raw bytes";
    return GW_INVALID;
  });
}

int32_t cancelled(gw_txn* txn) noexcept { return txn != nullptr && txn->cancelled() ? 1 : 0; }

int32_t should_yield(gw_txn* txn) noexcept { return txn != nullptr && txn->should_yield() ? 1 : 0; }

gw_bytes last_error(gw_txn* txn) noexcept {
  return txn == nullptr ? gw_bytes{nullptr, 0} : bytes_of(txn->last_error);
}

}  // namespace

const gw_services& services_table() {
  static constexpr gw_services kTable = {
      sizeof(gw_services), 0,         log,          metric,     random, sha256, hmac_sha256,
      ed25519_verify,      cancelled, should_yield, last_error,
  };
  return kTable;
}

}  // namespace gateway
