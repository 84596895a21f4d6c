// Runs of the sweep: who may start one, when it starts by itself, what happens to an unfinished
// one, what it costs.
#include <doctest/doctest.h>

#include <map>

#include "core/fields.hpp"
#include "plugin/support/sla_play.hpp"
#include "sla/sla_status.hpp"
#include "tools/dispatch.hpp"

using namespace ansible_test;
using ansible::Window;
using Strings = std::vector<std::string>;

namespace {

constexpr std::int64_t kMs = 1'000;
constexpr Pace kOneStep{"all in one step", 0, 0, false};
constexpr std::string_view kBackbone = R"({"tier":"backbone"})";
constexpr std::string_view kNotifying =
    R"({"tier":"backbone","slaSweep":)"
    R"({"everySeconds":60,"recordOnly":false,"maxMessagesPerSweep":2}})";

const json::object kNotify{{"record_only", false}, {"max_messages", 100}};

json::object status(World& world) {
  MapTransaction txn(world.store, 1, 0);
  ansible::Context context{.txn = txn, .config = world.config, .now_ms = world.now_ms};
  context.node.id = world.node_id;
  context.node.sweeps = world.sweeps;
  context.node.reason = world.sweeps ? "" : "another node is nominated";
  return ansible::sla_status_json(context);
}

std::string sourced(const json::object& status, std::string_view name) {
  const json::object& entry = status.at("policy").as_object().at(name).as_object();
  return json::canonical(entry.at("value")) + ' ' + text(entry, "source");
}

std::size_t runs(const World& world) {
  return static_cast<std::size_t>(
      std::distance(world.store.lower_bound("sla-run/"), world.store.lower_bound("sla-run0")));
}

std::size_t parts(const World& world) {
  return static_cast<std::size_t>(
      std::distance(world.store.lower_bound("sla-part/"), world.store.lower_bound("sla-part0")));
}

}  // namespace

TEST_CASE("SLA-13: without a word the policy is the safe profile") {
  World world;
  const auto shown = status(world);
  CHECK(sourced(shown, "enabled") == "true default");
  CHECK(sourced(shown, "everySeconds") == "300 default");
  CHECK(sourced(shown, "recordOnly") == "true default");
  CHECK(sourced(shown, "maxMessagesPerSweep") == "3 default");
  CHECK(sourced(shown, "fyiAgents") == R"(["architect"] default)");
  CHECK(text(shown, "enableCommand") == "openclaw ansible sla policy set --record-only false");
}

TEST_CASE("SLA-13: coordination values win, also false; reset leaves it to the configuration") {
  World world(
      R"({"tier":"backbone","slaSweep":{"enabled":true,"everySeconds":600,"recordOnly":true}})");
  CHECK(sourced(status(world), "everySeconds") == "600 config");
  const auto reply = world.ok("ansible_set_sla_policy", {{"enabled", false},
                                                         {"every_seconds", 30},
                                                         {"record_only", false},
                                                         {"max_messages", 0},
                                                         {"fyi_agents", "ann,bob"}});
  CHECK(text(reply.at("policy").as_object().at("enabled").as_object(), "source") == "coordination");
  auto shown = status(world);
  CHECK(sourced(shown, "enabled") == "false coordination");
  CHECK(sourced(shown, "everySeconds") == "30 coordination");
  CHECK(sourced(shown, "recordOnly") == "false coordination");
  CHECK(sourced(shown, "maxMessagesPerSweep") == "0 coordination");
  CHECK(sourced(shown, "fyiAgents") == R"(["ann","bob"] coordination)");
  CHECK(text(shown, "enableCommand") ==
        "openclaw ansible sla policy set --enabled true --max-messages 3");

  world.ok("ansible_set_sla_policy", {{"reset", json::array{"enabled", "everySeconds"}}});
  shown = status(world);
  CHECK(sourced(shown, "enabled") == "true config");
  CHECK(sourced(shown, "everySeconds") == "600 config");
  CHECK(sourced(shown, "recordOnly") == "false coordination");
  world.ok("ansible_set_sla_policy", {{"reset", json::array{}}});
  CHECK(sourced(status(world), "recordOnly") == "true config");
  CHECK(sourced(status(world), "maxMessagesPerSweep") == "3 default");
}

