#include <doctest/doctest.h>

#include "host/rig.hpp"

using namespace test;

TEST_CASE("a swap by rename, by copying over it and by a symlink flip is noticed") {
  Rig rig;
  for (const char* version : {"v0", "v1"}) make_dir(rig.temp / version);
  copy_over(kEcho10, rig.temp / "v0/plugin.so");
  copy_over(kEcho11, rig.temp / "v1/plugin.so");
  fs::create_directory_symlink("v0", rig.temp / "current");
  rig.options.library = rig.temp / "current/plugin.so";
  rig.open();
  REQUIRE(rig.active() == "1.0.0");

  fs::create_directory_symlink("v1", rig.temp / "next");
  fs::rename(rig.temp / "next", rig.temp / "current");
  CHECK(rig.becomes_active("1.1.0"));
  rename_over(kEcho10, rig.temp / "v1/plugin.so");
  CHECK(rig.becomes_active("1.0.0"));
  copy_over(kEcho11, rig.temp / "v1/plugin.so");
  CHECK(rig.becomes_active("1.1.0"));
  CHECK(rig.becomes("active"));
  CHECK(rig.answers("1.1.0"));
}

TEST_CASE("a bad file is refused and the old version serves; a good one heals") {
  Rig rig;
  rig.open_with(kEcho10);
  rename_over(bad_plugin("constructor_crashes"), rig.library());
  CHECK(rig.becomes("degraded"));
  CHECK(contains(rig.host->status().reason, "the active version 1.0.0 keeps serving"));
  CHECK(rig.answers("1.0.0"));
  SUBCASE("by the file of the active version") {
    rename_over(kEcho10, rig.library());
    CHECK(rig.becomes("active"));
    CHECK(rig.answers("1.0.0"));
  }
  SUBCASE("by the file of another version") {
    rename_over(kEcho11, rig.library());
    CHECK(rig.becomes_active("1.1.0"));
    CHECK(rig.becomes("active"));
  }
  SUBCASE("a swap by command does not make the file better") {
    REQUIRE(rig.host->swap(kEcho11).ok());
    CHECK(rig.active() == "1.1.0");
    CHECK(rig.state() == "degraded");
    CHECK(contains(rig.host->status().reason, "the active version 1.1.0 keeps serving"));
    CHECK_FALSE(contains(rig.host->status().reason, "1.0.0 keeps serving"));
  }
}

TEST_CASE("a file with unsafe permissions is refused with the chmod, and taken once that was run") {
  Rig rig;
  rig.open_with(kEcho10);
  copy_over(kEcho11, rig.library() + ".new");
  REQUIRE(::chmod((rig.library() + ".new").c_str(), 0777) == 0);
  fs::rename(rig.library() + ".new", rig.library());
  CHECK(rig.becomes("degraded"));
  CHECK(contains(rig.host->status().reason, "chmod"));
  REQUIRE(::chmod(rig.library().c_str(), 0755) == 0);
  CHECK(rig.becomes_active("1.1.0"));
  CHECK(rig.becomes("active"));
}

TEST_CASE("a file that vanishes is reported; the active version serves on") {
  Rig rig;
  rig.open_with(kEcho10);
  fs::remove(rig.library());
  CHECK(rig.becomes("degraded"));
  CHECK(rig.answers("1.0.0"));
  rename_over(kEcho10, rig.library());
  CHECK(rig.becomes("active"));
}

TEST_CASE("while running, putting back a file that was seen before is a request too") {
  Rig rig;
  rig.open_with(kEcho10);
  for (const std::string& from : {kEcho11, kEcho10, kEcho11, kEcho10}) {
    rename_over(from, rig.library());
    CHECK(rig.becomes_active(from == kEcho11 ? "1.1.0" : "1.0.0"));
  }
  CHECK(rig.host->releases().size() == 2);
}

TEST_CASE("a half-finished copy is not yet, never bad") {
  Rig rig;
  rig.options.watch_quiet = std::chrono::hours(1);  // the copy below never gets that old
  rig.open_with(kEcho10);
  const std::string whole = read_text(kEcho11);
  write_text(rig.library(), whole.substr(0, whole.size() / 2));
  rig.host->recheck_file();
  CHECK(rig.state() == "active");
  CHECK(rig.events() == std::vector<std::string>{"activated"});
}

TEST_CASE("with onFileChange ignore nothing happens, now and at the next boot") {
  Rig rig;
  rig.options.on_file_change = gateway::OnFileChange::kIgnore;
  rig.open_with(kEcho10);
  rename_over(kEcho11, rig.library());
  rig.host->recheck_file();
  rig.reopen();
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.state() == "active");
}
