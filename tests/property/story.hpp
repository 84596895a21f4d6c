// A random sequence of calls that knows what it has made so far.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "property/plant.hpp"

namespace property {

// A call of the tool "ansible_<name>".
Step tool(std::string name, json::object args);

// The same seed and the same answers give the same steps, on every machine.
class Story {
 public:
  explicit Story(std::uint64_t seed) : random_(seed) {}

  Step next();
  void learn(const Step& step, const Answer& answer);

 private:
  using Maker = Step (Story::*)();
  struct Chapter {
    unsigned weight;
    Maker make;
  };
  static const Chapter kChapters[];

  Step delegate();
  Step delegate_by_capability();
  Step claim();
  Step update();
  Step fail();
  Step complete();
  Step release_or_cancel();
  Step approve();
  Step risky_work();
  Step rest_owner();
  Step miss_owner();
  Step welcome_owner();
  Step register_agent();
  Step switch_agent();
  Step send();
  Step read_or_mark();
  Step sla_sweep();
  Step set_policy();
  Step publish();
  Step publish_manifest(const std::string& id, const std::string& which);
  Step withdraw();
  Step distribution();
  Step coordinate();
  Step import_task();
  Step canary_work();
  Step judge_canary();
  Step invite_people();
  Step accept_invite();
  Step exchange_invite();
  Step come_with_ticket();
  Step use_token();
  Step move_people();
  Step welcome_visitor();
  Step work_of_visitor();
  Step purge_visitor();
  Step admit_nodes();
  Step set_sink();
  Step drain_outbox();
  Step fetch();
  Step dead_letters();
  Step look();
  Step sweep();
  Step repeat();
  Step contradict();
  Step nonsense();

  std::uint64_t number(std::uint64_t below) { return random_() % below; }
  bool chance(std::uint64_t percent) { return number(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[number(list.size())];
  }
  std::string agent();
  std::string task();
  std::string capability() {
    static const std::vector<std::string> kCapabilities = {"cap.p0", "cap.p1", "cap.p2",
                                                           "cap.m0", "cap.m1", "cap.h0"};
    return one_of(kCapabilities);
  }
  std::string version() { return "1." + std::to_string(number(3)) + ".0"; }
  void maybe_key(json::object& args);
  void follow_up(const Step& step, const Answer& answer);

  std::mt19937_64 random_;
  std::vector<std::string> tasks_;
  std::vector<std::string> messages_;
  std::vector<std::string> risky_;       // tasks that need an approval
  std::vector<std::string> deliveries_;  // that the host was given
  std::vector<std::string> events_;      // that were fetched
  std::vector<std::string> letters_;     // dead ones
  std::vector<std::string> invites_;     // tokens of agents' invites
  std::vector<std::string> tokens_;      // of agents
  std::vector<std::string> node_invites_;
  std::vector<std::string> tickets_;
  std::vector<std::string> canary_tasks_;
  std::string canary_;       // the capability that was last put into canary
  std::vector<Maker> soon_;  // what belongs to the steps before, and would be over after a while
  std::vector<Step> keyed_;  // steps with an idempotency key, the newest last
  std::uint64_t keys_ = 0;
};

}  // namespace property
