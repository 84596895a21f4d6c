// A library that is no good is refused with its own reason, and nobody who uses the gateway notices.
#include <algorithm>
#include <atomic>
#include <thread>

#include "fault/files.hpp"
#include "fault/tasks.hpp"

using namespace test;

namespace {

struct Candidate {
  const char* name;
  std::string bytes;
  mode_t mode;
  std::vector<const char*> words;  // of its own message
};

std::string bad(const std::string& name) {
  return read_file(std::string(BAD_PLUGINS) + "/" + name + ".so");
}

std::vector<Candidate> candidates() {
  const std::string good = read_file(PLUGIN_NEXT);
  return {
      {"constructor crashes",
       bad("constructor_crashes"),
       0755,
       {"crashed with SIGSEGV", "step load"}},
      {"constructor hangs", bad("constructor_hangs"), 0755, {"did not finish within", "step load"}},
      {"constructor exits",
       bad("constructor_exits"),
       0755,
       {"ended the process", "status 0", "step load"}},
      {"truncated", good.substr(0, good.size() / 2), 0755, {"truncated"}},
      {"empty", "", 0755, {"empty"}},
      {"no library", "#!/bin/sh\necho I am a script\n", 0755, {"ELF"}},
      {"lacks the entry", bad("missing_entry"), 0755, {"gateway_plugin_entry_v1"}},
      {"NULL table", bad("null_table"), 0755, {"returned no table"}},
      {"needs another library", bad("extra_dependency"), 0755, {"needs libcrypto.so"}},
      {"wrong ABI", bad("wrong_major"), 0755, {"expected major 1, got 2"}},
      {"group-writable", good, 0775, {"writable by", "chmod"}},
  };
}

// A gateway on the good version, its file in a directory of its own, and a client that is never refused.
struct Rig {
  TempDir dir;
  std::string library = dir / "ansible.so";
  Gateway gateway{options()};
  Complaints complaints;
  std::vector<TaskStory> stories;
  std::atomic<int> acknowledged{0};
  std::atomic<bool> stop{false};
  std::thread client;

  Rig() {
    gateway.start();
    client = std::thread([this] { work(); });
  }
  ~Rig() { finish(); }
  void finish() {
    stop = true;
    if (client.joinable()) client.join();
  }

  GatewayOptions options() const {
    write_file(library, read_file(PLUGIN));
    return drill_options(library);
  }

  void work() {
    HttpClient http = gateway.client();
    while (!stop && complaints.count() == 0) {
      TaskStory story;
      story.agent = agent_name(0);
      story.title = "task " + std::to_string(stories.size());
      stories.push_back(story);
      while (!stories.back().done()) {
        const Told told = take_step(gateway, http, stories.back());
        if (told.answer != Answer::kDone) return complaints.add(told.why);
        ++acknowledged;
      }
    }
  }

  // The old version answers, now.
  void check_undisturbed() {
    const int before = acknowledged;
    CHECK(wait_until([&] { return acknowledged > before + 4 || complaints.count() != 0; }));
    CHECK_MESSAGE(complaints.count() == 0, complaints.text());
    CHECK(serving(gateway) == PLUGIN_VERSION);
  }

  RunResult command(const std::string& verb, const std::string& file) {
    return run({OPENCLAW, "--config", gateway.config_file(), "--state-dir", gateway.state_dir(),
                "plugins", verb, "ansible", file});
  }

  bool degraded_with(const std::vector<const char*>& words) {
    const auto row = slot_row(gateway);
    if (text_at(row, "state") != "degraded" || text_at(row, "version") != PLUGIN_VERSION) {
      return false;
    }
    const std::string reason = text_at(row, "reason");
    return std::all_of(words.begin(), words.end(),
                       [&](const char* word) { return reason.find(word) != std::string::npos; });
  }
};

void check_words(const std::string& text, const std::vector<const char*>& words) {
  CAPTURE(text);
  for (const char* word : words) CHECK(text.find(word) != std::string::npos);
}

}  // namespace

TEST_CASE(
    "a bad candidate is refused by command with its own reason; the old version answers "
    "throughout") {
  Rig rig;
  for (const Candidate& candidate : candidates()) {
    CAPTURE(candidate.name);
    const std::string file = rig.dir / "candidate.so";
    write_file(file, candidate.bytes, candidate.mode);
    const RunResult refused = rig.command("swap", file);
    CHECK(refused.status == 1);
    check_words(refused.err, candidate.words);
    check_words(refused.err, {"plugin swap refused", "keeps serving"});
    CHECK(rig.degraded_with(candidate.words));
    rig.check_undisturbed();
    // The file of the active version: a swap that succeeds, and all is well again.
    CHECK(rig.command("swap", rig.library).status == 0);
    CHECK(text_at(slot_row(rig.gateway), "state") == "active");
  }
  rig.finish();
  audit(rig.gateway, rig.stories);
}

TEST_CASE(
    "a bad candidate put in the configured file's place is refused; the old version "
    "answers throughout") {
  Rig rig;
  const std::string good = read_file(PLUGIN);
  for (const Candidate& candidate : candidates()) {
    CAPTURE(candidate.name);
    rename_over(candidate.bytes, rig.library, candidate.mode);
    CHECK(wait_until([&] { return rig.degraded_with(candidate.words); }));
    CAPTURE(base::json::canonical(slot_row(rig.gateway)));
    CHECK(rig.degraded_with({"the configured file was refused", "keeps serving"}));
    rig.check_undisturbed();
    rename_over(good, rig.library);
    CHECK(wait_until([&] { return text_at(slot_row(rig.gateway), "state") == "active"; }));
  }
  // It never was about the file's place: a good one there is taken.
  rename_over(read_file(PLUGIN_NEXT), rig.library);
  CHECK(wait_until([&] { return serving(rig.gateway) == PLUGIN_NEXT_VERSION; }));
  rig.finish();
  CHECK_MESSAGE(rig.complaints.count() == 0, rig.complaints.text());
  CHECK(mapped_images(rig.gateway.process().pid()).size() <= 3);
  audit(rig.gateway, rig.stories);
}
