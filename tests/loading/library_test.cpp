#include "loading/library.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <vector>

#include "files.hpp"
#include "gateway/slot.hpp"
#include "loading/stage.hpp"
#include "support/temp_dir.hpp"
#include "table_plugin.hpp"

using gateway::Library;
using gateway::mapped_images;
using test::bad_plugin;
using test::contains;

namespace {

// A private copy, as every load needs one.
std::string copy_of(const std::string& library, const test::TempDir& dir) {
  const auto staged = gateway::stage_file(library, dir.path());
  REQUIRE(staged.ok());
  return staged->path;
}

std::size_t open_descriptors() { return test::entries_of("/proc/self/fd"); }

}  // namespace

TEST_CASE("A library loaded and unloaded fifty times leaves no image and no descriptor") {
  constexpr int kRounds = 50;
  const test::TempDir dir;
  int unmapped = 0;
  std::size_t descriptors = 0;
  for (int i = 0; i < kRounds; ++i) {
    const std::string copy = copy_of(ECHO_PLUGIN, dir);
    {
      auto library = Library::open(
          copy, [&](const Library::Closed& closed) { unmapped += closed.unmapped ? 1 : 0; });
      if (!library.ok()) FAIL(library.error().message);
      CHECK(mapped_images(copy) == 1);
      const gw_plugin* table = (*library)->table();
      auto instance = gateway::Instance::create(table, {}, "{}", std::move(*library));
      REQUIRE(instance.ok());
      CHECK((*instance)->release().version == "1.0.0");
    }
    CHECK(mapped_images(copy) == 0);
    CHECK(::unlink(copy.c_str()) == 0);
    if (i == 0) descriptors = open_descriptors();
  }
  CHECK(unmapped == kRounds);
  CHECK(open_descriptors() == descriptors);
}

TEST_CASE("Two copies of one library are two images with tables of their own") {
  const test::TempDir dir;
  const auto one = Library::open(copy_of(ECHO_PLUGIN, dir));
  const auto two = Library::open(copy_of(ECHO_PLUGIN, dir));
  REQUIRE(one.ok());
  REQUIRE(two.ok());
  CHECK((*one)->table() != (*two)->table());
}

TEST_CASE("The slot's reaper unmaps a retired release") {
  const test::TempDir dir;
  const std::string copy = copy_of(ECHO_PLUGIN, dir);
  gateway::Slot slot;
  auto library = Library::open(copy);
  REQUIRE(library.ok());
  const gw_plugin* table = (*library)->table();
  auto instance = gateway::Instance::create(table, {}, "{}", std::move(*library));
  REQUIRE(instance.ok());
  slot.activate(std::move(*instance));
  {
    const auto lease = slot.acquire();
    slot.clear();
    CHECK(mapped_images(copy) == 1);
  }
  REQUIRE(slot.wait_retired(20'000));
  CHECK(mapped_images(copy) == 0);
}

TEST_CASE("A library that stays mapped is reported, not an error") {
  const test::TempDir dir;
  const std::string copy = copy_of(bad_plugin("stays_mapped"), dir);
  std::vector<Library::Closed> closed;
  REQUIRE(Library::open(copy, [&](const Library::Closed& c) { closed.push_back(c); }).ok());
  REQUIRE(closed.size() == 1);
  CHECK(!closed[0].unmapped);
  CHECK(closed[0].path == copy);
  CHECK(mapped_images(copy) == 1);

  const auto again = Library::open(copy);
  REQUIRE(!again.ok());
  CHECK(contains(again.error().message, "mapped already"));
}

TEST_CASE("What cannot be loaded says why") {
  const test::TempDir dir;
  const auto null_table = Library::open(copy_of(bad_plugin("null_table"), dir));
  REQUIRE(!null_table.ok());
  CHECK(null_table.error().code == "no_table");
  CHECK(contains(null_table.error().message, "returned no table"));

  const auto no_entry = Library::open(copy_of(bad_plugin("missing_entry"), dir));
  REQUIRE(!no_entry.ok());
  CHECK(no_entry.error().code == "no_entry");

  const auto missing = Library::open(dir / "none.so");
  REQUIRE(!missing.ok());
  CHECK(missing.error().code == "load_failed");
  CHECK(contains(missing.error().message, "No such file"));

  const auto text = Library::open(test::write_bytes(dir / "text.so", "no library"));
  REQUIRE(!text.ok());
  CHECK(text.error().code == "load_failed");
  CHECK(contains(text.error().message, "text.so"));

  CHECK(Library::open("relative.so").error().code == "load_failed");
}
