// A plugin linked into a test program: one small tool per thing that a host must get right.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "gateway/instance.hpp"

namespace test_support {

// Holds hooks until the test lets them go: the tool `wait` passes through it.
// Thread rule: any.
class Gate {
 public:
  void close();
  void open();
  void pass();                         // blocks while closed; called by the hook
  void wait_for_visitors(unsigned n);  // until n hooks wait inside at once

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  unsigned inside_ = 0;
};

// The gate of the tool `wait`. One per program, because hooks see nothing of a test.
Gate& gate();

// The plugin's table. Its tools, all with JSON object arguments and replies:
//   put {key, value}, erase {key}, get {key} (read-only), look {key} (as get, but not read-only)
//   scan {first, last, reverse, limit} (read-only) -> {rows: [[key, value]...]}
//   count {key, dry_run} -> {count}               adds one
//   refuse {key, value}, refuse_recorded {...}     put, then say no
//   replay {key, value}                            put once, later only read -> {value, replayed}
//   steps {key, n, dry_run} -> {seen}              step i writes key/i; counts the rows
//   status {status, key}                           puts key if given, then returns any status; cancelled, at once
//   report {} -> request as the hook sees it, node
//   random {label, n, then} -> {hex, attempt}      `then`: what a scan fails with in attempt 0
//   misuse {how}                                   breaks one rule and goes on as if nothing were
//   log {text, refuse}, big {bytes}, wait {read, key}
// Sweeps: tick (node, 30 s), lead (coordinator, 60 s); each counts itself under sweep/<name>. The
// nominated coordinator is /node of the key "coordinator".
const gw_plugin& test_plugin();

// An instance of it.
std::unique_ptr<gateway::Instance> test_instance(const std::string& version = "1.0.0");

}  // namespace test_support
