// Small operations on text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace ansible {

// Without blanks, tabs and line ends at either end.
std::string trimmed(std::string_view text);

// ASCII letters in lower case; other bytes as they are.
std::string lower_ascii(std::string_view text);

// One line of at most `characters` characters: runs of white space become one blank, what is cut
// off becomes "...".
std::string excerpt(std::string_view text, std::size_t characters);

// The words in their order, each where it stands first.
std::vector<std::string> each_once(const std::vector<std::string>& words);

// "a, b, c"
std::string listed(const std::vector<std::string>& words);

}  // namespace ansible
