// Records as the existing plugin's dumps print them, and how they come over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plugin/support/tasks.hpp"

namespace ansible_test {

inline const std::string kToken = "at_" + std::string(48, '0');
// printf %s "$kToken" | sha256sum
inline constexpr const char* kHash =
    "sha256:d413b854c012b332253292463ac30fe38e204964d836bae2d3d0c9702d529183";
inline constexpr std::int64_t kThen = World::kStart - 86'400'000;  // a day before

// {key, value}
json::object item(std::string_view key, json::value value);

json::object import(World& world, std::string_view section, json::array items,
                    const json::object& more = {});

// "Ann" of node-a, whose token is kToken.
json::object agent_record(std::string_view type = "internal");

// A task of ann's as it stands after `status`, with the block that the plugin keeps in its metadata.
json::object task_record(std::string_view id, std::string_view status, json::object more = {});

// The task with more in that block.
json::object with_block(json::object task, const json::object& more);

// "hello" from `from`; to everybody when `to` is empty.
json::object message_record(std::string_view from, json::array to, json::array readers);

}  // namespace ansible_test
