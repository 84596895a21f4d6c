#include "common/json_edit.hpp"

#include <optional>

namespace gateway_app {
namespace {

namespace json = base::json;

// Where things stand in a text that is known to be valid: so it looks for ends, not for mistakes.
class Scanner {
 public:
  Scanner(std::string_view text, std::size_t at) : text_(text), at_(at) {}

  std::size_t at() const { return at_; }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void step() { ++at_; }

  // Over blanks and comments.
  void blanks() {
    while (at_ < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
        ++at_;
      } else if (text_.substr(at_, 2) == "//") {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_, 2) == "/*") {
        at_ = std::min(text_.find("*/", at_ + 2), text_.size() - 2) + 2;
      } else {
        return;
      }
    }
  }

  // Over a string; returns it with its quotes.
  std::string_view string() {
    const std::size_t begin = at_++;
    while (peek() != '"') at_ += peek() == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  // Over a value of any kind.
  void value() {
    std::size_t depth = 0;
    do {
      blanks();
      const char c = peek();
      if (c == '"') {
        string();
      } else if (c == '{' || c == '[') {
        ++depth;
        step();
      } else if (c == '}' || c == ']') {
        --depth;
        step();
      } else if (c == ',' || c == ':') {
        step();
      } else {
        while (at_ < text_.size() &&
               std::string_view(",:]}\" \t\r\n/").find(text_[at_]) == std::string_view::npos) {
          ++at_;
        }
      }
    } while (depth > 0);
  }

 private:
  std::string_view text_;
  std::size_t at_;
};

struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// An object's inside, as far as an edit needs it.
struct ObjectShape {
  std::optional<Span> member;  // the value of the wanted one
  std::size_t after_last = 0;  // where one more member can be written
  bool empty = true;
  bool comma = false;  // the last member is followed by one already
  std::string indent;  // of its members, when they stand on lines of their own
};

std::string line_indent(std::string_view text, std::size_t at) {
  const std::size_t line = text.rfind('\n', at);
  if (line == std::string_view::npos) return {};
  const std::string_view before = text.substr(line, at - line);
  return before.find_first_not_of("\n \t") == std::string_view::npos ? std::string(before) : "";
}

ObjectShape shape_of(std::string_view text, std::size_t open, std::string_view wanted) {
  Scanner scan(text, open + 1);
  ObjectShape shape;
  shape.after_last = scan.at();
  const std::string quoted = json::canonical(json::value(wanted));
  for (scan.blanks(); scan.peek() != '}'; scan.blanks()) {
    if (shape.empty) shape.indent = line_indent(text, scan.at());
    shape.empty = false;
    const bool found = scan.string() == quoted;
    scan.blanks();
    scan.step();  // ':'
    scan.blanks();
    const std::size_t begin = scan.at();
    scan.value();
    if (found) shape.member = Span{begin, scan.at()};
    shape.after_last = scan.at();
    scan.blanks();
    shape.comma = scan.peek() == ',';
    if (!shape.comma) continue;
    scan.step();
    shape.after_last = scan.at();
  }
  return shape;
}

std::string with_member(std::string_view text, const ObjectShape& shape, std::string_view name,
                        const std::string& value) {
  std::string added = shape.empty || shape.comma ? "" : ",";
  added += shape.indent.empty() ? " " : shape.indent;
  added += json::canonical(json::value(name)) + ": " + value;
  if (shape.empty) added += ' ';
  std::string out(text);
  return out.insert(shape.after_last, added);
}

// {"b":{"c":value}} for the part of the path that is missing.
json::value nested(std::span<const std::string> path, json::value value) {
  for (std::size_t i = path.size(); i > 0; --i)
    value = json::object{{path[i - 1], std::move(value)}};
  return value;
}

}  // namespace

gateway::Result<std::string> set_json_member(std::string_view text,
                                             std::span<const std::string> path,
                                             const json::value& value) {
  const auto parsed = json::parse(text, {.comments = true});
  if (!parsed.ok()) return gateway::Error{"config_syntax", parsed.error().message};
  Scanner scan(text, 0);
  std::string walked;
  for (std::size_t i = 0; i < path.size(); ++i) {
    scan.blanks();
    if (scan.peek() != '{') {
      return gateway::Error{"config_invalid",
                            (walked.empty() ? "the file" : walked) + ": expected an object"};
    }
    walked += (walked.empty() ? "" : ".") + path[i];
    const ObjectShape shape = shape_of(text, scan.at(), path[i]);
    if (!shape.member) {
      return with_member(text, shape, path[i], json::canonical(nested(path.subspan(i + 1), value)));
    }
    if (i + 1 == path.size()) {
      std::string out(text);
      return out.replace(shape.member->begin, shape.member->end - shape.member->begin,
                         json::canonical(value));
    }
    scan = Scanner(text, shape.member->begin);
  }
  return std::string(text);
}

}  // namespace gateway_app
