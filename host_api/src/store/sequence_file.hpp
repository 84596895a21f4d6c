// "<database>.seq": how far the database had come, told by another file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "gateway/engine.hpp"
#include "store/posix_file.hpp"

namespace gateway {

struct SequenceRecord {
  std::string store_id;  // 32 hex digits, drawn when the store is created or restored
  std::uint64_t sequence = 0;
};

// SQLite drops a damaged tail of its WAL without a word; a copied database file looks like the real
// one. This file, written after each commit, is what gives both away. It is written without fsync
// (one would cost a third of the throughput): after a power cut it may lag behind the database,
// never run ahead.
//
// One line of fixed size: "gateway-seq 1 <store id> <20 digits> <crc32c>\n".
// Thread rule: none.
class SequenceFile {
 public:
  static std::string path_for(const std::string& database) { return database + ".seq"; }

  // What the file says; nothing when there is none. Errors: GW_CORRUPT when it is not such a line.
  static StoreResult<std::optional<SequenceRecord>> read(const std::string& path);

  // Writes a new file durably: whole, or (after a crash) not at all.
  static StoreResult<void> create(const std::string& path, const SequenceRecord& record);

  // Opens an existing file for store().
  static StoreResult<SequenceFile> open(const std::string& path);

  // Overwrites the line in place, without fsync.
  StoreResult<void> store(const SequenceRecord& record);

 private:
  SequenceFile(std::string path, FileHandle file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  FileHandle file_;
};

}  // namespace gateway
