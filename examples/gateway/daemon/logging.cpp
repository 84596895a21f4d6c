#include "daemon/logging.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#include "base/json.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;

std::string timestamp(std::int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     at_ms % 1000);
}

std::string_view level_name(std::uint32_t level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
  return kNames[std::min<std::uint32_t>(level, 3)];
}

std::string_view level_label(std::uint32_t level) {
  constexpr std::string_view kLabels[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
  return kLabels[std::min<std::uint32_t>(level, 3)];
}

// A plugin's text may hold anything; a log line is one line of UTF-8.
std::string printable(std::string_view text) {
  std::string out;
  const bool utf8 = json::valid_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !utf8)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_line(std::int64_t at_ms, std::uint32_t level, std::string_view component,
                      std::string_view text, const LogFields& fields) {
  std::string line =
      fmt::format("{} {} {}: {}", timestamp(at_ms), level_label(level), component, printable(text));
  for (const auto& [name, value] : fields) {
    const bool plain = !value.empty() && value.find_first_of(" =\"\n") == std::string::npos;
    line += plain ? fmt::format(" {}={}", name, printable(value))
                  : fmt::format(" {}=\"{}\"", name, printable(value));
  }
  return line;
}

std::string quoted(std::string_view text) {
  return json::canonical(json::value(json::valid_utf8(text) ? std::string(text) : printable(text)));
}

std::string json_line(std::int64_t at_ms, std::uint32_t level, std::string_view component,
                      std::string_view text, const LogFields& fields) {
  std::string line =
      fmt::format(R"({{"at":"{}","level":"{}","component":{},"text":{})", timestamp(at_ms),
                  level_name(level), quoted(component), quoted(text));
  for (const auto& [name, value] : fields) {
    line += fmt::format(",{}:{}", quoted(name), quoted(value));
  }
  return line + "}";
}

}  // namespace

std::string log_line(LogFormat format, std::int64_t at_ms, std::uint32_t level,
                     std::string_view component, std::string_view text, const LogFields& fields) {
  return format == LogFormat::kJson ? json_line(at_ms, level, component, text, fields)
                                    : text_line(at_ms, level, component, text, fields);
}

void Logger::write(std::uint32_t level, std::string_view component, std::string_view text,
                   const LogFields& fields) const {
  if (level < level_) return;
  using std::chrono::milliseconds;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string line = log_line(format_, std::chrono::duration_cast<milliseconds>(now).count(),
                                    level, component, text, fields) +
                           "\n";
  // A log that cannot be written (closed pipe, full disk) must not stop the gateway.
  ssize_t n = 0;
  do {
    n = ::write(fd_, line.data(), line.size());
  } while (n < 0 && errno == EINTR);
}

void Logger::debug(std::string_view text, const LogFields& fields) const {
  write(GW_LOG_DEBUG, "gateway", text, fields);
}
void Logger::info(std::string_view text, const LogFields& fields) const {
  write(GW_LOG_INFO, "gateway", text, fields);
}
void Logger::warn(std::string_view text, const LogFields& fields) const {
  write(GW_LOG_WARN, "gateway", text, fields);
}
void Logger::error(std::string_view text, const LogFields& fields) const {
  write(GW_LOG_ERROR, "gateway", text, fields);
}

gateway::LogSink Logger::sink() const {
  return [this](std::uint32_t level, std::string_view component, std::string_view text) {
    write(level, component, text);
  };
}

}  // namespace gateway_app