TEST_CASE("SLA-13: the policy refuses what it cannot mean, and changes nothing") {
  World world;
  const Store before = world.store;
  for (const json::object& args :
       {json::object{}, json::object{{"every_seconds", 29}}, json::object{{"max_messages", -1}},
        json::object{{"enabled", "yes"}}, json::object{{"fyi_agents", json::array{"../x"}}},
        json::object{{"reset", json::array{"everything"}}}, json::object{{"reset", true}}}) {
    CAPTURE(json::canonical(args));
    CHECK(text(world.call("ansible_set_sla_policy", args), "code") == "invalid_argument");
  }
  CHECK(world.store == before);
}

TEST_CASE("reference 3.2: a fraction of the message budget of a manual sweep is dropped") {
  World world;
  world.ok("ansible_sla_sweep", {{"record_only", false}, {"max_messages", 2.9}});
  CHECK(code_of(world.call("ansible_sla_sweep", {{"max_messages", -0.5}})) == "invalid_argument");
}

TEST_CASE("SLA-14: sweeping by hand and setting the policy are for operators and admins") {
  World world;
  const std::string token = world.agent("ann");
  for (const char* tool : {"ansible_sla_sweep", "ansible_set_sla_policy"}) {
    const json::object args{{"record_only", true}};
    json::object named = args;
    named["from_agent"] = "ann";
    CHECK(text(world.call(tool, named), "code") == "not_authorized");
    json::object by_token = args;
    by_token["agent_token"] = token;
    CHECK(text(world.call(tool, by_token), "code") == "not_authorized");
    named["from_agent"] = "admin";
    world.ok(tool, named);
    world.sweeps = false;  // anywhere
    world.ok(tool, args);
    world.sweeps = true;
  }
}

TEST_CASE("SLA-13: absent options of the manual sweep take the policy") {
  Play play(kOneStep, kNotifying);
  play.world.agent("ann");
  play.many_tasks(5, "ann", [](int i) { return 10 + i; });
  play.world.advance_ms(60 * kMs);
  const auto reply = play.sweep();
  CHECK(number(reply, "escalationsWritten") == 2);
  CHECK(number(reply, "heldBack") == 3);
}

TEST_CASE("SLA-14: the automatic sweep runs from the configuration when it is due") {
  at_every_pace(
      [](Play& play) {
        play.world.agent("ann");
        play.many_tasks(3, "ann", [](int i) { return 10 + i; });
        CHECK(number(play.tick(), "breachCount") == 0);
        CHECK(text(status(play.world), "slaSweepLastReason") == "startup");
        play.world.advance_ms(60 * kMs - 1);
        CHECK(text(play.tick(), "skipped") == "not due yet");
        play.world.advance_ms(1);
        const auto reply = play.tick();
        CHECK(number(reply, "breachCount") == 3);
        CHECK(number(reply, "escalationsWritten") == 2);
        const auto shown = status(play.world);
        CHECK(number(shown, "slaSweepLastAt") == play.world.now_ms);
        CHECK(text(shown, "slaSweepLastReason") == "interval");
        CHECK(number(shown, "slaSweepLastBreachCount") == 3);
        CHECK(number(shown, "slaSweepLastEscalationsWritten") == 2);
        CHECK(number(shown, "heldBack") == 1);
        play.sweep(kNotify);  // by hand: the automatic sweep's figures stay
        CHECK(number(status(play.world), "slaSweepLastEscalationsWritten") == 2);
        CHECK(number(status(play.world).at("lastSweep").as_object(), "heldBackNotified") == 1);
      },
      kNotifying);
}

