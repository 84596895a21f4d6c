// The builds of a plugin that a gateway keeps, by digest.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/error.hpp"
#include "gateway/instance.hpp"
#include "gateway/log.hpp"
#include "loading/stage.hpp"

namespace gateway {

// One verified and proved build.
struct Release {
  ReleaseId id;
  std::int64_t imported_ms = 0;  // Unix milliseconds
  std::uint32_t abi_major = 0;
  std::uint32_t abi_minor = 0;
  std::uint32_t data_format_read_min = 0;
  std::uint32_t data_format_read_max = 0;
  std::uint32_t data_format_write = 0;
  std::string signed_by{};  // id of the trusted key; empty: nobody, as far as was looked
};

// Owns <root>/releases: one immutable directory per release,
//
//     releases/<sha256>/<plugin>.so  <plugin>.so.sig  meta.json        0500, files 0400
//
// A release is complete or absent: it is made in a hidden directory, synced, and renamed into
// place. Its bytes are hashed again whenever they are copied out, so a damaged copy is never
// loaded.
// Thread rule: the control thread.
class ReleaseStore {
 public:
  // Reads what is there and removes what a crash left half-made. A directory that cannot be
  // understood is reported to `log` and left alone.
  // Errors: io_error, no_space.
  static Result<ReleaseStore> open(const std::string& root, const std::string& plugin, LogSink log);

  // What is there now, to be read by somebody else than the owner: nothing is made or tidied, and copies go to
  // `staging`, an existing directory of the caller's. A missing root has no releases. Errors: io_error.
  static Result<ReleaseStore> look(const std::string& root, const std::string& plugin,
                                   std::string staging);

  // Where candidates are copied to before they are releases; emptied by open().
  const std::string& staging() const { return staging_; }

  // Oldest import first.
  const std::vector<Release>& all() const { return releases_; }
  const Release* find(std::string_view sha256) const;  // nullptr: not kept

  // Releases whose version is `what`, or whose digest begins with it (at least 6 hex digits).
  std::vector<Release> match(std::string_view what) const;

  // The one release that match() finds. Errors: not_found, ambiguous (lists the matches).
  Result<Release> named(const std::string& what) const;

  // Keeps the staged file `staged_path` as `release`, with its signature if there is one, or only
  // drops it when the same bytes are kept already. Damaged kept bytes are replaced, and so are bytes
  // that were not known to be signed.
  // Errors: io_error, no_space.
  Result<Release> add(const std::string& staged_path, Release release,
                      const std::string& signature = {});

  // The signature that is kept with a release; empty: none. Errors: io_error.
  Result<std::string> signature_of(std::string_view sha256) const;

  // Path of a release's bytes. Nothing of this process may map it: copy_out() first.
  std::string library_of(std::string_view sha256) const;

  // Copies a release's bytes into `directory` and checks their digest.
  // Errors: not_found, release_damaged, io_error, no_space.
  Result<StagedFile> copy_out(std::string_view sha256, const std::string& directory) const;

  // Removes the oldest imports until at most `others` remain for which `keep` is false.
  void prune(const std::function<bool(const Release&)>& keep, std::size_t others);

 private:
  ReleaseStore(std::string root, std::string plugin, LogSink log);
  Result<void> load(bool tidy);
  Result<void> put_in_place(const std::string& hidden, const std::string& final);
  Result<void> discard(std::string_view sha256);
  Result<void> make(const std::string& staged_path, const Release& release,
                    const std::string& signature);
  std::string directory_of(std::string_view sha256) const;
  std::string hidden_of(std::string_view sha256) const;  // while it is made or removed

  std::string releases_dir_;
  std::string staging_;
  std::string plugin_;
  LogSink log_;
  std::vector<Release> releases_;
};

}  // namespace gateway
