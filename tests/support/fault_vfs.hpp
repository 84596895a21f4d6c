// A disk that stalls or fails when a test says so.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace test_support {

// A SQLite VFS that passes everything through to the default one, except where a fault is armed.
// Give name() to gateway::SqliteOptions::vfs. Counts and faults cover the database, its -wal and
// its journal, opened through this VFS; not the files beside them that the engine writes itself,
// and not the shared memory.
//
// Must outlive every database opened through it. Create the first one before other threads open
// databases.
// Thread rule: any thread.
class FaultVfs {
 public:
  enum class Operation { kWrite, kSync };
  enum class Failure { kIoError, kFull };
  enum class File { kAny, kWal, kMain };  // kMain: the database file itself

  explicit FaultVfs(std::string name);
  ~FaultVfs();  // releases and clears
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  const std::string& name() const;

  // From now on every sync of a -wal file waits, before it reaches the disk, until release().
  void block_wal_sync();

  // Waits until a thread is held inside a -wal sync. False: none came within `limit` (the test has
  // failed: e.g. the engine did not sync).
  bool wait_until_blocked(std::chrono::milliseconds limit = std::chrono::seconds(60));

  // Lets the held syncs go on and later ones pass.
  void release();

  // Is a thread held inside a -wal sync at this moment?
  bool blocked() const;

  std::uint64_t wal_syncs_entered() const;  // held ones included
  std::uint64_t writes() const;             // all files, failed ones included
  std::uint64_t syncs() const;

  // Fails the `nth` operation from now on (1 = the next one), and all later ones too when
  // `and_later`. A failed operation does not reach the disk. One fault per kind of operation can be
  // armed. (A real disk reports "full" on a write only; a sync fails with kIoError.)
  void fail(Operation operation, std::uint64_t nth, Failure failure, bool and_later = false,
            File file = File::kAny);

  // How many operations were failed since the last clear().
  std::uint64_t failures() const;

  // Disarms every fault; operations succeed again.
  void clear();

  struct State;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace test_support
