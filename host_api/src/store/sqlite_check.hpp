// Is a store sound?
#pragma once

#include <atomic>
#include <optional>

#include "gateway/sqlite_engine.hpp"
#include "store/sequence_file.hpp"
#include "store/sqlite_connection.hpp"

namespace gateway {

// Verifies SQLite's structure, every row's checksum and version and, when given, that the store is
// the one of `beside` and has all its commits. One read transaction, so it may run beside a writer;
// checkpoints wait meanwhile.
// Errors: only what keeps it from looking at all, and GW_CANCELLED when `*stop` becomes true; damage
// is reported as problems.
StoreResult<SqliteCheckReport> check_store(Connection& connection,
                                           const std::optional<SequenceRecord>& beside,
                                           const std::atomic<bool>* stop);

}  // namespace gateway
