#include "store/scrubber.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace gateway {
namespace {

constexpr std::size_t kRowsPerStep = 256;

}  // namespace

Scrubber::Scrubber(Engine& engine, LogSink log) : engine_(engine), log_(std::move(log)) {}

void Scrubber::step() {
  const auto snapshot = engine_.snapshot();
  if (!snapshot) return;  // whoever needs the store says so
  std::size_t rows = 0;
  std::string last;
  const auto walked =
      (*snapshot)->scan({.first = next_, .last = {}}, [&](std::string_view key, auto, auto) {
        last = key;
        return ++rows < kRowsPerStep;
      });
  if (walked && rows == kRowsPerStep) {
    next_ = last + '\0';
    return;
  }
  next_.clear();
  if (!walked && walked.error().status == GW_CORRUPT) tell(walked.error());
}

void Scrubber::tell(const StoreError& damage) {
  if (damage.message == told_) return;
  told_ = damage.message;
  if (log_) log_(GW_LOG_ERROR, "store", damage.message);
}

}  // namespace gateway