TEST_CASE("SLA-14: the automatic sweep says why it does not run") {
  World world(kNotifying);
  world.sweeps = false;
  CHECK(text(world.sweep("sla"), "skipped") == "another node is nominated");
  CHECK_FALSE(status(world).at("sweeps").as_bool());
  CHECK(text(status(world), "reason") == "another node is nominated");
  world.sweeps = true;
  world.ok("ansible_set_sla_policy", {{"enabled", false}});
  CHECK(text(world.sweep("sla"), "skipped") == "disabled by the policy");
  CHECK(text(status(world), "reason") == "the policy has it disabled");
  world.ok("ansible_set_sla_policy", {{"enabled", true}});
  CHECK(world.sweep("sla").contains("breachCount"));
  CHECK(text(status(world), "enableCommand").empty());
  CHECK(status(world).at("notifications").as_bool());
}

TEST_CASE("A killed run is resumed within five minutes, with its own now and budget") {
  Play play(kOneStep, kBackbone);
  World& world = play.world;
  world.agent("ann");
  play.many_tasks(6, "ann", [](int) { return 10; });
  world.advance_ms(60 * kMs);
  const std::int64_t cut = world.now_ms;
  const json::object args{{"record_only", false}, {"max_messages", 4}};
  world.yield_every = 1;
  CHECK_FALSE(world.call_and_kill("ansible_sla_sweep", args, 3));
  CHECK(play.notice_count() == 3);
  CHECK(runs(world) == 1);
  world.advance_ms(299 * kMs);
  const auto reply = world.ok("ansible_sla_sweep", args);
  CHECK(number(reply, "breachCount") == 6);
  CHECK(number(reply, "escalationsWritten") == 4);
  CHECK(play.notice_count() == 4);
  CHECK(play.sla("task-100005")[Window::kAccept].escalated_at == cut);
  CHECK(runs(world) == 0);
}

TEST_CASE("After five minutes a run is given up: the next begins anew and nothing is left behind") {
  Play play(kOneStep, kBackbone);
  World& world = play.world;
  world.agent("ann");
  play.many_tasks(6, "ann", [](int) { return 10; });
  world.advance_ms(60 * kMs);
  const json::object args{{"record_only", false}, {"max_messages", 4}};
  world.yield_every = 1;
  CHECK_FALSE(world.call_and_kill("ansible_sla_sweep", args, 3));
  CHECK(parts(world) > 0);
  world.advance_ms(301 * kMs);
  SUBCASE("the same arguments") {
    const auto reply = world.ok("ansible_sla_sweep", args);
    CHECK(number(reply, "breachCount") == 3);
    CHECK(number(reply, "escalationsWritten") == 3);
  }
  SUBCASE("other arguments") {
    CHECK(number(world.ok("ansible_sla_sweep", kNotify), "breachCount") == 3);
  }
  CHECK(play.notice_count() == 6);
  CHECK(runs(world) == 0);
  CHECK(parts(world) == 0);
}

TEST_CASE("Runs with different arguments are different runs, and finish side by side") {
  Play play(kOneStep, kBackbone);
  World& world = play.world;
  world.agent("ann");
  play.many_tasks(8, "ann", [](int) { return 10; });
  world.advance_ms(60 * kMs);
  world.yield_every = 1;
  const json::object two{{"record_only", false}, {"max_messages", 2}};
  const json::object recording{{"record_only", true}, {"limit", 3}};
  CHECK_FALSE(world.call_and_kill("ansible_sla_sweep", two, 1));
  CHECK_FALSE(world.call_and_kill("ansible_sla_sweep", recording, 1));
  CHECK(runs(world) == 2);
  CHECK(number(world.ok("ansible_sla_sweep", recording), "breachCount") == 3);
  const auto reply = world.ok("ansible_sla_sweep", two);
  CHECK(number(reply, "breachCount") == 5);
  CHECK(number(reply, "escalationsWritten") == 2);
  CHECK(number(reply, "heldBack") == 3);
  CHECK(runs(world) == 0);
}

