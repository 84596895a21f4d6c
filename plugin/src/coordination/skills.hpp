// Which agent has which skills (reference 1.7, 5.1): what agents advertise, and who is found by it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/transaction.hpp"

namespace ansible {

// What `agent` (or a node, for all its internal agents) has advertised; sorted.
std::vector<std::string> skills_of(Transaction& txn, std::string_view agent);

// Replaces what `agent` has advertised, and the index with it; an empty list takes it back.
void save_skills(Transaction& txn, std::string_view agent, const std::vector<std::string>& skills);

// Adds one skill to what `agent` advertises; an empty name is none.
void add_skill(Transaction& txn, std::string_view agent, const std::string& skill);

// The ids that have advertised `skill`: agents and nodes, sorted.
std::vector<std::string> advertisers_of(Transaction& txn, std::string_view skill);

// A page of them: at most `limit` after `after` (empty: from the first), in the order of the index.
std::vector<std::string> advertisers_of(Transaction& txn, std::string_view skill,
                                        std::string_view after, std::size_t limit);

}  // namespace ansible
