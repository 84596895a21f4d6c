// Dead letters come in pages, also those of one agent among many of others.
#include <doctest/doctest.h>

#include "dispatch/dead_letters.hpp"
#include "plugin/support/capabilities.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

void lose(World& world, const std::string& agent, int letters) {
  for (int i = 0; i < letters; ++i) {
    world.advance_ms(1);
    in_store(world, [&](ansible::Context& context) {
      ansible::add_dead_letter(context, {.kind = "message",
                                         .subject = "m" + std::to_string(i),
                                         .agents = {agent},
                                         .reason = "unread_expired"});
    });
  }
}

}  // namespace

TEST_CASE(
    "MSG-4: the pages of one agent's dead letters hold all of them, however many others there "
    "are") {
  World world;
  lose(world, "bob", 3);
  lose(world, "ann", 2'010);
  lose(world, "bob", 2);
  std::int64_t found = 0;
  std::size_t pages = 0;
  json::object args{{"agent", "bob"}, {"limit", 100}};
  for (;;) {
    const json::object page = world.ok("ansible_list_dead_letters", args);
    CHECK(world.keys_read < 2'100);
    found += page.at("total").as_int64();
    ++pages;
    if (!page.contains("nextCursor")) break;
    args["cursor"] = page.at("nextCursor");
  }
  CHECK(found == 5);
  CHECK(pages == 2);
}

TEST_CASE("MSG-4: a page that is just full and the last one has no next one") {
  World world;
  lose(world, "bob", 4);
  const json::object first = world.ok("ansible_list_dead_letters", {{"limit", 2}});
  REQUIRE(first.contains("nextCursor"));
  const json::object last =
      world.ok("ansible_list_dead_letters", {{"limit", 2}, {"cursor", first.at("nextCursor")}});
  CHECK(last.at("total") == 2);
  CHECK_FALSE(last.contains("nextCursor"));
}

TEST_CASE("MSG-4: dead letters that are too big for one reply come in pages of fewer") {
  World world;
  for (int i = 0; i < 300; ++i) {
    world.advance_ms(1);
    in_store(world, [&](ansible::Context& context) {
      ansible::add_dead_letter(context, {.kind = "message",
                                         .subject = "m" + std::to_string(i),
                                         .agents = {"bob"},
                                         .reason = "unread_expired",
                                         .message = {{"content", std::string(10'000, 'x')}}});
    });
  }
  std::int64_t found = 0;
  json::object args{{"limit", 500}};
  for (;;) {
    const json::object page = world.ok("ansible_list_dead_letters", args);
    CHECK(json::canonical(page).size() < (4u << 20));
    found += page.at("total").as_int64();
    if (!page.contains("nextCursor")) break;
    CHECK(page.at("total").as_int64() < 300);
    args["cursor"] = page.at("nextCursor");
  }
  CHECK(found == 300);
}
