// The message budget and what it holds back (SLA-6 ... SLA-9): every story at every pace.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "core/keys.hpp"
#include "plugin/support/sla_play.hpp"
#include "sla/held_store.hpp"
#include "sla/sla_book.hpp"
#include "tasks/task_store.hpp"

using namespace ansible_test;
using ansible::Window;
using Strings = std::vector<std::string>;

namespace {

constexpr std::int64_t kMs = 1'000;

json::object budget(int messages) { return {{"record_only", false}, {"max_messages", messages}}; }

// A task of `creator` claimed by `claimer`, with a progress window of `seconds`.
std::string claimed(Play& play, std::string_view creator, std::string_view claimer, int seconds,
                    std::string_view title) {
  const std::string task =
      play.task(creator, claimer, {{"progressSlaSeconds", seconds}}, {{"title", title}});
  play.claim(task, claimer);
  return task;
}

void agents(Play& play, std::initializer_list<const char*> ids) {
  for (const char* id : ids) play.world.agent(id);
}

std::int64_t counted(Play& play) {
  MapTransaction txn(play.world.store, 1, 0);
  return ansible::held_counts(txn).waiting;
}

}  // namespace

TEST_CASE("SLA-6: two targets and one message left: nobody is notified, the breach waits") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob"});
    const std::string task = claimed(play, "ann", "bob", 10, "t");
    play.world.advance_ms(11 * kMs);
    const auto reply = play.sweep(budget(1));
    CHECK(number(reply, "escalationsWritten") == 0);
    CHECK(number(reply, "heldBack") == 1);
    CHECK(play.outcome(task, Window::kProgress) == "message_budget_exhausted");
    CHECK(play.notice_count() == 0);
    CHECK(play.held_rows() == 1);
  });
}

TEST_CASE("SLA-6: the budget is exact over all steps; what it holds back is served later") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob"});
    Strings tasks;
    for (int i = 0; i < 5; ++i) {
      tasks.push_back(claimed(play, "ann", "bob", 10 + i, std::to_string(i)));
    }
    const std::string single = claimed(play, "bob", "bob", 30, "single");
    play.world.advance_ms(60 * kMs);
    const std::int64_t first_at = play.world.now_ms;
    const auto reply = play.sweep(budget(5));
    CHECK(number(reply, "breachCount") == 6);
    CHECK(number(reply, "escalationsWritten") == 5);  // two pairs, and the single one
    CHECK(number(reply, "heldBack") == 3);
    CHECK(play.outcome(single, Window::kProgress) == "notified:bob");
    CHECK(play.outcome(tasks[1], Window::kProgress) == "notified:ann,bob");
    CHECK(play.outcome(tasks[2], Window::kProgress) == "message_budget_exhausted");

    play.world.advance_ms(60 * kMs);
    const auto later = play.sweep(budget(6));
    CHECK(number(later, "breachCount") == 0);
    CHECK(number(later, "escalationsWritten") == 6);
    CHECK(number(later, "heldBackNotified") == 3);
    CHECK(number(later, "heldBack") == 0);
    CHECK(play.outcome(tasks[2], Window::kProgress) == "notified:ann,bob");
    const auto outcome = *play.sla(tasks[2])[Window::kProgress].outcome;
    CHECK(outcome.at == first_at);
    CHECK(outcome.notified_at == play.world.now_ms);
    CHECK(play.notices("ann").size() == 5);
    CHECK(number(play.sweep(budget(9)), "escalationsWritten") == 0);
  });
}

TEST_CASE("SLA-6: a budget of 0 writes nothing and loses nothing") {
  at_every_pace([](Play& play) {
    agents(play, {"ann"});
    const std::string task = claimed(play, "ann", "ann", 10, "t");
    play.world.advance_ms(11 * kMs);
    CHECK(number(play.sweep(budget(0)), "heldBack") == 1);
    CHECK(number(play.sweep(budget(0)), "heldBack") == 1);
    CHECK(number(play.sweep({{"record_only", true}}), "heldBack") == 1);
    CHECK(play.notice_count() == 0);
    CHECK(number(play.sweep(budget(1)), "heldBackNotified") == 1);
    CHECK(play.outcome(task, Window::kProgress) == "notified:ann");
  });
}

TEST_CASE("SLA-7: the waiting are served before the new, which get the rest of the budget") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob"});
    const std::string old = claimed(play, "ann", "bob", 10, "old");
    play.world.advance_ms(11 * kMs);
    play.sweep(budget(1));
    const std::string fits = claimed(play, "ann", "ann", 10, "fits");
    const std::string late = claimed(play, "ann", "bob", 11, "late");
    play.world.advance_ms(20 * kMs);
    const auto reply = play.sweep(budget(4));
    CHECK(number(reply, "escalationsWritten") == 3);
    CHECK(number(reply, "heldBackNotified") == 1);
    CHECK(number(reply, "heldBack") == 1);
    CHECK(play.outcome(old, Window::kProgress) == "notified:ann,bob");
    CHECK(play.outcome(fits, Window::kProgress) == "notified:ann");
    CHECK(play.outcome(late, Window::kProgress) == "message_budget_exhausted");
  });
}

