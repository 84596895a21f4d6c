// What is wrong with a command line is said at once, with exit status 2, and nothing is done.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "e2e/installation.hpp"

using e2e::Installation;

TEST_CASE("two flags that contradict each other are refused, in either order") {
  const Installation gw;  // no gateway runs: whatever is sent fails with another status
  const char* lines[] = {
      "sla sweep --record-only --no-record-only",
      "sla sweep --no-record-only --record-only",
      "send -m x --to worker --broadcast",
      "send -m x --broadcast --to worker",
      "agent distribution-opt --id a --enable --disable",
  };
  for (const char* line : lines) {
    CAPTURE(line);
    gw.refused(std::string("openclaw ansible ") + line, 2, "excludes");
  }
}

TEST_CASE("the slot's id alone names no release: the word that is missing is named") {
  const Installation gw;
  gw.refused("openclaw plugins swap ansible", 2, "FILE|SHA256|VERSION");
  gw.refused("openclaw plugins install ansible", 2, "FILE");
  gw.refused("openclaw plugins verify ansible", 2, "FILE");
  gw.refused("openclaw plugins canary ansible", 2, "FILE|SHA256|VERSION");
  gw.refused("openclaw plugins swap ansible one two", 2, "two");
}

TEST_CASE("the help of a command that there is not is no help: the nearest one is named") {
  const Installation gw;
  gw.refused("openclaw ansible tasks capability --help", 2, "'capability' is no command");
  gw.refused("openclaw ansible task --help", 2, "did you mean 'tasks'?");
  gw.ok("openclaw ansible tasks --help", "Subcommands:");
}

TEST_CASE("text that is no UTF-8 is refused with the option's name") {
  const Installation gw;
  gw.refused("openclaw ansible tasks delegate --title \"$(printf '\\377')\" --description d", 2,
             "--title: expected UTF-8 text");
  gw.refused("openclaw ansible send --message=\"$(printf 'a\\303')\" --to b", 2,
             "--message: expected UTF-8 text");
  gw.refused("openclaw ansible tasks claim \"$(printf '\\377')\"", 2, "expected UTF-8 text");
}

TEST_CASE("a negated flag's help says what the flag does") {
  const Installation gw;
  gw.ok("openclaw ansible sla sweep --help", "Record breaches and notify");
  gw.ok("openclaw ansible send --help", "Send no receipts");
  gw.ok("openclaw ansible agent distribution-opt --help", "It gets none of them");
  gw.ok("openclaw ansible messages-delete --help", "Really delete");
  CHECK(gw.ok("openclaw ansible tasks list --help").find("default 10") == std::string::npos);
}

TEST_CASE("a dump goes into a directory that is there; none is made") {
  const Installation gw;
  gw.start();
  gw.refused("openclaw ansible tasks-dump --as architect --out " + gw.file("none/there/tasks.json"),
             1, "cannot write");
  CHECK_FALSE(std::filesystem::exists(gw.file("none")));
  gw.ok("openclaw ansible tasks-dump --as architect --out " + gw.file("tasks.json"), "Wrote");
}
