// Plays one SLA story at every pace: step sizes, kills and resumes must not change what happens.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/support/world.hpp"
#include "records/sla.hpp"

namespace ansible_test {

// How sweeps run: acts per step (0 = all in one), and after how many steps the process is killed (0
// = never).
struct Pace {
  std::string_view name;
  std::size_t acts_per_step = 0;
  std::size_t kill_after = 0;
  bool kill_again = false;  // each resumed call is killed as well
};

class Play {
 public:
  Play(const Pace& pace, std::string_view config) : world(config), pace_(pace) {}

  // A manual or an automatic sweep at the play's pace; its reply.
  json::object sweep(const json::object& args = {});
  json::object tick();

  // A task that `creator` gives to `assignee`; `sla` is {acceptSlaSeconds, ...}. Returns its id.
  std::string task(std::string_view creator, std::string_view assignee, const json::object& sla,
                   const json::object& more = {});
  // Many pending tasks of `creator`, straight into the store: accept is due after `seconds(i)`, the
  // title is i.
  void many_tasks(int count, std::string_view creator, const std::function<int(int)>& seconds);
  void claim(const std::string& task, std::string_view agent);
  void progress(const std::string& task, std::string_view agent);
  void complete(const std::string& task, std::string_view agent);
  void release(const std::string& task, std::string_view agent);
  void disable(std::string_view agent);

  ansible::SlaRecord sla(const std::string& task);
  // "" when nothing is recorded; otherwise the reason, ":" and the notified agents joined by ','.
  std::string outcome(const std::string& task, ansible::Window window);

  // What agents were told about breaches: "accept:<title>" or "digest(total):<title>,<title>", per
  // agent in order of time and content.
  std::vector<std::string> notices(std::string_view agent) const;
  std::size_t notice_count() const;
  std::size_t held_rows() const;

  World world;
  std::vector<std::string> transcript;
  std::size_t kills = 0;

 private:
  json::object run(std::string_view tool, const json::object& args, bool automatic);
  Pace pace_;
  std::uint64_t sweeps_ = 0;
};

// Plays `story` at every pace and demands equal replies and byte-equal stores.
void at_every_pace(const std::function<void(Play&)>& story,
                   std::string_view config = R"({"tier":"backbone"})");

// Small readers of replies.
std::int64_t number(const json::object& from, std::string_view name);
std::string text(const json::object& from, std::string_view name);
// "accept <title>" of each breach in the reply, in order.
std::vector<std::string> breaches(const json::object& reply);

}  // namespace ansible_test
