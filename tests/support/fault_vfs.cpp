#include "support/fault_vfs.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>

namespace test_support {

namespace {

struct Fault {
  bool armed = false;
  std::uint64_t countdown = 0;  // operations until it strikes
  FaultVfs::Failure failure = FaultVfs::Failure::kIoError;
  bool and_later = false;
  FaultVfs::File file = FaultVfs::File::kAny;
};

}  // namespace

struct FaultVfs::State {
  std::string name;
  sqlite3_vfs vfs{};
  sqlite3_vfs* real = nullptr;

  mutable std::mutex mutex;
  std::condition_variable changed;
  bool blocking = false;
  std::uint64_t held = 0;
  std::uint64_t wal_syncs = 0;
  std::uint64_t writes = 0;
  std::uint64_t syncs = 0;
  std::uint64_t failures = 0;
  Fault write_fault;
  Fault sync_fault;

  // The result that an armed fault gives this operation; SQLITE_OK when none strikes. The mutex is
  // held.
  int strike(Fault& fault, File file, int io_error) {
    if (!fault.armed || (fault.file != File::kAny && fault.file != file)) return SQLITE_OK;
    if (fault.countdown > 1) {
      --fault.countdown;
      return SQLITE_OK;
    }
    if (!fault.and_later) fault.armed = false;
    ++failures;
    errno = EIO;  // SQLite asks for it
    return fault.failure == Failure::kFull ? SQLITE_FULL : io_error;
  }
};

namespace {

// SQLite allocates szOsFile bytes per file: this header, then the real file.
struct FaultFile {
  sqlite3_file base;
  FaultVfs::State* state;
  sqlite3_file* real;
  FaultVfs::File kind;  // kAny: neither of the others
};

FaultFile* self(sqlite3_file* file) { return reinterpret_cast<FaultFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real; }
FaultVfs::State* state_of(sqlite3_vfs* vfs) { return static_cast<FaultVfs::State*>(vfs->pAppData); }

int file_close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

int file_read(sqlite3_file* file, void* buffer, int size, sqlite3_int64 offset) {
  return real(file)->pMethods->xRead(real(file), buffer, size, offset);
}

int file_write(sqlite3_file* file, const void* buffer, int size, sqlite3_int64 offset) {
  FaultVfs::State& state = *self(file)->state;
  {
    const std::lock_guard lock(state.mutex);
    ++state.writes;
    const int failed = state.strike(state.write_fault, self(file)->kind, SQLITE_IOERR_WRITE);
    if (failed != SQLITE_OK) return failed;
  }
  return real(file)->pMethods->xWrite(real(file), buffer, size, offset);
}

int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
  return real(file)->pMethods->xTruncate(real(file), size);
}

int file_sync(sqlite3_file* file, int flags) {
  FaultVfs::State& state = *self(file)->state;
  {
    std::unique_lock lock(state.mutex);
    ++state.syncs;
    if (self(file)->kind == FaultVfs::File::kWal) {
      ++state.wal_syncs;
      ++state.held;
      state.changed.notify_all();
      state.changed.wait(lock, [&] { return !state.blocking; });
      --state.held;
    }
    const int failed = state.strike(state.sync_fault, self(file)->kind, SQLITE_IOERR_FSYNC);
    if (failed != SQLITE_OK) return failed;
  }
  return real(file)->pMethods->xSync(real(file), flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int file_lock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int file_unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int file_check_lock(sqlite3_file* file, int* reserved) {
  return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
}
int file_control(sqlite3_file* file, int op, void* arg) {
  return real(file)->pMethods->xFileControl(real(file), op, arg);
}
int file_sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int file_characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return real(file)->pMethods->xShmMap(real(file), page, size, extend, out);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: shared memory, but no memory-mapped reads, which would pass by xRead.
const sqlite3_io_methods kMethods = {2,
                                     file_close,
                                     file_read,
                                     file_write,
                                     file_truncate,
                                     file_sync,
                                     file_size,
                                     file_lock,
                                     file_unlock,
                                     file_check_lock,
                                     file_control,
                                     file_sector_size,
                                     file_characteristics,
                                     shm_map,
                                     shm_lock,
                                     shm_barrier,
                                     shm_unmap,
                                     nullptr,
                                     nullptr};

int vfs_open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  FaultVfs::State& state = *state_of(vfs);
  auto* opened = new (file) FaultFile{};
  opened->state = &state;
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  opened->kind = flags & SQLITE_OPEN_WAL       ? FaultVfs::File::kWal
                 : flags & SQLITE_OPEN_MAIN_DB ? FaultVfs::File::kMain
                                               : FaultVfs::File::kAny;
  const int result = state.real->xOpen(state.real, name, opened->real, flags, out_flags);
  // SQLite closes a file whose methods are set, even after a failure.
  opened->base.pMethods = opened->real->pMethods ? &kMethods : nullptr;
  return result;
}
int vfs_delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  return state_of(vfs)->real->xDelete(state_of(vfs)->real, name, sync_directory);
}
int vfs_access(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  return state_of(vfs)->real->xAccess(state_of(vfs)->real, name, flags, result);
}
int vfs_full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return state_of(vfs)->real->xFullPathname(state_of(vfs)->real, name, size, out);
}
int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
  return state_of(vfs)->real->xRandomness(state_of(vfs)->real, size, out);
}
int vfs_sleep(sqlite3_vfs* vfs, int microseconds) {
  return state_of(vfs)->real->xSleep(state_of(vfs)->real, microseconds);
}
int vfs_time(sqlite3_vfs* vfs, double* out) {
  return state_of(vfs)->real->xCurrentTime(state_of(vfs)->real, out);
}
int vfs_last_error(sqlite3_vfs* vfs, int size, char* out) {
  return state_of(vfs)->real->xGetLastError(state_of(vfs)->real, size, out);
}
int vfs_time_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
  return state_of(vfs)->real->xCurrentTimeInt64(state_of(vfs)->real, out);
}

}  // namespace

