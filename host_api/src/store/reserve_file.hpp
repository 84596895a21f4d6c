// "<database>.reserve": space kept for the day the disk is full.
#pragma once

#include <cstdint>
#include <string>

namespace gateway {

// Even a delete needs space. When the disk is full this file is given up, so that checkpoints and
// batches that make room still go through; it comes back when there is space again.
// Thread rule: none.
class ReserveFile {
 public:
  ReserveFile(const std::string& database, std::uint64_t bytes)
      : path_(database + ".reserve"), bytes_(bytes) {}

  // Makes the file, when it is missing and more than twice its size is free (so that it is not made
  // out of what its own removal has freed). Is it there now?
  bool acquire();

  // Gives the space to whoever needs it.
  void release();

 private:
  std::string path_;
  std::uint64_t bytes_;
};

}  // namespace gateway
