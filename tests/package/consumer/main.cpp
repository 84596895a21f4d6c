// The least program against the installed host library.
#include <cstdio>

#include "base/json.hpp"
#include "gateway/manifest.hpp"
#include "gateway/memory_engine.hpp"

int main() {
  gateway::MemoryEngine engine;
  const gateway::Write write{"greeting", "hello"};
  const gateway::CommitOutcome outcome = engine.commit({}, {&write, 1});
  const auto manifest = gateway::parse_manifest(R"({"tools":[],"sweeps":[]})");
  const bool good = outcome.kind == gateway::CommitOutcome::Kind::kCommitted && manifest.ok();
  std::puts(good ? "consumer: committed" : "consumer: failed");
  return good ? 0 : 1;
}
