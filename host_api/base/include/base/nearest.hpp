// "Did you mean ...?"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace base {

// The candidate with the smallest edit distance to `word` (case ignored; a swap of neighbours is one edit), or an
// empty string when even the nearest differs in more than a third of the longer word, at least two edits.
// Thread rule: any.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace base
