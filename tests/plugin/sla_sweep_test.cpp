// What a sweep finds and records (SLA-1 ... SLA-5, SLA-10 ... SLA-12): every story at every pace.
#include <doctest/doctest.h>

#include "plugin/support/sla_play.hpp"

using namespace ansible_test;
using ansible::Window;
using Strings = std::vector<std::string>;

namespace {

constexpr std::int64_t kMs = 1'000;

const json::object kNotify{{"record_only", false}, {"max_messages", 100}};

json::object accept_in(int seconds) { return {{"acceptSlaSeconds", seconds}}; }
json::object titled(std::string_view title) { return {{"title", title}}; }

}  // namespace

TEST_CASE("SLA-3: a window is breached strictly after its deadline, and only once") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task = play.task("ann", "ann", accept_in(10));
    play.world.advance_ms(10 * kMs);
    CHECK(number(play.sweep(kNotify), "breachCount") == 0);
    CHECK(play.outcome(task, Window::kAccept).empty());
    play.world.advance_ms(1);
    const auto reply = play.sweep(kNotify);
    CHECK(breaches(reply) == Strings{"accept job"});
    CHECK(number(reply.at("breaches").at(0).as_object(), "dueAt") == World::kStart + 10 * kMs);
    CHECK(play.outcome(task, Window::kAccept) == "notified:ann");
    CHECK(play.sla(task)[Window::kAccept].escalated_at == play.world.now_ms);
    CHECK(number(play.sweep(kNotify), "breachCount") == 0);
    CHECK(play.notices("ann") == Strings{"accept:pending"});
  });
}

TEST_CASE("SLA-1: accept counts from creation, progress and complete from the claim") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task = play.task(
        "ann", "ann",
        {{"acceptSlaSeconds", 60}, {"progressSlaSeconds", 20}, {"completeSlaSeconds", 30}});
    CHECK(play.sla(task)[Window::kAccept].due_at == World::kStart + 60 * kMs);
    CHECK_FALSE(play.sla(task)[Window::kProgress].due_at);
    play.world.advance_ms(50 * kMs);
    play.claim(task, "ann");
    CHECK(play.sla(task)[Window::kProgress].due_at == World::kStart + 70 * kMs);
    CHECK(play.sla(task)[Window::kComplete].due_at == World::kStart + 80 * kMs);
    play.world.advance_ms(11 * kMs);  // accept no longer applies
    CHECK(number(play.sweep(kNotify), "breachCount") == 0);
    play.world.advance_ms(20 * kMs);
    CHECK(breaches(play.sweep(kNotify)) == Strings{"progress job", "complete job"});
  });
}

TEST_CASE("SLA-1: completeByAt is the earlier of window and deadline, or the deadline itself") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const json::object deadline{{"deadlineAt", "2027-01-15T08:00:50Z"}};
    const std::string both = play.task("ann", "ann", {{"completeSlaSeconds", 60}}, deadline);
    const std::string window = play.task("ann", "ann", {{"completeSlaSeconds", 30}}, deadline);
    const std::string alone = play.task("ann", "ann", json::object{}, deadline);
    const std::string none = play.task("ann", "ann", json::object{});
    for (const auto& task : {both, window, alone, none}) play.claim(task, "ann");
    CHECK(play.sla(both)[Window::kComplete].due_at == World::kStart + 50 * kMs);
    CHECK(play.sla(window)[Window::kComplete].due_at == World::kStart + 30 * kMs);
    CHECK(play.sla(alone)[Window::kComplete].due_at == World::kStart + 50 * kMs);
    CHECK(play.sla(none).empty());
    play.world.advance_ms(3'600 * kMs);
    CHECK(number(play.sweep(kNotify), "breachCount") == 3);
  });
}

