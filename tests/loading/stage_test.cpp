#include "loading/stage.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.hpp"
#include "support/temp_dir.hpp"
#include "table_plugin.hpp"

using gateway::stage_file;
using test::contains;
using test::make_directory;
using test::TempDir;
using test::write_bytes;

namespace {

// A directory with a library to import, and one to import into.
struct Place {
  TempDir dir;
  std::string kept = make_directory(dir / "kept", 0700);
  std::string lib = make_directory(dir / "lib");
  std::string library = write_bytes(lib + "/ansible.so", "abc");
};

void link_to(const std::string& target, const std::string& link) {
  REQUIRE(::symlink(target.c_str(), link.c_str()) == 0);
}

gateway::Error refused(const Place& place, const std::string& source) {
  CAPTURE(source);
  const auto staged = stage_file(source, place.kept);
  REQUIRE(!staged.ok());
  CHECK(test::entries_of(place.kept) == 0);
  return staged.error();
}

}  // namespace

TEST_CASE("A file is copied under a name of its own, hashed, executable by its owner alone") {
  const Place place;
  const auto one = stage_file(place.library, place.kept);
  const auto two = stage_file(place.library, place.kept);
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK(one->path != two->path);
  CHECK(test::read_bytes(one->path) == "abc");
  CHECK(one->sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  struct stat st {};
  REQUIRE(::stat(one->path.c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0500);
  const auto stamp = gateway::stamp_file(place.library);
  REQUIRE(stamp.ok());
  CHECK(one->stamp == *stamp);
}

TEST_CASE("A stamp changes with the file, and follows a link that is switched") {
  const Place place;
  const std::string link = place.dir / "current";
  link_to(place.lib, link);
  const auto before = gateway::stamp_file(link + "/ansible.so");
  REQUIRE(before.ok());
  CHECK(*before == *gateway::stamp_file(place.library));

  write_bytes(place.library, "abcd");
  const auto grown = gateway::stamp_file(link + "/ansible.so");
  REQUIRE(grown.ok());
  CHECK(!(*before == *grown));

  const std::string other = make_directory(place.dir / "other");
  write_bytes(other + "/ansible.so", "abcd");
  REQUIRE(::unlink(link.c_str()) == 0);
  link_to(other, link);
  CHECK(!(*grown == *gateway::stamp_file(link + "/ansible.so")));
  CHECK(gateway::stamp_file(place.dir / "nowhere").error().code == "not_found");
}

TEST_CASE("A file or directory that others can write to is refused with the chmod to run") {
  const Place place;
  REQUIRE(::chmod(place.library.c_str(), 0775) == 0);
  gateway::Error error = refused(place, place.library);
  CHECK(error.code == "unsafe_path");
  CHECK(contains(error.message, "writable by its group (mode 0775)"));
  CHECK(contains(error.message, "run: chmod go-w " + place.library));

  REQUIRE(::chmod(place.library.c_str(), 0757) == 0);
  CHECK(contains(refused(place, place.library).message, "writable by others"));
  REQUIRE(::chmod(place.library.c_str(), 0777) == 0);
  CHECK(contains(refused(place, place.library).message, "writable by group and others"));

  REQUIRE(::chmod(place.library.c_str(), 0755) == 0);
  REQUIRE(::chmod(place.lib.c_str(), 0775) == 0);
  error = refused(place, place.library);
  CHECK(error.code == "unsafe_path");
  CHECK(contains(error.message, "the directory " + place.lib + " is writable by its group"));
  CHECK(contains(error.message, "run: chmod go-w " + place.lib));

  REQUIRE(::chmod(place.lib.c_str(), 01777) == 0);
  CHECK(stage_file(place.library, place.kept).ok());
}

TEST_CASE("The path to run in the shell is quoted when it has to be") {
  const Place place;
  const std::string odd = write_bytes(place.lib + "/it's a plugin.so", "abc", 0775);
  CHECK(
      contains(refused(place, odd).message, "chmod go-w '" + place.lib + "/it'\\''s a plugin.so'"));
}

TEST_CASE("Every link on the way is followed, and the directory of each must be safe") {
  const Place place;
  const std::string links = make_directory(place.dir / "links");
  const std::string more = make_directory(place.dir / "more");
  link_to("../lib", links + "/current");                          // relative, with ..
  link_to(links + "/./current/ansible.so", more + "/plugin.so");  // absolute, through a link
  const auto staged = stage_file(more + "/plugin.so", place.kept);
  REQUIRE(staged.ok());
  CHECK(test::read_bytes(staged->path) == "abc");
  REQUIRE(::unlink(staged->path.c_str()) == 0);

  for (const std::string& unsafe : {links, more, place.lib}) {
    CAPTURE(unsafe);
    REQUIRE(::chmod(unsafe.c_str(), 0775) == 0);
    const gateway::Error error = refused(place, more + "/plugin.so");
    CHECK(error.code == "unsafe_path");
    CHECK(contains(error.message, "chmod go-w " + unsafe));
    REQUIRE(::chmod(unsafe.c_str(), 01777) == 0);
    CHECK(stage_file(more + "/plugin.so", place.kept).ok());
    for (const auto& copy : std::filesystem::directory_iterator(place.kept)) {
      std::filesystem::remove(copy);
    }
    REQUIRE(::chmod(unsafe.c_str(), 0755) == 0);
  }
}

TEST_CASE("Directories further up are not checked") {
  const Place place;
  const std::string above = make_directory(place.dir / "above", 0777);
  const std::string below = make_directory(above + "/below");
  write_bytes(below + "/ansible.so", "abc");
  CHECK(stage_file(below + "/ansible.so", place.kept).ok());
}

TEST_CASE("What belongs to somebody else is refused with the chown to run") {
  if (::geteuid() != 0) {
    MESSAGE("only root can give files away: not run");
    return;
  }
  constexpr uid_t kStranger = 54321;
  const Place place;
  const std::string link = place.dir / "link.so";
  link_to(place.library, link);
  for (const std::string& path : {place.library, place.lib, link}) {
    CAPTURE(path);
    REQUIRE(::lchown(path.c_str(), kStranger, static_cast<gid_t>(-1)) == 0);
    const gateway::Error error = refused(place, link);
    CHECK(error.code == "unsafe_path");
    CHECK(contains(error.message, "belongs to user 54321"));
    CHECK(contains(error.message, "run: chown "));
    REQUIRE(::lchown(path.c_str(), 0, static_cast<gid_t>(-1)) == 0);
  }
}

TEST_CASE("What is not a regular file is refused, and nothing waits for it") {
  const Place place;
  CHECK(refused(place, place.lib).code == "not_a_file");
  REQUIRE(::mkfifo((place.lib + "/fifo").c_str(), 0600) == 0);
  CHECK(refused(place, place.lib + "/fifo").code == "not_a_file");
  CHECK(refused(place, place.lib + "/none.so").code == "not_found");
  CHECK(refused(place, place.dir / "no/where.so").code == "not_found");
  CHECK(refused(place, place.library + "/below").code == "io_error");
  link_to("missing.so", place.lib + "/dangling.so");
  const gateway::Error dangling = refused(place, place.lib + "/dangling.so");
  CHECK(dangling.code == "not_found");
  CHECK(contains(dangling.message, place.lib + "/missing.so is missing"));
  link_to("b", place.lib + "/a");
  link_to("a", place.lib + "/b");
  CHECK(refused(place, place.lib + "/a").code == "io_error");
}

TEST_CASE("A directory that cannot take the copy is an I/O error") {
  const Place place;
  const auto staged = stage_file(place.library, place.dir / "absent");
  REQUIRE(!staged.ok());
  CHECK(staged.error().code == "io_error");
}