TEST_CASE("SLA-7: targets stay those of the moment of the breach") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob", "cem"});
    const std::string task = play.task("ann", "bob", {{"acceptSlaSeconds", 10}});
    play.world.advance_ms(11 * kMs);
    play.sweep(budget(0));
    play.disable("ann");
    json::object args = budget(3);
    args["fyi_agents"] = json::array{"cem"};
    CHECK(number(play.sweep(args), "heldBackNotified") == 1);
    CHECK(play.outcome(task, Window::kAccept) == "notified:ann");
    CHECK(play.notices("cem").empty());
  });
}

TEST_CASE("SLA-8: more waiting than budget: one digest per target, longest waiting first") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob", "cem"});
    const std::string first = claimed(play, "ann", "bob", 10, "first");
    const std::string second = claimed(play, "ann", "cem", 11, "second");
    const std::string third = claimed(play, "bob", "ann", 12, "third");
    play.world.advance_ms(20 * kMs);
    CHECK(number(play.sweep(budget(0)), "heldBack") == 3);

    const auto reply = play.sweep(budget(2));
    CHECK(number(reply, "escalationsWritten") == 2);
    CHECK(number(reply, "heldBackNotified") == 2);
    CHECK(number(reply, "heldBack") == 1);
    CHECK(play.notices("ann") == Strings{"digest(3):first,second,third"});
    CHECK(play.notices("bob") == Strings{"digest(2):first,third"});
    CHECK(play.outcome(first, Window::kProgress) == "notified:ann,bob");
    CHECK(play.outcome(third, Window::kProgress) == "notified:bob,ann");
    CHECK(play.outcome(second, Window::kProgress) == "message_budget_exhausted:ann");

    const auto rest = play.sweep(budget(2));  // cem alone is left: one by one
    CHECK(number(rest, "escalationsWritten") == 1);
    CHECK(play.notices("cem") == Strings{"progress:claimed"});
    CHECK(play.outcome(second, Window::kProgress) == "notified:ann,cem");
    CHECK(counted(play) == 0);
  });
}

TEST_CASE("SLA-8: a breach with more targets than the budget is not starved") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob"});
    const std::string task = play.task("ann", "bob", {{"completeSlaSeconds", 10}});
    play.claim(task, "bob");
    play.world.advance_ms(11 * kMs);
    for (int i = 0; i < 3; ++i) CHECK(number(play.sweep(budget(1)), "escalationsWritten") <= 1);
    CHECK(number(play.sweep(budget(1)), "heldBack") == 0);
    CHECK(play.outcome(task, Window::kComplete) == "notified:ann,bob,admin");
  });
}

TEST_CASE("SLA-8: a digest lists at most 100 breaches and says how many there are") {
  Play play({"one pass", 7, 0, false}, R"({"tier":"backbone"})");
  agents(play, {"ann"});
  play.many_tasks(105, "ann", [](int) { return 10; });
  play.world.advance_ms(11 * kMs);
  play.sweep(budget(0));
  const auto reply = play.sweep(budget(1));
  CHECK(number(reply, "heldBackNotified") == 105);
  CHECK(number(reply, "escalationsWritten") == 1);
  const Strings told = play.notices("ann");
  REQUIRE(told.size() == 1);
  CHECK(told.front().starts_with("digest(105):"));
  CHECK(std::count(told.front().begin(), told.front().end(), ',') == 99);
}

TEST_CASE("SLA-9: a waiting breach whose window no longer applies leaves, resolved before notice") {
  at_every_pace([](Play& play) {
    agents(play, {"ann", "bob"});
    const std::string moved = claimed(play, "ann", "bob", 10, "moved");
    const std::string done = claimed(play, "ann", "bob", 10, "done");
    const std::string released = claimed(play, "ann", "bob", 10, "released");
    const std::string taken = play.task("ann", "bob", {{"acceptSlaSeconds", 10}});
    play.world.advance_ms(11 * kMs);
    CHECK(number(play.sweep(budget(0)), "heldBack") == 4);
    play.progress(moved, "bob");
    play.complete(done, "bob");
    play.release(released, "bob");
    play.claim(taken, "bob");
    for (const auto& task : {moved, done, released}) {
      CHECK(play.outcome(task, Window::kProgress) == "message_budget_exhausted resolved");
    }
    CHECK(play.outcome(taken, Window::kAccept) == "message_budget_exhausted resolved");
    CHECK(counted(play) == 0);
    CHECK(play.held_rows() == 0);
    const auto reply = play.sweep(budget(9));
    CHECK(number(reply, "escalationsWritten") == 0);
    CHECK(number(reply, "heldBackNotified") == 0);
  });
}

