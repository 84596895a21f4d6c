// Bringing over what the existing plugin's dumps print: one function per kind of record.
//
// What is here already is never overwritten, so that importing the same dump again changes nothing. An id that ARG-3 would
// not allow is kept; one that a key cannot carry is skipped.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/context.hpp"
#include "core/error.hpp"

namespace ansible {

// What became of one record.
struct Imported {
  enum class Verdict : std::uint8_t { kImported, kUnchanged, kSkipped };
  Verdict verdict = Verdict::kImported;
  std::string reason;              // why it was skipped
  std::vector<std::string> notes;  // what the operator should know about it

  static Imported unchanged() { return {Verdict::kUnchanged, "", {}}; }
  static Imported skipped(std::string why) { return {Verdict::kSkipped, std::move(why), {}}; }
};

// An agent with its token's hash, so that its token keeps working. One that is registered here already (every start
// registers some) gets what it lacks: token, name, state.
Imported import_agent(Context& context, const std::string& id, const json::object& from);

// A task with its SLA record, indexes, counters and an audit log made from its own list of updates. Idempotency keys and
// delivery states are left behind.
Imported import_task(Context& context, const std::string& id, const json::object& from);

// A message with who has read it.
Imported import_message(Context& context, const std::string& id, const json::object& from);

// A node's or an agent's context, and the skills in it.
Imported import_context(Context& context, const std::string& id, const json::object& from);

// One value of the `coordination` map. Acknowledgements and the delegation policy come in several values:
// import_coordination() below puts them together.
struct ImportedValue {
  std::string key;
  Imported outcome;
};
std::vector<ImportedValue> import_coordination(Context& context, const json::object& values);

// Empty, or why no key can carry this id.
std::string why_unusable(const std::string& id);

// Adds a note to `outcome` when ARG-3 would refuse the id of a new record.
void note_odd_id(const std::string& id, Imported& outcome);

// True for epoch milliseconds that keys can order: 0 to 9999999999999999.
bool plausible_time(std::int64_t ms);

}  // namespace ansible
