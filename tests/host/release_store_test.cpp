#include "host/release_store.hpp"

#include <doctest/doctest.h>

#include <vector>

#include <filesystem>

#include "host/files.hpp"

using gateway::Release;
using gateway::ReleaseStore;
using test::TempDir;
namespace fs = std::filesystem;

namespace {

// A store in a directory of its own, and files to import into it. The store does not care what a
// library contains.
struct Fixture {
  TempDir temp;
  std::vector<std::string> log;
  std::string root = temp / "root";

  ReleaseStore open() {
    auto store = ReleaseStore::open(
        root, "echo", [this](auto, auto, std::string_view text) { log.emplace_back(text); });
    REQUIRE(store.ok());
    return std::move(*store);
  }

  Release import(ReleaseStore& store, const std::string& bytes, const std::string& version,
                 std::int64_t at_ms) {
    test::write_text(temp / "input.so", bytes);
    const auto staged = gateway::stage_file(temp / "input.so", store.staging());
    REQUIRE(staged.ok());
    const auto added =
        store.add(staged->path, {{version, "b-" + bytes, staged->sha256}, at_ms, 1, 0, 1, 2, 2});
    REQUIRE(added.ok());
    return *added;
  }
};

std::string kept(const Fixture& f, const Release& r) { return f.root + "/releases/" + r.id.sha256; }

std::size_t files_in(const std::string& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("a release is kept whole, immutable, and known again after a restart") {
  Fixture f;
  Release one;
  {
    auto store = f.open();
    one = f.import(store, "one", "1.0.0", 10);
    CHECK(files_in(store.staging()) == 0);
  }
  CHECK(test::mode_of(kept(f, one)) == 0500);
  CHECK(test::mode_of(kept(f, one) + "/echo.so") == 0400);
  CHECK(test::mode_of(kept(f, one) + "/meta.json") == 0400);
  CHECK(test::read_text(kept(f, one) + "/echo.so") == "one");
  const auto again = f.open();
  const Release* found = again.find(one.id.sha256);
  REQUIRE(found != nullptr);
  CHECK(found->id.version == "1.0.0");
  CHECK(found->id.build_id == "b-one");
  CHECK(found->imported_ms == 10);
  CHECK(found->abi_major == 1);
  CHECK(found->data_format_read_min == 1);
  CHECK(found->data_format_read_max == 2);
  CHECK(found->data_format_write == 2);
}

TEST_CASE("importing known bytes again changes nothing") {
  Fixture f;
  auto store = f.open();
  const Release first = f.import(store, "one", "1.0.0", 10);
  const Release second = f.import(store, "one", "1.0.0", 20);
  CHECK(second.imported_ms == first.imported_ms);
  CHECK(store.all().size() == 1);
  CHECK(files_in(store.staging()) == 0);
}

TEST_CASE("damaged kept bytes are never handed out, and importing the file again heals them") {
  Fixture f;
  auto store = f.open();
  const Release one = f.import(store, "one", "1.0.0", 10);
  fs::create_directory(f.temp / "out");
  fs::permissions(kept(f, one) + "/echo.so", fs::perms::owner_all);
  test::write_text(kept(f, one) + "/echo.so", "0ne");
  const auto refused = store.copy_out(one.id.sha256, f.temp / "out");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == "release_damaged");
  CHECK(files_in(f.temp / "out") == 0);

  f.import(store, "one", "1.0.0", 30);
  const auto copy = store.copy_out(one.id.sha256, f.temp / "out");
  REQUIRE(copy.ok());
  CHECK(test::read_text(copy->path) == "one");
  CHECK(store.all().size() == 1);
  CHECK(files_in(fs::path(kept(f, one)).parent_path()) == 1);
}

TEST_CASE("a release is found by version or by the beginning of its digest") {
  Fixture f;
  auto store = f.open();
  const Release one = f.import(store, "one", "1.0.0", 10);
  const Release two = f.import(store, "two", "1.0.0", 20);
  const Release other = f.import(store, "other", "1.1.0", 30);
  CHECK(store.match("1.0.0").size() == 2);
  REQUIRE(store.match("1.1.0").size() == 1);
  CHECK(store.match("1.1.0")[0].id.sha256 == other.id.sha256);
  REQUIRE(store.match(one.id.sha256.substr(0, 6)).size() == 1);
  CHECK(store.match(one.id.sha256.substr(0, 6))[0].id.build_id == "b-one");
  CHECK(store.match(two.id.sha256).size() == 1);
  CHECK(store.match(one.id.sha256.substr(0, 5)).empty());  // too short to mean anything
  CHECK(store.match("9.9.9").empty());
  CHECK(store.match("").empty());
}

TEST_CASE("what a crash left half-made is removed at the next start") {
  Fixture f;
  Release one;
  {
    auto store = f.open();
    one = f.import(store, "one", "1.0.0", 10);
  }
  fs::create_directory(f.root + "/releases/.new-0123456789abcdef");
  test::write_text(f.root + "/releases/.new-0123456789abcdef/echo.so", "half");
  test::write_text(f.root + "/staging/left-over", "half");
  const auto store = f.open();
  CHECK(store.all().size() == 1);
  CHECK(files_in(f.root + "/releases") == 1);
  CHECK(files_in(f.root + "/staging") == 0);
}

TEST_CASE("a directory that describes no release is reported and left alone") {
  Fixture f;
  const std::string strange = f.root + "/releases/" + std::string(64, 'a');
  fs::create_directories(strange);
  test::write_text(strange + "/meta.json", "{}");
  test::write_text(strange + "/echo.so", "bytes");
  const auto store = f.open();
  CHECK(store.all().empty());
  REQUIRE(f.log.size() == 1);
  CHECK(f.log[0].find(strange) != std::string::npos);
  CHECK(fs::exists(strange + "/echo.so"));
}

TEST_CASE("pruning removes the oldest first and never what is to be kept") {
  Fixture f;
  auto store = f.open();
  const Release stable = f.import(store, "stable", "0.1.0", 1);
  for (int i = 2; i <= 8; ++i) {
    f.import(store, "build " + std::to_string(i), "0." + std::to_string(i) + ".0", i);
  }
  store.prune([&](const Release& r) { return r.id.sha256 == stable.id.sha256; }, 3);
  REQUIRE(store.all().size() == 4);
  CHECK(store.all()[0].id.version == "0.1.0");
  CHECK(store.all()[1].id.version == "0.6.0");
  CHECK(store.all()[3].id.version == "0.8.0");
  CHECK(files_in(f.root + "/releases") == 4);
  CHECK(f.open().all().size() == 4);
}

TEST_CASE("pruning gets over what a kill or somebody's hand has left of a release") {
  Fixture f;
  auto store = f.open();
  const Release killed = f.import(store, "killed", "0.1.0", 1);
  const Release gone = f.import(store, "gone", "0.2.0", 2);
  const std::string half = f.root + "/releases/.new-" + killed.id.sha256.substr(0, 16);
  fs::create_directory(half);
  test::write_text(half + "/echo.so", "half");
  fs::permissions(kept(f, gone), fs::perms::owner_all);
  fs::remove_all(kept(f, gone));
  store.prune([](const Release&) { return false; }, 0);
  CHECK(store.all().empty());
  CHECK(files_in(f.root + "/releases") == 0);
  CHECK(f.log.empty());
}
