#include "host/loader.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "execution/breadcrumbs.hpp"
#include "host/durable_files.hpp"
#include "host/owned_file.hpp"
#include "loading/create_report.hpp"
#include "loading/library.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

// What an instance keeps alive: first the library goes, then its file.
struct Image {
  explicit Image(std::string path) : file(std::move(path)) {}
  OwnedFile file;
  std::shared_ptr<Library> library;
};

// An instance in the making. All that its hooks can reach: they may outlive the call, and the host.
struct Making {
  std::shared_ptr<Image> image;
  ReleaseId release;
  std::string config_json;
  LogSink log;
  std::string report;  // of create
  Result<std::unique_ptr<Instance>> made = Error{};

  Result<std::unique_ptr<Instance>> make() {
    const Breadcrumbs::Hook here(release, "create");
    auto library = Library::open(image->file.path(), [log = log](const Library::Closed& closed) {
      if (!closed.unmapped && log) {
        log(GW_LOG_WARN, "host", closed.path + " stays mapped after it was closed; it is kept");
      }
    });
    if (!library) return library.error();
    image->library = *library;
    const gw_plugin* table = image->library->table();
    return Instance::create(table, release, config_json, std::move(image), &report);
  }
};

bool same_build(const gw_plugin& table, const Release& release) {
  return view_of(table.version) == release.id.version &&
         view_of(table.build_id) == release.id.build_id &&
         table.data_format_read_min == release.data_format_read_min &&
         table.data_format_read_max == release.data_format_read_max &&
         table.data_format_write == release.data_format_write;
}

}  // namespace

Result<Loader> Loader::open(const std::string& root, RunBounds bounds, LogSink log) {
  const std::string directory = root + "/loaded";
  if (auto removed = remove_tree(directory); !removed) return removed.error();
  if (auto made = make_directory(directory); !made) return made.error();
  return Loader(directory, std::move(bounds), std::move(log));
}

Result<std::string> Loader::private_copy(const ReleaseStore& releases, const Release& release) {
  auto staged = releases.copy_out(release.id.sha256, directory_);
  if (!staged) return staged.error();
  std::string path =
      fmt::format("{}/{}-{}.so", directory_, ++sequence_, release.id.sha256.substr(0, 16));
  if (std::rename(staged->path.c_str(), path.c_str()) == 0) return path;
  const Error error = io_error("rename", staged->path, errno);
  ::unlink(staged->path.c_str());
  return error;
}

void Loader::tell_warnings(const std::string& create_report) const {
  if (!log_) return;
  for (const std::string& warning : read_create_report(create_report).warnings) {
    log_(GW_LOG_WARN, "host", "the plugin's configuration: " + warning);
  }
}

Result<std::unique_ptr<Instance>> Loader::load(const ReleaseStore& releases, const Release& release,
                                               const std::string& config_json) {
  auto path = private_copy(releases, release);
  if (!path) return path.error();
  const auto making = std::make_shared<Making>();
  making->image = std::make_shared<Image>(std::move(*path));
  making->release = release.id;
  making->config_json = config_json;
  making->log = log_;
  const bool came_back =
      run_bounded(bounds_, [making](const std::atomic<bool>&) { making->made = making->make(); });
  if (!came_back) {
    return Error{"create_failed",
                 fmt::format("version {} hangs while it is loaded; its thread is left behind, and "
                             "its library stays loaded",
                             release.id.version)};
  }
  auto instance = std::move(making->made);
  if (!instance) return instance;
  if (same_build((*instance)->table(), release)) {
    tell_warnings(making->report);
    return instance;
  }
  return Error{"release_differs",
               fmt::format("release {} says another version, build or data format about itself "
                           "than when it was proved",
                           release.id.sha256.substr(0, 16))};
}

}  // namespace gateway
