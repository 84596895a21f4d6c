// The outbox as a host uses it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dispatch/outbox.hpp"
#include "plugin/support/world.hpp"

namespace ansible_test {

// What is due, over all cursors.
std::vector<json::object> due(World& world);

// When the next delivery is due by itself, in ms from now; -1: none is.
std::int64_t next_due_in(World& world);

void settle(World& world, std::string_view id, ansible::DeliveryOutcome outcome,
            std::string_view detail = "HTTP 500");

// Delivers what is due, again and again, until nothing is; returns what went to `agent`, in order: the contents of
// messages and the titles of tasks.
std::vector<std::string> deliver_all(World& world, std::string_view agent);

// A webhook for the agent; returns its secret.
std::string webhook(World& world, std::string_view agent);

// "body" of a delivery's payload; and the content of the message or the title of the task in it.
const json::object& body_of(const json::object& delivery);
std::string said(const json::object& delivery);

}  // namespace ansible_test
