#include <doctest/doctest.h>

#include <set>

#include "core/fields.hpp"
#include "plugin/support/tasks.hpp"

using namespace ansible_test;

namespace {

std::string titles(const json::object& reply) {
  std::string out;
  for (const json::value& row : reply.at("matches").as_array()) {
    out += (out.empty() ? "" : " ") + std::string(row.at("title").as_string());
  }
  return out;
}

std::string found(World& world, const json::object& filter) {
  return titles(world.ok("ansible_find_task", filter));
}

std::string make(World& world, std::string_view title, const json::object& more = {}) {
  world.advance_ms(1'000);
  return delegate(world, "bob", with({{"title", title}}, more));
}

}  // namespace

TEST_CASE("reference 2.9: a found task has the known fields") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string task = delegate(world, "bob", {{"to_agents", {"carol"}}});
  REQUIRE(code_of(claim(world, task, "carol")) == "ok");
  REQUIRE(code_of(update(world, task, "carol",
                         {{"status", "failed"}, {"note", "x"}, {"failure_code", "E7"}})) == "ok");
  const json::object reply = world.ok("ansible_find_task", {{"idPrefix", task.substr(0, 8)}});
  CHECK(reply.at("total").as_int64() == 1);
  CHECK(json::canonical(reply.at("matches").at(0)) ==
        json::canonical(json::object{{"key", task},
                                     {"id", task},
                                     {"title", "Title"},
                                     {"status", "failed"},
                                     {"assignedTo", "bob"},
                                     {"assignedToAll", {"bob", "carol"}},
                                     {"createdBy", "node-a"},
                                     {"claimedBy", "carol"},
                                     {"priority", "normal"},
                                     {"updatedAt", world.now_ms},
                                     {"failureClass", "execution_error"},
                                     {"failureCode", "E7"}}));
}

TEST_CASE("reference 2.9: filters are combined by AND") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string a = make(world, "Apple pie");
  make(world, "apple-cake", {{"assignedTo", "carol"}});
  make(world, "Bread");
  world.advance_ms(1);
  REQUIRE(code_of(claim(world, a, "bob")) == "ok");
  CHECK(found(world, {}) == "Apple pie Bread apple-cake");
  CHECK(found(world, {{"titleContains", "APPLE"}}) == "Apple pie apple-cake");
  CHECK(found(world, {{"titleContains", "apple"}, {"status", "pending"}}) == "apple-cake");
  CHECK(found(world, {{"assignedTo", "bob"}}) == "Apple pie Bread");
  CHECK(found(world, {{"assignedTo", "bob"}, {"status", "pending"}}) == "Bread");
  CHECK(found(world, {{"assignedTo", "bob"}, {"titleContains", "zzz"}}).empty());
  CHECK(found(world, {{"idPrefix", a.substr(0, 10)}}) == "Apple pie");
  CHECK(found(world, {{"idPrefix", a.substr(0, 10)}, {"status", "pending"}}).empty());
  CHECK(found(world, {{"idPrefix", a.substr(0, 10)}, {"assignedTo", "carol"}}).empty());
  CHECK(found(world, {{"titleContains", " "}, {"status", "claimed"}}) == "Apple pie");
  CHECK(code_of(world.call("ansible_find_task", {{"status", "done"}})) == "invalid_argument");
}

