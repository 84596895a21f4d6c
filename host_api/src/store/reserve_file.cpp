#include "store/reserve_file.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

#include "store/posix_file.hpp"

namespace gateway {

bool ReserveFile::acquire() {
  if (size_of_file(path_).value_or(0) == bytes_) return true;
  const std::size_t slash = path_.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
  struct statvfs disk {};
  if (::statvfs(directory.c_str(), &disk) != 0) return false;
  if (std::uint64_t{disk.f_bavail} * disk.f_frsize < 2 * bytes_) return false;
  const auto file = open_file(path_, O_WRONLY | O_CREAT | O_TRUNC);
  if (file && (bytes_ == 0 || ::posix_fallocate(file->get(), 0, static_cast<off_t>(bytes_)) == 0)) {
    return true;
  }
  release();
  return false;
}

void ReserveFile::release() { (void)remove_file(path_); }

}  // namespace gateway
