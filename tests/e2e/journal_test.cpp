// What a gateway was asked, recorded and run again on another release.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

unsigned mode_of(const std::string& path) {
  struct stat st {};
  REQUIRE(::stat(path.c_str(), &st) == 0);
  return st.st_mode & 07777;
}

// The configuration with a member more in the plugin's entry.
void turn_on(const Installation& gw) {
  std::string text = test::read_file(gw.config_file());
  const std::string entry = R"("enabled":true,)";
  const auto at = text.find(entry);
  REQUIRE(at != std::string::npos);
  text.insert(at, R"("journal":true,)");
  std::ofstream(gw.config_file(), std::ios::trunc) << text;
}

const std::string kReplay = "openclaw plugins replay --base " ANSIBLE_PLUGIN " --candidate ";

// The first difference of the tool.
const json::value* difference_of(const json::value& report, std::string_view tool) {
  for (const json::value& found : report.at("differences").as_array()) {
    if (text_of(found, "tool") == tool) return &found;
  }
  return nullptr;
}

}  // namespace

TEST_CASE(
    "replay: real traffic differs nowhere on the same release and is told apart on a patched one") {
  const Installation gw;
  turn_on(gw);
  CHECK(gw.ok("openclaw config check").find("unknown") == std::string::npos);
  gw.start();
  const std::string worker = gw.agent("worker");
  const std::string other = gw.agent("other");
  const json::object task =
      gw.invoke("ansible_delegate_task",
                {{"title", "Sort the mail"}, {"description", "d"}, {"assignedTo", "worker"}});
  const json::object claim{
      {"taskId", task.at("taskId")}, {"etaSeconds", 600}, {"idempotencyKey", "k1"}};
  gw.invoke("ansible_claim_task", claim, Installation::bearer(other));  // is refused
  CHECK(gw.invoke("ansible_claim_task", claim, Installation::bearer(worker)).contains("success"));
  gw.invoke("ansible_complete_task",
            {{"taskId", task.at("taskId")}, {"result", "sorted"}, {"idempotencyKey", "k2"}},
            Installation::bearer(worker));
  gw.ok("openclaw ansible send -m 'Is it done?' -t worker --from other");
  gw.ok("openclaw ansible sla sweep --dry-run --limit 100");
  gw.ok("openclaw ansible status");

  const std::string directory = gw.state_dir() + "/journal";
  CHECK(mode_of(directory) == 0700);
  for (const auto& file : std::filesystem::directory_iterator(directory)) {
    CHECK(mode_of(file.path()) == 0600);
  }
  // While it runs ...
  gw.ok(kReplay + PLUGIN_VERSION, "no difference");
  gw.ok("openclaw gateway stop");
  // ... and while it does not.
  gw.ok(kReplay + ANSIBLE_PLUGIN, "no difference");
  const json::value same = gw.document(kReplay + ANSIBLE_NEXT);
  CHECK(same.at("same") == true);
  CHECK(same.at("drifted") == 0);
  CHECK(same.at("calls").as_int64() >= 9);
  CHECK(same.at("candidate").at("version") == "99.0.0");

  const json::value report = gw.document(kReplay + PATCHED "/patched_other_reply.so", 1);
  CHECK(report.at("same") == false);
  const json::value* claimed = difference_of(report, "ansible_claim_task");
  REQUIRE(claimed != nullptr);
  CHECK(claimed->at("kind") == "reply");
  CHECK(claimed->at("places").at(0).at("pointer") == "/reply/aaPatched");
  CHECK(claimed->at("places").at(0).at("candidate") == "true");
  for (const json::value& row : report.at("counts").as_array()) {
    CHECK(row.at("tool") == "ansible_claim_task");
  }
  gw.ok(kReplay + PATCHED "/patched_other_reply.so --allow ansible_claim_task:/reply/aaPatched",
        "no difference");

  const json::value extra = gw.document(kReplay + PATCHED "/patched_extra_write.so", 1);
  const json::value* written = difference_of(extra, "ansible_claim_task");
  REQUIRE(written != nullptr);
  CHECK(written->at("kind") == "writes");
  CHECK(extra.at("files").at(0).at("partedAt") == written->at("number"));

  // The journal holds the tokens, and no output does.
  const std::string file = std::filesystem::directory_iterator(directory)->path();
  CHECK(test::read_file(file).find(worker) != std::string::npos);
  const auto shown = gw.shell(kReplay + PATCHED "/patched_extra_write.so --limit 1000");
  CHECK(shown.status == 1);
  CHECK(shown.out.find("ansible_claim_task") != std::string::npos);
  for (const std::string& text : {shown.out, shown.err, json::canonical(extra)}) {
    CHECK(text.find("at_") == std::string::npos);
    CHECK(text.find(worker) == std::string::npos);
  }
}

TEST_CASE("replay: without a journal it says how to record one; wrong names are usage errors") {
  const Installation gw;
  const std::string same = kReplay + ANSIBLE_PLUGIN;
  gw.start();
  gw.ok("openclaw gateway stop");
  gw.refused(same, 5, "plugins.entries.ansible.journal");
  gw.refused(same + " --journal " + gw.file("none"), 2, "there is no file");
  gw.refused(same + " --journal " + gw.config_file(), 2, "expected a file of the journal");
  gw.refused("openclaw plugins replay --base 1.0.0", 2, "--candidate");
  turn_on(gw);
  gw.start();
  gw.ok("openclaw gateway stop");
  gw.refused(kReplay + "8.8.8", 2, "no kept release has the version \"8.8.8\"");
}
