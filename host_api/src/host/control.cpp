#include "host/control.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "host/quarantine.hpp"

namespace gateway {
namespace {

const Error kShuttingDown{"shutting_down", "the gateway is shutting down"};

}  // namespace

Control::Control(Options options, Parts parts, ReleaseStore releases, Loader loader,
                 BootRecord record)
    : options_(std::move(options)),
      engine_(parts.engine),
      slot_(parts.slot),
      executor_(parts.executor),
      clock_(parts.clock),
      breadcrumbs_(parts.breadcrumbs),
      releases_(std::move(releases)),
      loader_(std::move(loader)),
      record_(std::move(record)),
      importer_({options_.plugin, options_.prover, options_.signatures}, releases_),
      swapper_({parts.engine, parts.executor, parts.slot, parts.node, releases_, loader_, record_,
                options_.first_hooks, options_.watch_window.count() > 0, options_.log},
               options_.config_json),
      file_(options_.library, releases_, importer_, swapper_, record_,
            [this](const Release& release, const Swapper::Change& change) {
              return deploy_file(release, change);
            }) {}

Result<std::unique_ptr<Control>> Control::open(Options options, Parts parts) {
  auto releases = ReleaseStore::open(options.root, options.plugin, options.log);
  if (!releases) return releases.error();
  auto loader = Loader::open(options.root, options.first_hooks, options.log);
  if (!loader) return loader.error();
  auto record = BootRecord::open(options.root, parts.clock, options.log);
  if (!record) return record.error();
  std::unique_ptr<Control> control(new Control(std::move(options), parts, std::move(*releases),
                                               std::move(*loader), std::move(*record)));
  control->publish();
  return control;
}

std::optional<Watcher::Seen> Control::boot() {
  const Turn turn(*this);
  report_problems();
  return boot_now();
}

Result<KnownRelease> Control::install(const std::string& file) {
  const Turn turn(*this);
  if (closed_) return kShuttingDown;
  const std::size_t before = releases_.all().size();
  auto release = import(file, true);
  if (!release) return release.error();
  if (releases_.all().size() != before) {
    record_.note(
        [&](BootState& state) { state.record(record_.entry("imported", release->id, file)); });
  }
  prune_releases(releases_, record_.state(), release->id.sha256);
  return known(*release);
}

Result<KnownRelease> Control::verify(const std::string& file) {
  const Turn turn(*this);
  if (closed_) return kShuttingDown;
  auto release = import(file, false);
  if (!release) return release.error();
  return known(*release);
}

Result<Release> Control::import(const std::string& file, bool keep) {
  auto candidate = importer_.stage(file);
  if (!candidate) return candidate.error();
  if (auto free = check_quarantine(record_.state(), {"", "", candidate->sha256}); !free) {
    return free.error();
  }
  auto release = importer_.judge(*candidate, swapper_.config_json(), record_.now_ms());
  if (!release || !keep) return release;
  return importer_.keep(std::move(*candidate), std::move(*release));
}

Result<KnownRelease> Control::swap(const std::string& what) {
  const Turn turn(*this);
  if (closed_) return kShuttingDown;
  if (what.find('/') != std::string::npos) return swap_file(what);
  const auto release = kept(what);
  if (release) return swap_release(*release);
  std::error_code error;
  if (release.error().code == "not_found" && std::filesystem::exists(what, error)) {
    return swap_file(what);
  }
  return release.error();
}

Result<Release> Control::kept(const std::string& what) const { return releases_.named(what); }

Result<KnownRelease> Control::swap_file(const std::string& file) {
  auto candidate = importer_.stage(file);
  if (!candidate) return refused("swap", {}, candidate.error());
  const ReleaseId id{"", "", candidate->sha256};
  if (const auto active = swapper_.active(); active && active->sha256 == id.sha256) {
    if (const Release* same = releases_.find(id.sha256)) {
      return finish("swap", *same, swapper_.activate(*same, {}));
    }
  }
  if (auto free = check_quarantine(record_.state(), id); !free) {
    return refused("swap", id, free.error());
  }
  auto release = importer_.judge(*candidate, swapper_.config_json(), record_.now_ms());
  if (release) release = importer_.keep(std::move(*candidate), std::move(*release));
  if (!release) return refused("swap", id, release.error());
  Swapper::Change change;
  change.detail = "swapped to the file " + file;
  return finish("swap", *release, swapper_.activate(*release, change));
}

Result<KnownRelease> Control::swap_release(const Release& release) {
  const auto active = swapper_.active();
  if (auto free = check_quarantine(record_.state(), release.id); !free) {
    return refused("swap", release.id, free.error());
  }
  if (!active || active->sha256 != release.id.sha256) {
    auto candidate = importer_.stage(release);
    if (!candidate) return refused("swap", release.id, candidate.error());
    auto judged = importer_.judge(*candidate, swapper_.config_json(), record_.now_ms());
    if (!judged) return refused("swap", release.id, judged.error());
  }
  return finish("swap", release, swapper_.activate(release, {}));
}

Result<RolledBack> Control::rollback() {
  const Turn turn(*this);
  if (closed_) return kShuttingDown;
  if (canary_ && canary_->stage() != CanaryStage::kSoak) return end_trial_instead();
  auto active = go_to_previous();
  if (!active) return active.error();
  return RolledBack{std::move(*active), std::nullopt};
}

// Before its soak a candidate is the change under way, and the release before it serves still.
RolledBack Control::end_trial_instead() {
  const CanaryStatus trial = canary_->status();
  abort_canary("operator", "a rollback ended the trial");
  const Release* serving = releases_.find(trial.active.sha256);
  return {known(serving != nullptr ? *serving : Release{.id = trial.active}), trial.candidate};
}

Result<KnownRelease> Control::go_to_previous() {
  const auto back_to = rollback_target();
  if (!back_to) {
    return Error{"nothing_to_roll_back_to",
                 "no other release was active before; nothing to roll back to\n  " +
                     still_serving(swapper_)};
  }
  const Release* found = releases_.find(back_to->sha256);
  if (found == nullptr) {
    return refused(
        "rollback", *back_to,
        {"release_lost", fmt::format("the bytes of version {} ({}) are not kept any more",
                                     back_to->version, back_to->sha256)});
  }
  const Release target = *found;
  if (const auto& upgrade = record_.state().upgrade; upgrade &&
                                                     upgrade->from.sha256 == target.id.sha256 &&
                                                     record_.state().serves(upgrade->to.sha256)) {
    return refused("rollback", target.id, no_way_back(*upgrade));
  }
  Swapper::Change change;
  change.action = "rollback";
  change.event = "rolled_back";
  change.must_revert = false;
  change.regardless = true;
  // It was proved and it served: it needs no new proof, and a rollback should not depend on one.
  auto warm = swapper_.exchange(target, change);
  if (!warm) return refused("rollback", target.id, warm.error());
  if (*warm) return finish("rollback", target, {});
  return finish("rollback", target, swapper_.activate(target, change));
}

// What served before. Without that (it is quarantined, or this is the first release since) the last
// good one that is kept.
std::optional<ReleaseId> Control::rollback_target() const {
  const BootState& state = record_.state();
  if (state.previous) return state.previous->release;
  const Mark* best = nullptr;
  for (const Mark& mark : state.marks) {
    const std::string& sha256 = mark.release.sha256;
    if (!state.good(sha256) || state.serves(sha256) || releases_.find(sha256) == nullptr) continue;
    if (best == nullptr || mark.good_ms > best->good_ms) best = &mark;
  }
  return best != nullptr ? std::optional(best->release) : std::nullopt;
}

Result<void> Control::reconfigure(const std::string& config_json) {
  const Turn turn(*this);
  if (closed_) return kShuttingDown;
  if (config_json == swapper_.config_json() && swapper_.active()) return {};
  if (canary_ && canary_->stage() != CanaryStage::kSoak) {
    abort_canary("gateway", "the configuration has changed");
  }
  if (swapper_.active()) return swapper_.reconfigure(config_json);
  swapper_.set_config(config_json);
  boot_now();
  if (swapper_.active()) return {};
  return Error{"no_plugin", status_now().reason};
}

Watcher::Verdict Control::file_changed(const Watcher::Seen& seen) {
  const Turn turn(*this);
  if (closed_) return Watcher::Verdict::kDecided;
  const Watcher::Verdict verdict = file_.changed(seen);
  if (swapper_.active() && record_.state().file_trouble.empty()) boot_trouble_.clear();
  return verdict;
}

void Control::close() {
  const Turn turn(*this);
  closed_ = true;
  record_.settle(true);
  canary_.reset();  // the next process goes on with it
}

Result<KnownRelease> Control::finish(const std::string& verb, const Release& release,
                                     const Result<void>& done) {
  if (!done) return refused(verb, release.id, done.error());
  boot_trouble_.clear();
  prune_releases(releases_, record_.state(), release.id.sha256);
  return known(release);
}

// What every failed swap and rollback ends in: the active release goes on, and everybody can see
// why.
Error Control::refused(const std::string& verb, const ReleaseId& release, const Error& error) {
  const std::string message =
      fmt::format("plugin {} refused: {}\n  {}", verb, error.message, still_serving(swapper_));
  // A name that leads nowhere is the caller's slip, no failed swap.
  if (error.code != "not_found") {
    record_.note([&](BootState& state) {
      state.intent.reset();
      state.swap_trouble = message;
      state.record(record_.entry("refused", release, message));
    });
  }
  return {error.code, message};
}

}  // namespace gateway