FaultVfs::FaultVfs(std::string name) : state_(std::make_shared<State>()) {
  State& state = *state_;
  state.name = std::move(name);
  state.real = sqlite3_vfs_find(nullptr);
  if (!state.real) throw std::runtime_error("SQLite has no default VFS");
  sqlite3_vfs& vfs = state.vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + state.real->szOsFile;
  vfs.mxPathname = state.real->mxPathname;
  vfs.zName = state.name.c_str();
  vfs.pAppData = &state;
  vfs.xOpen = vfs_open;
  vfs.xDelete = vfs_delete;
  vfs.xAccess = vfs_access;
  vfs.xFullPathname = vfs_full_path;
  vfs.xRandomness = vfs_randomness;
  vfs.xSleep = vfs_sleep;
  vfs.xCurrentTime = vfs_time;
  vfs.xGetLastError = vfs_last_error;
  vfs.xCurrentTimeInt64 = vfs_time_ms;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) {
    throw std::runtime_error("cannot register the VFS " + state.name);
  }
}

FaultVfs::~FaultVfs() {
  release();
  clear();
  sqlite3_vfs_unregister(&state_->vfs);
}

const std::string& FaultVfs::name() const { return state_->name; }

void FaultVfs::block_wal_sync() {
  const std::lock_guard lock(state_->mutex);
  state_->blocking = true;
}

bool FaultVfs::wait_until_blocked(std::chrono::milliseconds limit) {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, limit,
                                  [&] { return state_->blocking && state_->held > 0; });
}

void FaultVfs::release() {
  const std::lock_guard lock(state_->mutex);
  state_->blocking = false;
  state_->changed.notify_all();
}

bool FaultVfs::blocked() const {
  const std::lock_guard lock(state_->mutex);
  return state_->blocking && state_->held > 0;
}

std::uint64_t FaultVfs::wal_syncs_entered() const {
  const std::lock_guard lock(state_->mutex);
  return state_->wal_syncs;
}

std::uint64_t FaultVfs::writes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->writes;
}

std::uint64_t FaultVfs::syncs() const {
  const std::lock_guard lock(state_->mutex);
  return state_->syncs;
}

void FaultVfs::fail(Operation operation, std::uint64_t nth, Failure failure, bool and_later,
                    File file) {
  if (nth == 0) throw std::invalid_argument("the next operation is number 1");
  const std::lock_guard lock(state_->mutex);
  Fault& fault = operation == Operation::kWrite ? state_->write_fault : state_->sync_fault;
  fault = Fault{true, nth, failure, and_later, file};
}

std::uint64_t FaultVfs::failures() const {
  const std::lock_guard lock(state_->mutex);
  return state_->failures;
}

void FaultVfs::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->write_fault = {};
  state_->sync_fault = {};
  state_->failures = 0;
}

}  // namespace test_support
