#include "loading/library.hpp"

#include <fmt/format.h>
#include <link.h>
#include <sys/statvfs.h>

#include <boost/dll/shared_library.hpp>
#include <exception>
#include <mutex>
#include <string_view>

#include "loading/handshake.hpp"

namespace gateway {
namespace {

bool on_noexec_file_system(const std::string& path) {
  struct statvfs fs {};
  return ::statvfs(path.c_str(), &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

Error load_failed(const std::string& path, const std::string& reason) {
  if (on_noexec_file_system(path)) {
    return {
        "load_failed",
        fmt::format("{} lies on a file system mounted noexec, so no code can be mapped from it\n"
                    "  move the plugins' directory (plugins.root) to one that allows it, or "
                    "remount without noexec",
                    path)};
  }
  return {"load_failed", fmt::format("the library cannot be loaded: {}", reason)};
}

// Boost says "... failed (dlerror system message: REASON): Bad file descriptor": the reason is all
// that helps.
std::string reason_of(const std::exception& e) {
  constexpr std::string_view kBefore = "dlerror system message: ";
  const std::string text = e.what();
  const std::size_t at = text.find(kBefore);
  if (at == std::string::npos) return text;
  const std::size_t from = at + kBefore.size();
  return text.substr(from, text.rfind("): ") - from);
}

Result<const gw_plugin*> ask_entry(boost::dll::shared_library& library) {
  if (!library.has(GW_PLUGIN_ENTRY)) {
    return Error{"no_entry",
                 fmt::format("the library has no entry {}\n"
                             "  expected a plugin for ABI major {}; build it with "
                             "gateway_add_plugin or the flags in plugin_abi's documentation",
                             GW_PLUGIN_ENTRY, GW_ABI_MAJOR)};
  }
  auto& entry = library.get<const gw_plugin*(std::uint32_t, std::uint32_t)>(GW_PLUGIN_ENTRY);
  const gw_plugin* table = entry(GW_ABI_MAJOR, GW_ABI_MINOR);
  if (table == nullptr) return no_table();
  return table;
}

}  // namespace

struct Library::Impl {
  std::string path;
  OnClosed on_closed;
  const gw_plugin* table = nullptr;

  ~Impl() { unload(); }

  // The throwing overload: the other one loses the reason.
  void load() {
    const std::lock_guard one_at_a_time(mapping());
    library.load(path, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  }
  void unload() {
    const std::lock_guard one_at_a_time(mapping());
    library.unload();
  }

  boost::dll::shared_library library;

 private:
  // The dynamic loader has a lock of its own, but one that a sanitizer does not see: a library comes to lie where
  // another one lay before.
  static std::mutex& mapping() {
    static std::mutex mutex;
    return mutex;
  }
};

Library::Library(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Library::~Library() {
  // unload() cannot fail visibly: a library may stay mapped (GNU-unique symbols, thread_local
  // destructors), so look.
  impl_->unload();
  if (!impl_->on_closed) return;
  impl_->on_closed({impl_->path, mapped_images(impl_->path) == 0});
}

const gw_plugin* Library::table() const { return impl_->table; }

Result<std::shared_ptr<Library>> Library::open(const std::string& private_copy,
                                               OnClosed on_closed) {
  if (private_copy.empty() || private_copy.front() != '/') {
    return Error{"load_failed",
                 fmt::format("expected the absolute path of a private copy, got {}", private_copy)};
  }
  if (mapped_images(private_copy) != 0) {
    return Error{"load_failed",
                 fmt::format("{} is mapped already: every load needs a copy with a name of its own",
                             private_copy)};
  }
  auto impl = std::make_unique<Impl>();
  impl->path = private_copy;
  impl->on_closed = std::move(on_closed);
  try {
    impl->load();
    auto table = ask_entry(impl->library);
    if (!table.ok()) return table.error();
    impl->table = *table;
  } catch (const std::exception& e) {
    return load_failed(private_copy, reason_of(e));
  } catch (...) {
    return load_failed(private_copy, "its entry threw an exception across the C boundary");
  }
  return std::shared_ptr<Library>(new Library(std::move(impl)));
}

std::size_t mapped_images(const std::string& path) {
  struct Search {
    const std::string& path;
    std::size_t found = 0;
  } search{path};
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* ctx) {
        auto& wanted = *static_cast<Search*>(ctx);
        if (info->dlpi_name != nullptr && wanted.path == info->dlpi_name) ++wanted.found;
        return 0;
      },
      &search);
  return search.found;
}

}  // namespace gateway
