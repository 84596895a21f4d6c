// Structured log lines on stderr, one line each.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/log.hpp"

namespace gateway_app {

enum class LogFormat : std::uint8_t { kText, kJson };

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// Writes a line with one write(2), so that lines of different threads and processes do not mix.
//   text   2026-03-01T12:00:00.123Z INFO  gateway: listening url=http://127.0.0.1:18789
//   json   {"at":"...","level":"info","component":"gateway","text":"listening","url":"..."}
// Never pass a token or a tool's arguments: the log is read by more people than they are meant for.
// Thread rule: any.
class Logger {
 public:
  Logger(std::uint32_t level, LogFormat format, int fd = 2)
      : level_(level), format_(format), fd_(fd) {}

  void write(std::uint32_t level, std::string_view component, std::string_view text,
             const LogFields& fields = {}) const;
  void debug(std::string_view text, const LogFields& fields = {}) const;
  void info(std::string_view text, const LogFields& fields = {}) const;
  void warn(std::string_view text, const LogFields& fields = {}) const;
  void error(std::string_view text, const LogFields& fields = {}) const;

  // This logger as the host library wants it; must outlive the sink's users.
  gateway::LogSink sink() const;

 private:
  std::uint32_t level_;  // GW_LOG_*: what is below is dropped
  LogFormat format_;
  int fd_;
};

// One line, without the newline at its end. `at_ms` is Unix time.
std::string log_line(LogFormat format, std::int64_t at_ms, std::uint32_t level,
                     std::string_view component, std::string_view text, const LogFields& fields);

}  // namespace gateway_app