TEST_CASE("SLA-4: both windows of a task in one sweep, marked in the SLA record, not the status") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task =
        play.task("ann", "ann", {{"progressSlaSeconds", 10}, {"completeSlaSeconds", 20}});
    play.claim(task, "ann");
    play.world.advance_ms(20 * kMs + 1);
    const auto reply = play.sweep(kNotify);
    CHECK(breaches(reply) == Strings{"progress job", "complete job"});
    CHECK(number(reply, "escalationsWritten") == 3);  // the gateway admin about the second
    CHECK(play.sla(task).stalled);
    CHECK(play.sla(task).breached);
    CHECK(text(reply.at("breaches").at(0).as_object(), "status") == "claimed");
    CHECK(play.notices("ann") == Strings{"complete:claimed", "progress:claimed"});
  });
}

TEST_CASE("SLA-3: a breached window does not take a window along whose deadline is just now") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task =
        play.task("ann", "ann", {{"progressSlaSeconds", 10}, {"completeSlaSeconds", 20}});
    play.claim(task, "ann");
    play.world.advance_ms(20 * kMs);
    CHECK(breaches(play.sweep(kNotify)) == Strings{"progress job"});
    play.world.advance_ms(1);
    CHECK(breaches(play.sweep(kNotify)) == Strings{"complete job"});
  });
}

TEST_CASE("SLA-2: a progress update moves the window, clears stalled and re-arms it") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task = play.task("ann", "ann", {{"progressSlaSeconds", 10}});
    play.claim(task, "ann");
    play.world.advance_ms(10 * kMs + 1);
    CHECK(number(play.sweep(kNotify), "breachCount") == 1);
    CHECK(play.sla(task).stalled);
    play.world.advance_ms(5 * kMs);
    play.progress(task, "ann");
    CHECK_FALSE(play.sla(task).stalled);
    CHECK_FALSE(play.sla(task)[Window::kProgress].escalated_at);
    CHECK(play.sla(task).last_progress_at == play.world.now_ms);
    CHECK(play.outcome(task, Window::kProgress) == "notified:ann");  // until the next replaces it
    CHECK(number(play.sweep(kNotify), "breachCount") == 0);
    play.world.advance_ms(10 * kMs + 1);
    CHECK(number(play.sweep({{"record_only", true}}), "breachCount") == 1);
    CHECK(play.outcome(task, Window::kProgress) == "record_only");
  });
}

TEST_CASE("SLA-2: a released task starts its accept window anew, and it can be missed again") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task =
        play.task("ann", "ann", {{"acceptSlaSeconds", 10}, {"progressSlaSeconds", 10}});
    play.world.advance_ms(10 * kMs + 1);
    CHECK(number(play.sweep(kNotify), "breachCount") == 1);
    play.claim(task, "ann");
    play.release(task, "ann");
    play.world.advance_ms(10 * kMs);
    CHECK(number(play.sweep(kNotify), "breachCount") == 0);
    play.world.advance_ms(1);
    CHECK(breaches(play.sweep(kNotify)) == Strings{"accept job"});
    play.claim(task, "ann");
    play.complete(task, "ann");
    play.world.advance_ms(3'600 * kMs);
    CHECK(number(play.sweep(kNotify), "breachCount") == 0);
  });
}

TEST_CASE("SLA-5: creator and claimer are told once each, and one who is both is told once") {
  at_every_pace([](Play& play) {
    for (const char* agent : {"ann", "bob"}) play.world.agent(agent);
    const std::string two = play.task("ann", "bob", {{"progressSlaSeconds", 10}});
    const std::string one = play.task("bob", "bob", {{"progressSlaSeconds", 10}});
    for (const auto& task : {two, one}) play.claim(task, "bob");
    play.world.advance_ms(11 * kMs);
    CHECK(number(play.sweep(kNotify), "escalationsWritten") == 3);
    CHECK(play.outcome(two, Window::kProgress) == "notified:ann,bob");
    CHECK(play.outcome(one, Window::kProgress) == "notified:bob");
    CHECK(play.notices("ann").size() == 1);
    CHECK(play.notices("bob").size() == 2);
  });
}

