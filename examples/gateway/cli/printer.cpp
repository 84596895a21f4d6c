#include "cli/printer.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace gateway_app {
namespace {

constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kYellow = "33";
constexpr const char* kCyan = "36";
constexpr const char* kBold = "1";

std::size_t terminal_width() {
  if (isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

void write(std::FILE* to, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fputc('\n', to);
}

// Characters, not bytes: what a column needs on the screen.
std::size_t shown_length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string cut(const std::string& text, std::size_t characters) {
  if (shown_length(text) <= characters) return text;
  std::string out;
  std::size_t shown = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (begins && ++shown >= characters) break;
    out += c;
  }
  return out + "\u2026";
}

}  // namespace

std::string harmless(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool c1 =
        byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (c1) ++i;  // U+0080..U+009F in UTF-8
    const bool control = (byte < 0x20 && text[i] != '\n') || byte == 0x7F || c1;
    out += control ? '?' : text[i];
  }
  return out;
}

Printer::Printer(bool json) : json_(json), width_(terminal_width()) {
  const char* no_color = std::getenv("NO_COLOR");
  colours_ = width_ != 0 && (no_color == nullptr || *no_color == '\0');
}

std::string Printer::painted(const char* colour, std::string_view text) const {
  if (!colours_) return std::string(text);
  return "\033[" + std::string(colour) + "m" + std::string(text) + "\033[0m";
}

void Printer::line(std::string_view text) { write(stdout, harmless(text)); }
void Printer::success(std::string_view text) {
  write(stdout, painted(kGreen, "\u2713") + ' ' + harmless(text));
}
void Printer::replay(std::string_view text) {
  write(stdout, painted(kCyan, "\u21ba") + ' ' + harmless(text));
}
void Printer::warning(std::string_view text) {
  if (!json_) write(stderr, painted(kYellow, "!") + ' ' + harmless(text));
}
void Printer::failure(std::string_view text) {
  write(stderr, painted(kRed, "\u2717") + ' ' + harmless(text));
}
void Printer::heading(std::string_view text) {
  write(stdout, painted(kBold, "=== " + harmless(text) + " ==="));
}
void Printer::field(std::string_view name, std::string_view value) {
  if (value.empty()) return;
  std::string text = "  " + std::string(name) + ": ";
  for (const char c : value) text += c == '\n' ? "\n  " : std::string(1, c);
  line(text);
}
void Printer::progress(std::string_view text) {
  if (json_) return;
  if (!draws()) {
    line(text);
    std::fflush(stdout);  // into a log or a pipe it is news, too
    return;
  }
  const std::string shown = cut(harmless(text), width_ > 1 ? width_ - 1 : 1);
  std::fputs(("\r\033[K" + shown).c_str(), stdout);
  std::fflush(stdout);
}
void Printer::end_progress() {
  if (!json_ && draws()) std::fputc('\n', stdout);
}
void Printer::document(const json::value& value) { write(stdout, json::pretty(value)); }
void Printer::compact(const json::value& value) { write(stdout, json::canonical(value)); }

void Printer::table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], shown_length(row[i]));
    }
  }
  for (const auto& row : rows) {
    std::string text;
    std::size_t used = 0;
    for (std::size_t i = 0; i < row.size(); ++i) {
      std::string cell = row[i];
      const bool last = i + 1 == row.size();
      if (last && width_ != 0) cell = cut(cell, width_ > used + 8 ? width_ - used : 8);
      text += cell;
      if (last) break;
      text.append(widths[i] - shown_length(row[i]) + 2, ' ');
      used += widths[i] + 2;
    }
    line(text);
  }
}

int Printer::fail(const Reply& reply) {
  if (json_) {
    document(reply.body);
  } else {
    failure(reply.message);
  }
  return reply.exit;
}

int Printer::fail(int exit, std::string_view code, std::string_view message) {
  return fail({exit, {{"error", message}, {"code", code}}, std::string(message)});
}

}  // namespace gateway_app
