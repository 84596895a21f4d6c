// Commits numbered batches until it is killed; prints each number once its batch is durable.
//   store_kill_writer DATABASE
#include <unistd.h>

#include <cstdio>
#include <string>

#include "gateway/sqlite_engine.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  gateway::SqliteOptions options;
  options.path = argv[1];
  const auto opened = gateway::SqliteEngine::open(options);
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  gateway::SqliteEngine& engine = **opened;
  for (std::uint64_t number = (*engine.snapshot())->sequence() + 1;; ++number) {
    const std::string text = std::to_string(number);
    const gateway::Write batch[] = {
        {"first", text}, {"row/" + text, std::string(number * 37 % 20'000, 'x')}, {"second", text}};
    const gateway::CommitOutcome outcome = engine.commit({}, batch);
    if (outcome.kind != gateway::CommitOutcome::Kind::kCommitted || outcome.sequence != number) {
      std::fprintf(stderr, "commit %s: %s\n", text.c_str(), outcome.error.message.c_str());
      return 1;
    }
    const std::string line = text + "\n";
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) return 1;
  }
}
