// Reads a file of a journal, also one that is being written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/error.hpp"
#include "host/unique_fd.hpp"
#include "journal/journal_format.hpp"

namespace gateway::journal {

// As far as the file reached when it was opened. Trusts nothing in it: a frame that is cut off or fails its checksum ends
// the reading.
// Thread rule: one thread.
class JournalReader {
 public:
  // Reads the header and the snapshot. Errors: not_found, not_a_journal, no_snapshot (the file ends before its snapshot
  // does), io_error.
  static Result<JournalReader> open(const std::string& path);

  const std::string& path() const { return path_; }
  const Header& header() const { return header_; }
  const std::vector<Write>& rows() const { return rows_; }

  // The next step; none at the end.
  std::optional<RecordedStep> next();

  // After the last step: why the file ends; "" where it is still written, or its gateway died.
  const std::string& ending() const { return ending_; }
  bool torn() const { return torn_; }  // it ends within a frame

 private:
  JournalReader(UniqueFd fd, std::string path, std::uint64_t end)
      : fd_(std::move(fd)), path_(std::move(path)), end_(end) {}
  bool take(std::size_t n, std::string& into);
  bool next_frame(std::string& payload);
  Result<void> read_snapshot();

  UniqueFd fd_;
  std::string path_;
  std::uint64_t at_ = 0;
  std::uint64_t end_ = 0;
  std::string buffer_;  // read ahead
  std::size_t used_ = 0;
  Header header_;
  std::vector<Write> rows_;
  std::string ending_;
  bool torn_ = false;
};

}  // namespace gateway::journal
