#include "capabilities/pipeline.hpp"

namespace ansible {

json::object gate_record(const Context& context, std::string_view gate, const GateNote& note) {
  return {{"gate", gate},
          {"status", note.skipped ? "skipped" : "passed"},
          {"at", context.now_ms},
          {"detail", note.detail}};
}

json::object gate_record(const Context& context, std::string_view gate, const Error& error) {
  return {{"gate", gate},
          {"status", "failed"},
          {"at", context.now_ms},
          {"detail", error.code},
          {"error", error.text}};
}

}  // namespace ansible
