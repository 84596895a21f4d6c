// Records what the executor carries out.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gateway/clock.hpp"
#include "gateway/engine.hpp"
#include "gateway/journal.hpp"
#include "gateway/log.hpp"
#include "journal/journal_format.hpp"
#include "journal/journal_ring.hpp"

namespace gateway {

// Takes steps from the executor's threads into a bounded queue, and writes them on a thread of its own: to the file whose
// snapshot they come after. A file begins with a snapshot of commit s; of what is handed over from then on, commits up to
// s are in the snapshot and are left out. When a commit does not follow the one before (another process wrote, or the
// queue was full), or the disk is full, the file ends, and another one begins with a new snapshot after a pause.
//
// Thread rule: committed(), answered() and reconfigured() from any thread, they never wait; the others from the owner's.
class Journal {
 public:
  struct Subject {
    std::string plugin;
    std::string node_id;
    std::string config_json;
  };
  struct Pace {
    std::chrono::milliseconds look{50};  // how long a step may wait in the queue
    std::chrono::milliseconds least_pause{
        1'000};  // before a file that replaces a broken one; doubles,
    std::chrono::milliseconds most_pause{60'000};  // up to this
    std::uint64_t queue_bytes = 0;                 // 0: a sixteenth of the bound, at most 8 MiB
  };

  // The engine and the clock must outlive close().
  Journal(JournalOptions options, Subject subject, Engine& engine, Clock& clock, LogSink log,
          Pace pace);
  Journal(JournalOptions options, Subject subject, Engine& engine, Clock& clock, LogSink log)
      : Journal(std::move(options), std::move(subject), engine, clock, std::move(log), Pace{}) {}
  ~Journal();  // as close()
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // These steps (journal::step_payload) became durable together: on top of commit `base`, as commit `sequence`.
  void committed(std::uint64_t base, std::uint64_t sequence, std::vector<std::string> steps);

  // A step that wrote nothing was answered, on the state of commit `seen`.
  void answered(std::uint64_t seen, std::string step);

  // The plugin has another configuration from now on: another file begins.
  void reconfigured(std::string config_json);

  // Returns when all that was handed over is in the file, or lost. For tests.
  void flush();

  // Writes what waits, and ends. What comes later is dropped.
  void close();

 private:
  // The steps of a batch, or one answered step.
  struct Entry {
    bool commit = false;
    std::uint64_t base = 0;      // of a commit
    std::uint64_t sequence = 0;  // of the commit, or seen
    std::vector<std::string> steps;
    std::uint64_t bytes() const;
  };

  void push(Entry entry);
  void run();
  void work(std::vector<Entry> entries, bool lost, std::optional<std::string> config_json);
  void begin();
  bool take_snapshot(std::string& bytes, journal::Header& header);
  void record(const Entry& entry);
  bool put(const std::vector<std::string>& steps);
  void end(const std::string& reason, bool trouble);
  void give_up();
  void pause();
  void complain(const std::string& text);

  const JournalOptions options_;
  const Pace pace_;
  Engine& engine_;
  Clock& clock_;
  const LogSink log_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> queue_;
  std::uint64_t queued_bytes_ = 0;
  bool accepting_ = false;  // a file is open, or about to be
  bool lost_ = false;       // the queue was full
  bool closing_ = false;
  std::optional<std::string> next_config_;
  std::uint64_t flush_asked_ = 0;
  std::uint64_t flush_done_ = 0;

  // The thread's own.
  Subject subject_;
  journal::Ring ring_;
  std::optional<journal::RingFile> file_;
  std::uint64_t limit_ = 0;           // of the file
  std::uint64_t first_sequence_ = 0;  // of its snapshot
  std::uint64_t sequence_ = 0;        // the newest commit in it
  std::chrono::steady_clock::time_point begin_at_{};
  std::chrono::milliseconds next_pause_;
  std::chrono::steady_clock::time_point complained_at_{};
  bool in_trouble_ = false;
  std::thread thread_;
};

}  // namespace gateway
