#include "runbook/page.hpp"

#include <cctype>
#include <cstdlib>
#include <sstream>

namespace runbook {
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Where the shell's comment begins; npos: there is none.
std::size_t comment_in(const std::string& line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '\'' || line[i] == '"') {
      quote = line[i];
    } else if (line[i] == '#' && (i == 0 || line[i - 1] == ' ')) {
      return i;
    }
  }
  return std::string::npos;
}

class Reader {
 public:
  explicit Reader(Page& page) : page_(page) {}

  void line(const std::string& text) {
    ++number_;
    if (text.starts_with("```")) return fence(text.substr(3));
    if (in_block_) return in_bash_ ? command(text) : void();
    if (text.starts_with("|")) return row(text);
    heading_.clear();
    if (text.starts_with("    ")) problem("a block is fenced, and says which language it is in");
    mentions(text);
  }
  void end() {
    if (in_block_) problem("the last block is not closed");
  }

 private:
  void problem(const std::string& text) {
    page_.problems.push_back("line " + std::to_string(number_) + ": " + text);
  }

  void fence(const std::string& language) {
    if (in_block_) {
      if (!language.empty()) problem("a block inside a block");
      if (in_bash_ && !any_) problem("a bash block without a command");
      if (!pending_.text.empty()) problem("a command goes on behind its block");
      pending_ = {};
      in_block_ = in_bash_ = false;
      return;
    }
    in_block_ = true;
    in_bash_ = language == "bash";
    any_ = false;
    if (!in_bash_ && language != "json" && language != "text") {
      problem("a block in \"" + language + "\"; commands are in bash, all else in json or text");
    }
  }

  void command(const std::string& text) {
    const auto comment = comment_in(text);
    const std::string words = trimmed(text.substr(0, comment));
    if (words.empty()) return;
    if (pending_.text.empty()) pending_.line = number_;
    if (comment != std::string::npos) {
      const std::string said = trimmed(text.substr(comment + 1));
      if (said.starts_with("exit ")) pending_.status = std::atoi(said.c_str() + 5);
    }
    if (words.back() == '\\') {
      pending_.text += words.substr(0, words.size() - 1);
      return;
    }
    pending_.text += words;
    page_.commands.push_back(pending_);
    pending_ = {};
    any_ = true;
  }

  // | `code` | what it means | what to do |
  void row(const std::string& text) {
    mentions(text);
    const std::string cell = trimmed(text.substr(1, text.find('|', 1) - 1));
    if (heading_.empty()) {
      heading_ = cell;
      return;
    }
    std::set<std::string>* names = heading_ == "code"    ? &page_.codes
                                   : heading_ == "event" ? &page_.events
                                   : heading_ == "word"  ? &page_.words
                                   : heading_ == "path"  ? &page_.paths
                                                         : nullptr;
    if (names == nullptr) return;
    for (const std::string& name : quoted(cell)) names->insert(name);
  }

  void mentions(const std::string& text) {
    for (const std::string& name : quoted(text)) {
      if (name.starts_with("openclaw ")) page_.mentioned.push_back(name);
    }
  }

  // What stands between backticks.
  static std::vector<std::string> quoted(const std::string& text) {
    std::vector<std::string> out;
    for (auto open = text.find('`'); open != std::string::npos; open = text.find('`', open)) {
      const auto close = text.find('`', open + 1);
      if (close == std::string::npos) break;
      out.push_back(text.substr(open + 1, close - open - 1));
      open = close + 1;
    }
    return out;
  }

  Page& page_;
  int number_ = 0;
  bool in_block_ = false;
  bool in_bash_ = false;
  bool any_ = false;
  Command pending_;
  std::string heading_;  // first column of the table that goes on
};

}  // namespace

Page read_page(const std::string& markdown) {
  Page page;
  Reader reader(page);
  std::istringstream in(markdown);
  for (std::string line; std::getline(in, line);) reader.line(line);
  reader.end();
  return page;
}

std::set<std::string> placeholders(const std::string& text) {
  std::set<std::string> out;
  for (auto open = text.find('<'); open != std::string::npos; open = text.find('<', open + 1)) {
    auto at = open + 1;
    while (at < text.size() && (std::islower(static_cast<unsigned char>(text[at])) != 0 ||
                                text[at] == '.' || text[at] == '-')) {
      ++at;
    }
    if (at > open + 1 && at < text.size() && text[at] == '>') {
      out.insert(text.substr(open, at - open + 1));
    }
  }
  return out;
}

}  // namespace runbook
