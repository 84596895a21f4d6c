// Agents that write to each other.
#pragma once

#include <string>

#include "plugin/support/world.hpp"

namespace ansible_test {

// With the agents ann, bob and cat.
World with_agents();

// Sends a message without receipts; `from` may be empty (the operator), and so may `to` (everybody). `more`: further
// arguments. Returns its id.
std::string say(World& world, const char* from, const char* to, const char* content,
                const json::object& more = {});

// The message as ansible_dump_messages shows it; empty: it is not there.
json::object dumped(World& world, const std::string& id);

}  // namespace ansible_test