TEST_CASE("SLA-5: without creator and claimer the registered fyi agents are told, or nobody") {
  at_every_pace([](Play& play) {
    for (const char* agent : {"ann", "cem", "dan"}) play.world.agent(agent);
    const std::string fyi = play.task("ann", "cem", accept_in(10));
    play.disable("ann");
    play.disable("dan");
    play.world.advance_ms(11 * kMs);
    json::object args = kNotify;
    args["fyi_agents"] = json::array{"nobody", "dan", "cem"};
    CHECK(number(play.sweep(args), "escalationsWritten") == 1);
    CHECK(play.outcome(fyi, Window::kAccept) == "notified:cem");

    play.world.ok("ansible_enable_agent", {{"agent_id", "ann"}});
    const std::string none = play.task("ann", "cem", accept_in(10));
    play.disable("ann");
    play.world.advance_ms(11 * kMs);
    args["fyi_agents"] = json::array{"nobody", "dan"};
    const auto reply = play.sweep(args);
    CHECK(number(reply, "breachCount") == 1);
    CHECK(number(reply, "escalationsWritten") == 0);
    CHECK(number(reply, "heldBack") == 0);
    CHECK(play.outcome(none, Window::kAccept) == "no_targets");
    args["max_messages"] = 0;
    args["fyi_agents"] = json::array{"cem"};
    CHECK(number(play.sweep(args), "heldBack") == 0);  // it does not wait
  });
}

TEST_CASE(
    "SLA-5: an fyi agent that the configuration names twice is told once, at the cost of one") {
  at_every_pace(
      [](Play& play) {
        for (const char* agent : {"ann", "cem"}) play.world.agent(agent);
        const std::string task = play.task("ann", "cem", accept_in(10));
        play.disable("ann");
        play.world.advance_ms(11 * kMs);
        const json::object reply = play.sweep({{"record_only", false}, {"max_messages", 1}});
        CHECK(number(reply, "escalationsWritten") == 1);
        CHECK(play.outcome(task, Window::kAccept) == "notified:cem");
        const json::object inbox = play.world.ok("ansible_read_messages", {{"agent", "cem"}});
        CHECK(number(inbox, "unreadMessages") == 1);
      },
      R"({"tier":"backbone","slaSweep":{"fyiAgents":["cem","cem"]}})");
}

TEST_CASE("WHO-5: the fyi agent 'admin' is the gateway's admin where nobody is called that") {
  at_every_pace(
      [](Play& play) {
        for (const char* agent : {"ann", "cem"}) play.world.agent(agent);
        const std::string task = play.task("ann", "cem", accept_in(10));
        play.disable("ann");
        play.world.advance_ms(11 * kMs);
        CHECK(number(play.sweep(kNotify), "escalationsWritten") == 1);
        CHECK(play.outcome(task, Window::kAccept) == "notified:boss");
      },
      R"({"tier":"backbone","adminAgentId":"boss","slaSweep":{"fyiAgents":["admin"]}})");
}

TEST_CASE("SLA-5: complete breaches also go to the gateway admin") {
  at_every_pace([](Play& play) {
    for (const char* agent : {"ann", "bob"}) play.world.agent(agent);
    const std::string task = play.task("ann", "bob", {{"completeSlaSeconds", 10}});
    play.claim(task, "bob");
    play.world.advance_ms(11 * kMs);
    CHECK(number(play.sweep(kNotify), "escalationsWritten") == 3);
    CHECK(play.outcome(task, Window::kComplete) == "notified:ann,bob,admin");
  });
}

TEST_CASE("SLA-10: what record-only recorded is never notified later") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const std::string task = play.task("ann", "ann", accept_in(10));
    play.world.advance_ms(11 * kMs);
    const auto reply = play.sweep({{"record_only", true}, {"max_messages", 0}});
    CHECK(number(reply, "breachCount") == 1);
    CHECK(number(reply, "heldBack") == 0);
    CHECK(play.outcome(task, Window::kAccept) == "record_only");
    const auto later = play.sweep(kNotify);
    CHECK(number(later, "breachCount") == 0);
    CHECK(number(later, "heldBackNotified") == 0);
    CHECK(play.notice_count() == 0);
  });
}

