#include "cli/command_words.hpp"

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"

namespace gateway_app {
namespace {

using Kind = CommandWord::Kind;

bool takes_value(const CLI::Option* option) {
  return option != nullptr && option->get_items_expected_max() > 0;
}

// A command's options, and those of the commands that it belongs to.
const CLI::Option* option_of(const CLI::App* command, const std::string& name) {
  for (; command != nullptr; command = command->get_parent()) {
    if (const CLI::Option* option = command->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

class Reader {
 public:
  explicit Reader(CLI::App& root) : line_{{}, &root} {}

  void take(const std::string& word) {
    if (awaits_value_ != nullptr) return value(word);
    if (!only_plain_ && word == "--") {
      only_plain_ = true;
      return add(Kind::kOption, word);
    }
    if (only_plain_ || !take_option(word)) plain(word);
  }

  CommandWords done() { return std::move(line_); }

 private:
  void add(Kind kind, const std::string& text, const CLI::Option* option = nullptr) {
    line_.words.push_back({kind, text, option});
  }

  void value(const std::string& text) {
    add(Kind::kValue, text, std::exchange(awaits_value_, nullptr));
  }

  // False: it is no option, as a negative number is none.
  bool take_option(const std::string& word) {
    std::string name, rest;
    if (CLI::detail::split_long(word, name, rest)) return take_long(word, "--" + name, rest);
    if (!CLI::detail::split_short(word, name, rest)) return false;
    const CLI::Option* option = option_of(line_.command, "-" + name);
    if (option == nullptr && name[0] >= '0' && name[0] <= '9') return false;
    if (option == nullptr || rest.empty()) return named(word, option);
    named("-" + name, option);
    if (takes_value(option)) {
      value(rest);
    } else {
      take("-" + rest);  // "-af" is "-a -f"
    }
    return true;
  }

  bool take_long(const std::string& word, const std::string& name, const std::string& text) {
    const CLI::Option* option = option_of(line_.command, name);
    if (!takes_value(option) || word == name) return named(word, option);
    named(name, option);
    value(text);
    return true;
  }

  bool named(const std::string& word, const CLI::Option* option) {
    add(Kind::kOption, word, option);
    if (takes_value(option)) awaits_value_ = option;
    return true;
  }

  void plain(const std::string& word) {
    CLI::App* next = only_plain_ || strayed_ ? nullptr : child(*line_.command, word);
    if (next == nullptr) {
      strayed_ = true;
      return add(Kind::kPlain, word);
    }
    line_.command = next;
    add(Kind::kCommand, word);
  }

  CommandWords line_;
  const CLI::Option* awaits_value_ = nullptr;
  bool only_plain_ = false;  // after "--"
  bool strayed_ = false;     // a word that is no command: the following ones are none either
};

}  // namespace

std::string CommandWords::stray() const {
  if (children(*command).empty()) return "";
  for (const CommandWord& word : words) {
    if (word.kind == Kind::kPlain) return word.text;
  }
  return "";
}

CommandWords command_words(CLI::App& root, int argc, char** argv) {
  Reader reader(root);
  for (int i = 1; i < argc; ++i) reader.take(argv[i]);
  return reader.done();
}

std::vector<std::string> reversed_texts(const CommandWords& line) {
  std::vector<std::string> texts;
  for (auto word = line.words.rbegin(); word != line.words.rend(); ++word) {
    texts.push_back(word->text);
  }
  return texts;
}

}  // namespace gateway_app
