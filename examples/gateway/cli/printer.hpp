// What people and scripts read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/session.hpp"

namespace gateway_app {

// Writes human text to stdout and failures to stderr; in JSON mode one object to stdout and nothing else. Colours only on
// a terminal and never with NO_COLOR. Text that came from the gateway is printed without control characters, so that a
// task's title cannot drive the terminal.
// Thread rule: one thread.
class Printer {
 public:
  explicit Printer(bool json);

  bool json() const { return json_; }

  void line(std::string_view text = "");                      // stdout
  void success(std::string_view text);                        // ✓
  void replay(std::string_view text);                         // ↺
  void warning(std::string_view text);                        // ! on stderr; silent in JSON mode
  void failure(std::string_view text);                        // ✗ on stderr
  void heading(std::string_view text);                        // === text ===
  void field(std::string_view name, std::string_view value);  // "  name: value"; nothing when empty
  // A line that the next one is drawn over on a terminal; elsewhere a plain line. Silent in JSON mode.
  void progress(std::string_view text);
  void end_progress();                        // what was drawn stays
  bool draws() const { return width_ != 0; }  // on a terminal
  void document(const json::value& value);    // pretty JSON
  void compact(const json::value& value);     // JSON on one line

  // Columns as wide as needed; the last one is cut to what the terminal has left.
  void table(const std::vector<std::vector<std::string>>& rows);

  // Ends a command that failed: the reply object in JSON mode, else its message. Returns the exit code.
  int fail(const Reply& reply);
  int fail(int exit, std::string_view code, std::string_view message);

 private:
  std::string painted(const char* colour, std::string_view text) const;
  bool json_;
  bool colours_;
  std::size_t width_;  // of the terminal; 0: not a terminal
};

// Control characters become '?', except line breaks.
std::string harmless(std::string_view text);

}  // namespace gateway_app
