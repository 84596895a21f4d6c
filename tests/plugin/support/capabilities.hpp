// Capabilities in the store as a publish leaves them, for tests of what builds upon them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/support/world.hpp"
#include "records/capability.hpp"

namespace ansible_test {

// A manifest of `cap` that `owner` executes, with plain values.
ansible::Manifest manifest_of(std::string_view cap, std::string_view owner,
                              std::string_view version = "1.0.0");

// Stores catalog, manifest, revision and index of an active version; an active predecessor becomes deprecated.
void install(World& world, const ansible::Manifest& manifest);

// Stores a version in canary, beside the active one if there is one.
void install_canary(World& world, const ansible::Manifest& manifest,
                    const std::vector<std::string>& executors, std::int64_t soak_seconds = 300);

// Takes the capability out of service as a withdrawal does, without its distribution tasks.
void disable(World& world, std::string_view cap);

// Runs `act` on the store in one call.
void in_store(World& world, const std::function<void(ansible::Context&)>& act);

}  // namespace ansible_test