TEST_CASE(
    "SLA-8: a digest covers only what it speaks of, not what another run held back meanwhile") {
  Play play(kOneStep, kBackbone);
  World& world = play.world;
  world.agent("ann");
  play.many_tasks(3, "ann", [](int) { return 10; });
  world.advance_ms(60 * kMs);
  const json::object none{{"record_only", false}, {"max_messages", 0}};
  const json::object two{{"record_only", false}, {"max_messages", 2}};
  CHECK(number(play.sweep(none), "heldBack") == 3);
  world.yield_every = 1;
  std::size_t steps = 0;
  while (play.notice_count() == 0) {
    REQUIRE(++steps < 20);
    CHECK_FALSE(world.call_and_kill("ansible_sla_sweep", two, 1));
  }
  const std::string late = play.task("ann", "ann", {{"acceptSlaSeconds", 1}});
  world.advance_ms(2 * kMs);
  CHECK(number(play.sweep(none), "heldBack") == 4);
  const auto reply = world.ok("ansible_sla_sweep", two);
  CHECK(number(reply, "heldBackNotified") == 3);
  CHECK(play.notices("ann") == Strings{"digest(3):0,1,2"});
  CHECK(play.outcome(late, Window::kAccept) == "message_budget_exhausted");
  CHECK(play.held_rows() == 1);
}

TEST_CASE("A run that another call finished meanwhile returns the same result") {
  Play play(kOneStep, kBackbone);
  World& world = play.world;
  world.agent("ann");
  play.many_tasks(3, "ann", [](int) { return 10; });
  world.advance_ms(60 * kMs);
  world.yield_every = 1;
  CHECK_FALSE(world.call_and_kill("ansible_sla_sweep", kNotify, 1));
  const std::string run =
      text(ansible::parse_document("run", world.store.lower_bound("sla-run/")->second), "id");
  const auto finished = world.ok("ansible_sla_sweep", kNotify);

  const auto resume = [&] {
    MapTransaction txn(world.store, 77, 0);
    ansible::Context context{.txn = txn, .config = world.config, .now_ms = world.now_ms};
    context.node.id = world.node_id;
    context.caller = ansible::CallerKind::kOperator;
    context.continuation = run;
    return ansible::run_tool(context, "ansible_sla_sweep", json::canonical(kNotify)).body;
  };
  CHECK(resume() == json::canonical(finished));
  world.ok("ansible_sla_sweep", kNotify);
  const std::string gone = resume();
  CHECK(text(ansible::parse_document("reply", gone), "code") == "conflict");
}

TEST_CASE("Cost: a sweep with nothing due reads as many keys at 5,000 open tasks as at 10") {
  std::map<std::string, std::size_t> reads[2];
  int which = 0;
  for (const int tasks : {10, 5'000}) {
    Play play(kOneStep, kNotifying);
    play.world.agent("ann");
    play.many_tasks(tasks, "ann", [](int i) { return 3'600 + i % 100; });
    play.world.sweep("sla");
    reads[which]["first automatic"] = play.world.keys_read;
    play.world.sweep("sla");
    reads[which]["not due"] = play.world.keys_read;
    play.world.advance_ms(60 * kMs);
    CHECK(number(play.world.sweep("sla"), "breachCount") == 0);
    reads[which]["automatic"] = play.world.keys_read;
    CHECK(number(play.sweep(), "scanned") == tasks);
    reads[which]["manual"] = play.world.keys_read;
    ++which;
  }
  CHECK(reads[0] == reads[1]);
  for (const auto& [what, keys] : reads[0]) {
    CAPTURE(what);
    CHECK(keys > 0);
    CHECK(keys < 20);
  }
}