TEST_CASE("SLA-9: a window that is missed again after it was resolved waits again") {
  at_every_pace([](Play& play) {
    agents(play, {"ann"});
    const std::string task = claimed(play, "ann", "ann", 10, "t");
    play.world.advance_ms(11 * kMs);
    play.sweep(budget(0));
    play.progress(task, "ann");
    play.world.advance_ms(11 * kMs);
    CHECK(number(play.sweep(budget(0)), "heldBack") == 1);
    CHECK(play.outcome(task, Window::kProgress) == "message_budget_exhausted");
    CHECK(number(play.sweep(budget(1)), "heldBackNotified") == 1);
  });
}

namespace {

// A sweep with a random budget: it never writes more, and says exactly what it wrote.
void random_sweep(Play& play, std::mt19937& dice) {
  const auto messages = static_cast<int>(dice() % 6);
  json::object args = budget(messages);
  if (dice() % 4 == 0) args["limit"] = static_cast<std::int64_t>(1 + dice() % 3);
  const std::size_t before = play.notice_count();
  const auto reply = play.sweep(args);
  const auto written = static_cast<std::int64_t>(play.notice_count() - before);
  CHECK(written <= messages);
  CHECK(number(reply, "escalationsWritten") == written);
  CHECK(number(reply, "heldBack") == static_cast<std::int64_t>(play.held_rows()));
}

// Something that happens to a random task; refusals are welcome.
void random_deed(Play& play, std::mt19937& dice, Strings& open) {
  const auto roll = [&](int n) { return static_cast<int>(dice() % static_cast<unsigned>(n)); };
  const char* names[] = {"ann", "bob", "cem"};
  if (open.empty() || roll(2) == 0) {
    open.push_back(play.task(names[roll(3)], names[roll(3)],
                             {{"acceptSlaSeconds", 1 + roll(20)},
                              {"progressSlaSeconds", 1 + roll(20)},
                              {"completeSlaSeconds", 1 + roll(60)}}));
    return;
  }
  const std::string task = open[static_cast<std::size_t>(roll(static_cast<int>(open.size())))];
  const char* tools[] = {"ansible_claim_task", "ansible_update_task", "ansible_release_task",
                         "ansible_complete_task"};
  json::object args{{"taskId", task}, {"agentId", names[roll(3)]}};
  const int tool = roll(4);
  if (tool == 0) args["etaSeconds"] = 60 + roll(1'000);
  if (tool == 1) args["status"] = "in_progress";
  if (tool == 3) args["result"] = "r" + std::to_string(roll(1'000));
  play.world.call(tools[tool], args);
}

// Counter, waiting index, due index and records tell one story.
void check_indexes(Play& play, const Strings& tasks) {
  MapTransaction txn(play.world.store, 1, 0);
  std::size_t waiting = 0;
  for (const std::string& id : tasks) {
    const auto record = ansible::load_sla(txn, id).value_or(ansible::SlaRecord{});
    const auto task = ansible::load_task(txn, id);
    REQUIRE(task);
    for (const Window window : ansible::kWindows) {
      const ansible::WindowState& state = record[window];
      if (state.outcome && state.outcome->waiting()) ++waiting;
      if (!state.due_at) continue;
      const bool armed = ansible::window_applies(window, task->status) && !state.escalated_at;
      const auto key = ansible::key::due(*state.due_at, id, ansible::to_text(window));
      CHECK(play.world.store.contains(key) == armed);
    }
  }
  CHECK(waiting == play.held_rows());
  CHECK(counted(play) == static_cast<std::int64_t>(play.held_rows()));
}

}  // namespace

TEST_CASE("SLA-6: random lives: no sweep exceeds its budget, and the counter equals the index") {
  std::size_t most_held = 0;
  for (unsigned seed = 1; seed <= 16; ++seed) {
    CAPTURE(seed);
    const Pace pace{"random", seed % 4, seed % 3, seed % 2 == 0};
    Play play(pace, R"({"tier":"backbone"})");
    agents(play, {"ann", "bob", "cem"});
    std::mt19937 dice(seed);
    Strings tasks;
    for (int i = 0; i < 80; ++i) {
      const auto deed = dice() % 10;
      if (deed < 7) random_deed(play, dice, tasks);
      if (deed == 7) play.world.advance_ms(static_cast<std::int64_t>(dice() % 15) * kMs);
      if (deed > 7) random_sweep(play, dice);
      check_indexes(play, tasks);
      most_held = std::max(most_held, play.held_rows());
    }
    for (int i = 0; i < 100 && play.held_rows() > 0; ++i) play.sweep(budget(5));
    CHECK(play.held_rows() == 0);
    check_indexes(play, tasks);
  }
  CHECK(most_held > 5);
}