TEST_CASE("T-10: lists are ordered by priority while tasks are open, then by last update") {
  World world;
  world.agent("bob");
  make(world, "low", {{"priority", "low"}});
  const std::string done = make(world, "done", {{"priority", "high"}});
  make(world, "high", {{"priority", "high"}});
  make(world, "old");
  make(world, "new");
  world.advance_ms(1'000);
  REQUIRE(code_of(claim(world, done, "bob")) == "ok");
  REQUIRE(code_of(complete(world, done, "bob")) == "ok");
  make(world, "newest");
  CHECK(found(world, {}) == "high newest done new old low");
  CHECK(found(world, {{"limit", 2}}) == "high newest");
}

TEST_CASE("reference 2.9: the limit is clamped to 1..50 and defaults to 10; the total is exact") {
  World world;
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
  world.agent("bob");
  for (int i = 0; i < 60; ++i) make(world, "t" + std::to_string(i));
  const auto count = [&](const json::object& args) {
    const json::object reply = world.ok("ansible_find_task", args);
    CHECK(reply.at("total").as_int64() == 60);
    return reply.at("matches").as_array().size();
  };
  CHECK(count({}) == 10);
  CHECK(count({{"limit", 25}}) == 25);
  CHECK(count({{"limit", 0}}) == 1);
  CHECK(count({{"limit", -3}}) == 1);
  CHECK(count({{"limit", 1e9}}) == 50);
  CHECK(count({{"status", "pending"}}) == 10);
  CHECK(count({{"assignedTo", "bob"}}) == 10);
  CHECK(count({{"titleContains", "t"}}) == 10);
  CHECK(code_of(world.call("ansible_find_task", {{"limit", "ten"}})) == "invalid_argument");
}

TEST_CASE("a search by title looks at no more than the first thousand tasks, and says so") {
  World world;
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
  for (const char* agent : {"bob", "carol", "dave"}) world.agent(agent);
  make(world, "oldest");
  world.advance_ms(1'000);
  for (int i = 0; i < 500; ++i) {
    delegate(world, "carol");
    delegate(world, "dave");
  }
  const json::object all = world.ok("ansible_find_task", {});
  CHECK(all.at("total").as_int64() == 1'001);
  CHECK_FALSE(all.contains("truncated"));
  const json::object titled = world.ok("ansible_find_task", {{"titleContains", "oldest"}});
  CHECK(titled.at("total").as_int64() == 0);
  CHECK(titled.at("truncated").as_bool());
}

TEST_CASE("a list reads what it shows, among few tasks and among many") {
  World world;
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
  world.agent("bob");
  world.agent("carol");
  const json::object filters[] = {{},
                                  {{"status", "pending"}},
                                  {{"assignedTo", "bob"}},
                                  {{"assignedTo", "bob"}, {"status", "completed"}},
                                  {{"idPrefix", "7"}}};
  const auto keys_read = [&] {
    std::vector<std::size_t> counts;
    for (const json::object& filter : filters) {
      world.ok("ansible_find_task", filter);
      counts.push_back(world.keys_read);
    }
    world.ok("ansible_status", json::object{});
    counts.push_back(world.keys_read);
    return counts;
  };
  const auto fill = [&](int tasks) {
    for (int i = 0; i < tasks; ++i) {
      const std::string priority = i % 7 == 0 ? "high" : i % 7 == 1 ? "low" : "normal";
      const std::string task = make(world, "t", {{"priority", priority}});
      if (i % 3 == 0) continue;
      REQUIRE(code_of(claim(world, task, "bob")) == "ok");
      REQUIRE(code_of(complete(world, task, "bob")) == "ok");
    }
  };
  fill(1'100);  // so that 50 ids begin with any digit
  const auto few = keys_read();
  for (const char* agent : {"dora", "ed", "flo"}) world.agent(agent);
  for (int i = 0; i < 900; ++i) {
    delegate(world, i % 3 == 0 ? "dora" : i % 3 == 1 ? "ed" : "flo");
  }
  fill(300);
  CHECK(keys_read() == few);
  CHECK(few.front() < 40);
}

TEST_CASE("a list of one agent's tasks counts all of them, whatever became of them") {
  World world;
  world.agent("bob");
  world.agent("carol");
  for (int i = 0; i < 5; ++i) make(world, "open");
  const std::string shared = make(world, "shared", {{"to_agents", {"carol"}}});
  REQUIRE(code_of(claim(world, shared, "carol")) == "ok");
  REQUIRE(code_of(complete(world, shared, "carol")) == "ok");
  const auto total = [&](const json::object& filter) {
    return world.ok("ansible_find_task", filter).at("total").as_int64();
  };
  CHECK(total({{"assignedTo", "bob"}, {"limit", 1}}) == 6);
  CHECK(total({{"assignedTo", "carol"}}) == 1);
  CHECK(total({{"assignedTo", "bob"}, {"status", "completed"}}) == 1);
  CHECK(total({{"assignedTo", "nobody"}}) == 0);
}

TEST_CASE("WHO-10: a dump needs an admin") {
  World world;
  world.agent("bob");
  const std::string token = world.agent("carol");
  CHECK(code_of(world.call("ansible_dump_tasks", {{"from_agent", "bob"}})) == "not_authorized");
  CHECK(code_of(world.call("ansible_dump_tasks", {{"agent_token", token}})) == "not_authorized");
  CHECK(code_of(world.call("ansible_dump_tasks", {{"from_agent", "admin"}})) == "ok");
  CHECK(code_of(world.call("ansible_dump_tasks", json::object{})) == "ok");
}

TEST_CASE("a dump comes in pages that together hold every task once") {
  World world;
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
  world.agent("bob");
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) expected.insert(delegate(world, "bob"));
  std::set<std::string> seen;
  std::string cursor;
  std::size_t pages = 0;
  do {
    json::object args{{"limit", 10}};
    if (!cursor.empty()) args["cursor"] = cursor;
    const json::object page = world.ok("ansible_dump_tasks", args);
    CHECK(page.at("total").as_int64() == 25);
    CHECK(page.at("returned").to_number<std::size_t>() == page.at("items").as_array().size());
    CHECK(text_of(page, "myId") == "node-a");
    CHECK(page.at("generatedAt").as_int64() == world.now_ms);
    for (const json::value& item : page.at("items").as_array()) {
      CHECK(item.at("key") == item.at("id"));
      CHECK(item.at("value").at("id") == item.at("id"));
      CHECK(seen.insert(std::string(item.at("id").as_string())).second);
    }
    cursor = text_of(page, "nextCursor");
    // Tasks that change between the pages stay where they are.
    world.advance_ms(1'000);
    REQUIRE(code_of(on_task(world, "ansible_claim_task", *seen.rbegin(), "bob",
                            {{"etaSeconds", 60}})) == "ok");
    ++pages;
  } while (!cursor.empty());
  CHECK(pages == 3);
  CHECK(seen == expected);
}

TEST_CASE(
    "reference 2.9: a dump begins with the task that was created last, and a limit keeps that "
    "one") {
  World world;
  world.agent("bob");
  std::string expected;
  std::string oldest;
  for (int i = 0; i < 12; ++i) {
    const std::string task = delegate(world, "bob");
    if (oldest.empty()) oldest = task;
    expected = task + ' ' + expected;
    world.advance_ms(1);
  }
  REQUIRE(code_of(claim(world, oldest, "bob")) == "ok");  // not by its last change
  std::string shown;
  std::string cursor;
  do {
    json::object args{{"limit", 5}};
    if (!cursor.empty()) args["cursor"] = cursor;
    const json::object page = world.ok("ansible_dump_tasks", args);
    for (const json::value& item : page.at("items").as_array()) {
      shown += std::string(item.at("id").as_string()) + ' ';
    }
    cursor = text_of(page, "nextCursor");
  } while (!cursor.empty());
  CHECK(shown == expected);
  for (const char* bad : {"x", "0001800000000000", "0001800000000000/", "../0001800000000000/x"}) {
    CHECK(code_of(world.call("ansible_dump_tasks", {{"cursor", bad}})) == "invalid_argument");
  }
}

TEST_CASE("a dump is filtered by status and assignee") {
  World world;
  world.agent("bob");
  world.agent("carol");
  const std::string bobs = task_in(world, "claimed", "bob");
  const std::string carols = delegate(world, "carol");
  const auto ids = [&](const json::object& args) {
    std::string out;
    const json::object page = world.ok("ansible_dump_tasks", args);
    CHECK_FALSE(page.contains("nextCursor"));
    for (const json::value& item : page.at("items").as_array()) {
      out += (out.empty() ? "" : " ") + std::string(item.at("id").as_string());
    }
    return out;
  };
  CHECK(ids({{"status", "claimed"}}) == bobs);
  CHECK(ids({{"assignedTo", "carol"}}) == carols);
  CHECK(ids({{"assignedTo", "carol"}, {"status", "claimed"}}).empty());
  CHECK(code_of(world.call("ansible_dump_tasks", {{"limit", 1'001}})) == "invalid_argument");
}

TEST_CASE("a dump's page stays far below the largest reply, whatever the tasks hold") {
  World world;
  world.ok("ansible_set_backpressure_policy", {{"max_queue_depth", 500}});
  world.agent("bob");
  const std::string blob(60'000, 'x');
  for (int i = 0; i < 60; ++i) delegate(world, "bob", {{"metadata", {{"blob", blob}}}});
  const json::object page = world.ok("ansible_dump_tasks", {{"limit", 1000}});
  CHECK(page.contains("nextCursor"));
  CHECK(json::canonical(page).size() < 3u << 20);
  CHECK(page.at("items").as_array().size() > 10);
}
