// Complete copies of a store: out of a live one, and back in.
#pragma once

#include <atomic>
#include <string>

#include "gateway/sqlite_engine.hpp"

namespace gateway {

// SqliteEngine::check, backup and restore, on the files.
StoreResult<SqliteCheckReport> check_live(const SqliteOptions& options,
                                          const std::atomic<bool>* stop);
StoreResult<void> backup_live(const SqliteOptions& options, const std::string& file,
                              const std::atomic<bool>* stop);
StoreResult<std::string> restore_from(const SqliteOptions& options, const std::string& file);

}  // namespace gateway