TEST_CASE("SLA-11: limit bounds the tasks, most overdue first; scanned comes from the counter") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    const json::object windows{{"progressSlaSeconds", 10}, {"completeSlaSeconds", 40}};
    const std::string a = play.task("ann", "ann", windows, titled("a"));
    play.task("ann", "ann", accept_in(5), titled("late"));
    play.claim(a, "ann");
    play.world.advance_ms(7 * kMs);
    play.task("ann", "ann", accept_in(10), titled("b"));
    play.world.advance_ms(100 * kMs);
    const auto first = play.sweep({{"record_only", false}, {"max_messages", 9}, {"limit", 2}});
    CHECK(breaches(first) == Strings{"accept late", "progress a", "complete a"});
    CHECK(number(first, "scanned") == 2);
    const auto second = play.sweep({{"record_only", false}, {"max_messages", 9}, {"limit", 9}});
    CHECK(breaches(second) == Strings{"accept b"});
    CHECK(number(second, "scanned") == 3);
    CHECK(number(play.sweep(kNotify), "scanned") == 3);
  });
}

TEST_CASE("SLA-11: breaches are sorted by deadline, task, then accept, progress, complete") {
  at_every_pace([](Play& play) {
    play.world.agent("ann");
    Strings tasks;
    for (int i = 0; i < 5; ++i) {
      tasks.push_back(play.task("ann", "ann",
                                {{"progressSlaSeconds", 30}, {"completeSlaSeconds", 30 - i % 2}}));
      play.claim(tasks.back(), "ann");
    }
    play.world.advance_ms(60 * kMs);
    const auto reply = play.sweep(kNotify);
    const auto& list = reply.at("breaches").as_array();
    REQUIRE(list.size() == 10);
    const auto rank = [](const json::object& b) {
      const std::string window = text(b, "breachType");
      return std::tuple(number(b, "dueAt"), text(b, "taskId"), window == "progress" ? 1 : 2);
    };
    for (std::size_t i = 1; i < list.size(); ++i) {
      CHECK(rank(list[i - 1].as_object()) < rank(list[i].as_object()));
    }
  });
}

TEST_CASE("SLA-12: a dry run shows what a real run does and leaves no trace") {
  at_every_pace([](Play& play) {
    for (const char* agent : {"ann", "bob"}) play.world.agent(agent);
    for (int i = 0; i < 3; ++i) {
      const std::string task = play.task("ann", "bob", {{"progressSlaSeconds", 10}});
      play.claim(task, "bob");
    }
    play.world.advance_ms(11 * kMs);
    play.sweep({{"record_only", false}, {"max_messages", 1}});  // three wait
    for (int i = 0; i < 3; ++i) play.task("ann", "bob", accept_in(10));
    play.world.advance_ms(11 * kMs);
    const Store before = play.world.store;
    json::object args{{"record_only", false}, {"max_messages", 8}, {"dry_run", true}};
    json::object shown = play.sweep(args);
    CHECK(play.world.store == before);
    CHECK(shown.at("dryRun").as_bool());
    args.erase("dry_run");
    json::object done = play.sweep(args);
    CHECK(number(done, "heldBackNotified") == 3);
    CHECK(number(done, "breachCount") == 3);
    CHECK(number(done, "escalationsWritten") == 8);
    CHECK_FALSE(play.world.store == before);
    shown["dryRun"] = false;
    CHECK(json::canonical(shown) == json::canonical(done));
  });
}

TEST_CASE("SLA-11: at most 1,000 breaches are listed, all are counted and recorded") {
  Play play({"one pass", 64, 0, false}, R"({"tier":"backbone"})");
  play.world.agent("ann");
  play.many_tasks(1'003, "ann", [](int i) { return 10 + i; });
  play.world.advance_ms(3'600 * kMs);
  const auto reply = play.sweep({{"record_only", true}});
  CHECK(number(reply, "breachCount") == 1'003);
  CHECK(reply.at("breachesTruncated").as_bool());
  const Strings listed = breaches(reply);
  REQUIRE(listed.size() == 1'000);
  CHECK(listed.front() == "accept 0");
  CHECK(listed.back() == "accept 999");
  CHECK(play.world.store.lower_bound("due/") == play.world.store.lower_bound("due0"));
}
