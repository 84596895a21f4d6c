// openclaw ansible setup, skills: configuration and links only (gateway.md, reference 8).
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> backups(const Installation& gw) {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(fs::path(gw.config_file()).parent_path())) {
    if (entry.path().filename().string().starts_with("openclaw.json.bak.")) {
      out.push_back(entry.path());
    }
  }
  return out;
}

void add_skill(const fs::path& folder) {
  fs::create_directories(folder);
  std::ofstream(folder / "SKILL.md") << "# a skill\n";
}

}  // namespace

TEST_CASE("setup writes the plugin's settings and leaves the rest of the file byte for byte") {
  const Installation gw;
  const std::string before = test::read_file(gw.config_file());
  std::ofstream(gw.config_file(), std::ios::app) << "// somebody's remark\n";
  chmod(gw.config_file().c_str(), 0600);
  const std::string with_remark = test::read_file(gw.config_file());

  gw.ok("openclaw ansible setup --tier edge --node-id other --dry-run", "would be changed");
  CHECK(test::read_file(gw.config_file()) == with_remark);
  CHECK(backups(gw).empty());

  const json::value reply = gw.document(
      "openclaw ansible setup --tier edge --node-id other --capability build --capability test "
      "--inject-context f --inject-agent architect --backbone ws://a --dispatch-incoming t "
      "--lock-sweep t --lock-sweep-every 90 --lock-sweep-stale 600");
  const std::string after = test::read_file(gw.config_file());
  CHECK(after.ends_with("// somebody's remark\n"));
  CHECK(after.starts_with(before.substr(0, before.find("\"config\""))));
  struct stat st {};
  REQUIRE(stat(gw.config_file().c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0600);
  REQUIRE(backups(gw).size() == 1);
  CHECK(text_of(reply, "backup") == backups(gw).front());
  CHECK(test::read_file(backups(gw).front()) == with_remark);
  const auto parsed = json::parse(after, {.comments = true});
  REQUIRE(parsed.ok());
  const json::value& config = parsed->at("plugins").at("entries").at("ansible").at("config");
  CHECK(text_of(config, "tier") == "edge");
  CHECK(text_of(config, "nodeIdOverride") == "other");
  CHECK(config.at("capabilities") == json::value(json::array{"build", "test"}));
  CHECK(config.at("injectContext") == false);
  CHECK(config.at("lockSweep").at("everySeconds") == 90);
  CHECK(text_of(config, "adminAgentId") == "architect");  // as it was

  // The same once more changes nothing and keeps no copy.
  gw.ok("openclaw ansible setup --tier edge", "as it should be");
  CHECK(backups(gw).size() == 1);
  gw.start();  // and the gateway takes it
  gw.ok("openclaw ansible nodes", "other");
}

TEST_CASE("setup refuses what the gateway would refuse, and writes nothing") {
  const Installation gw;
  gw.refused("openclaw ansible setup --tier moon", 2, "--help");
  gw.refused("openclaw ansible setup --lock-sweep-every 5", 2, "--help");
  std::ofstream(gw.config_file()) << R"({"plugins":{"entries":{"ansible":"text"}}})";
  gw.refused("openclaw ansible setup --tier edge", 1, "ansible");
  CHECK(test::read_file(gw.config_file()) == R"({"plugins":{"entries":{"ansible":"text"}}})");
  CHECK(backups(gw).empty());
}

TEST_CASE("skills sync links skills of this machine into workspaces, and verify checks it") {
  const Installation gw;
  const std::string one = gw.file("one");
  const std::string two = gw.file("two");
  for (const std::string& workspace : {one, two}) fs::create_directories(workspace);
  add_skill(gw.file("source"));
  const std::string where = " --workspace " + one + " --workspace " + two;
  gw.refused("openclaw ansible skills verify", 1, "--workspace");
  CHECK(gw.shell("openclaw ansible skills sync" + where).status == 1);  // no such skill here
  gw.refused("openclaw ansible skills sync --source ansible=https://example.org/x.git" + where, 2,
             "nothing is downloaded");

  const std::string from = " --source ansible=" + gw.file("source") + where;
  gw.ok("openclaw ansible skills sync --dry-run" + from, "linked=2");
  CHECK_FALSE(fs::exists(one + "/skills"));
  const std::string out = gw.ok("openclaw ansible skills sync" + from, "linked=2 unchanged=0");
  CHECK(out.starts_with("+ " + one + "/skills/ansible"));
  CHECK(fs::read_symlink(one + "/skills/ansible") == gw.file(".openclaw/shared-skills/ansible"));
  CHECK(fs::exists(one + "/skills/ansible/SKILL.md"));
  gw.ok("openclaw ansible skills sync" + where, "= " + one);
  gw.ok("openclaw ansible skills verify" + where, "ok=2 failed=0");

  // What stands in the way is never removed: with --force-replace it is put aside.
  fs::remove(two + "/skills/ansible");
  add_skill(two + "/skills/ansible");
  const test::RunResult kept = gw.shell("openclaw ansible skills sync" + where);
  CHECK(kept.status == 1);
  CHECK(kept.err.find("! " + two) != std::string::npos);
  CHECK_FALSE(fs::is_symlink(two + "/skills/ansible"));
  gw.ok("openclaw ansible skills sync --force-replace" + where, "replaced=1");
  CHECK(fs::is_symlink(two + "/skills/ansible"));
  CHECK(std::distance(fs::directory_iterator(two + "/skills"), fs::directory_iterator()) == 2);

  fs::remove(gw.file("source") + "/SKILL.md");
  const test::RunResult broken = gw.shell("openclaw ansible skills verify" + where);
  CHECK(broken.status == 1);
  CHECK(broken.out.find("ok=0 failed=2") != std::string::npos);
}

TEST_CASE("skills find the workspaces that the configuration names") {
  const Installation gw;
  add_skill(gw.file(".openclaw/shared-skills/ansible"));
  std::ofstream(gw.config_file()) << R"({"agents":{"defaults":{"workspace":"~/main"},
    "list":[{"id":"a","workspace":"~/other"},{"id":"b"}]}})";
  const json::value reply = gw.document("openclaw ansible skills sync");
  CHECK(reply.at("linked") == 2);
  CHECK(fs::is_symlink(gw.file("main/skills/ansible")));
  CHECK(fs::is_symlink(gw.file("other/skills/ansible")));
}
