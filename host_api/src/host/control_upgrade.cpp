// Control: a one-way upgrade of the stored data, and the way back from it.
#include <fmt/format.h>

#include <filesystem>

#include "host/control.hpp"
#include "host/data_format.hpp"
#include "host/durable_files.hpp"
#include "host/quarantine.hpp"
#include "host/stop_point.hpp"

namespace gateway {
namespace {

std::string name_of(const ReleaseId& release) {
  return fmt::format("version {} ({})", release.version, release.sha256.substr(0, 16));
}

}  // namespace

Result<KnownRelease> Control::upgrade(const std::string& what) {
  const Turn turn(*this);
  if (closed_) return Error{"shutting_down", "the gateway is shutting down"};
  auto obtained = obtain(what);
  if (!obtained) return refused("upgrade", {}, obtained.error());
  const Release release = *obtained;
  const auto active = swapper_.active();
  const Release* serving = active ? releases_.find(active->sha256) : nullptr;
  // With a way back it is a swap like any other.
  if (serving == nullptr || check_revertible(release, *serving)) {
    return finish("swap", release, swapper_.activate(release, {}));
  }
  if (auto free = check_quarantine(record_.state(), release.id); !free) {
    return refused("upgrade", release.id, free.error());
  }
  const auto begun = begun_before(*serving, release);
  auto plan = begun ? Result<Upgrade>(*begun) : back_up(Release(*serving), release);
  if (!plan) return refused("upgrade", release.id, plan.error());
  stop_point(StopPoint::kBackedUp);

  const auto upgrade_before = record_.state().upgrade;
  Swapper::Change change;
  change.action = "upgrade";
  change.event = "upgraded";
  change.one_way = *plan;
  change.must_revert = false;
  change.detail =
      fmt::format("one way, from {} and data format {} to {}; the way back is the backup {}",
                  name_of(plan->from), plan->from_format, plan->to_format, plan->backup);
  change.decision.evidence.push_back(plan->backup);
  if (auto done = swapper_.activate(release, change); !done) {
    // Where nobody can say that nothing was raised, the next boot asks the store.
    const auto stored = stored_format(engine_);
    if (stored && stored->value_or(0) < plan->to_format) {
      record_.note([&](BootState& state) { state.upgrade = upgrade_before; });
    }
    return refused("upgrade", release.id, done.error());
  }
  migrate();
  return finish("upgrade", release, {});
}

// The same upgrade, when an earlier attempt has raised the stored format without knowing it. Its backup is the way back:
// one made now could not be read by the old release.
std::optional<Upgrade> Control::begun_before(const Release& from, const Release& to) {
  const auto& known = record_.state().upgrade;
  if (!known || known->from.sha256 != from.id.sha256 || known->to.sha256 != to.id.sha256) return {};
  const auto stored = stored_format(engine_);
  if (!stored || stored->value_or(0) < known->to_format) return {};
  return known;
}

// Everything that was acknowledged before is in the backup; what is lost by going back is what came
// after it.
Result<Upgrade> Control::back_up(const Release& from, const Release& to) {
  auto stored = stored_format(engine_);
  if (!stored) return stored.error();
  if (auto readable = check_readable(to, *stored); !readable) return readable.error();
  if (!options_.backup) {
    return Error{"no_backup",
                 "a one-way upgrade needs a backup first, and this store cannot be backed up"};
  }
  Upgrade upgrade;
  upgrade.from = from.id;
  upgrade.to = to.id;
  upgrade.from_format = stored->value_or(from.data_format_write);
  upgrade.to_format = to.data_format_write;
  upgrade.at_ms = record_.now_ms();
  upgrade.backup =
      fmt::format("{}/before-{}-{:013}.db", options_.backups, to.id.version, upgrade.at_ms);
  auto snapshot = engine_.snapshot();
  if (!snapshot) return Error{"storage", snapshot.error().message};
  upgrade.sequence = (*snapshot)->sequence();
  snapshot->reset();
  if (auto made = make_directory(options_.backups); !made) return made.error();
  if (auto done = options_.backup(upgrade.backup); !done) {
    return Error{"backup_failed", "no backup could be made: " + done.error().message};
  }
  return upgrade;
}

// Gives what is stored the new format, step by step, beside the calls. The release serves meanwhile: it
// reads both. What is left undone is done at the next boot.
void Control::migrate() {
  const auto& upgrade = record_.state().upgrade;
  const auto active = swapper_.active();
  if (!upgrade || upgrade->migrated || !active || active->sha256 != upgrade->to.sha256) return;
  Request request;
  request.kind = Request::Kind::kMigrate;
  request.caller_kind = GW_CALLER_HOST;
  request.client = "host";
  request.timeout = std::chrono::milliseconds(0);
  const Outcome outcome = executor_.run(std::move(request));
  const bool done = outcome.kind == Outcome::Kind::kReply && outcome.status == GW_OK;
  HistoryEntry entry;
  entry.event = done ? "migrated" : "refused";
  entry.release = *active;
  entry.by = "gateway";
  entry.detail =
      done ? fmt::format("the stored data has format {} now, after {} steps", upgrade->to_format,
                         outcome.steps)
           : fmt::format(
                 "the stored data could not all be given format {}: {}\n  it serves all the "
                 "same; the rest is tried again at the next start",
                 upgrade->to_format,
                 outcome.kind == Outcome::Kind::kReply ? outcome.body : outcome.message);
  record_.note([&](BootState& state) {
    if (done) {
      state.upgrade->migrated = true;
    } else {
      state.swap_trouble = entry.detail;
    }
    state.record(record_.entry(entry));
  });
  if (done) stop_point(StopPoint::kMigrated);
}

// At boot, before anything is loaded: the store itself says on which side of an upgrade it is.
void Control::settle_upgrade() {
  const auto upgrade = record_.state().upgrade;
  if (!upgrade) return;
  auto stored = stored_format(engine_);
  if (!stored) return;  // whatever boots will say so
  const bool raised = stored->value_or(0) >= upgrade->to_format;
  if (record_.state().serves(upgrade->from.sha256)) {
    conclude_upgrade(*upgrade, raised);
  } else if (record_.state().serves(upgrade->to.sha256) && *stored && !raised) {
    restored_before(*upgrade);
  }
}

// It was begun, and not recorded as done.
void Control::conclude_upgrade(const Upgrade& upgrade, bool raised) {
  record_.note([&](BootState& state) {
    if (!raised) return state.upgrade.reset();
    state.swap_trouble.clear();
    state.make_stable(upgrade.to, record_.now_ms());
    HistoryEntry entry;
    entry.event = "upgraded";
    entry.release = upgrade.to;
    entry.by = "gateway";
    entry.detail = fmt::format(
        "the upgrade from {} had passed the point of no return; the way back "
        "is the backup {}",
        name_of(upgrade.from), upgrade.backup);
    entry.evidence.push_back(upgrade.backup);
    state.record(record_.entry(std::move(entry)));
  });
}

void Control::restored_before(const Upgrade& upgrade) {
  record_.note([&](BootState& state) {
    state.make_stable(upgrade.from, record_.now_ms());
    state.previous.reset();  // forward again only by another upgrade, with another backup
    state.upgrade.reset();
    HistoryEntry entry;
    entry.event = "rolled_back";
    entry.release = upgrade.from;
    entry.by = "operator";
    entry.detail = fmt::format(
        "the store was restored to before the one-way upgrade to {}; what was "
        "committed since is not in it",
        name_of(upgrade.to));
    state.record(record_.entry(std::move(entry)));
  });
}

// Why a rollback over an upgrade is refused, and what it would cost.
Error Control::no_way_back(const Upgrade& upgrade) const {
  std::string lost = "what was committed since";
  if (auto snapshot = engine_.snapshot()) {
    const std::uint64_t now = (*snapshot)->sequence();
    lost = fmt::format("the {} commits since", now > upgrade.sequence ? now - upgrade.sequence : 0);
  }
  return {"one_way",
          fmt::format(
              "version {} reads the store as it was in format {}; it is in format {} since the "
              "one-way upgrade\n  the way back is the backup that was made before, {}: stop the "
              "gateway, restore it, start again; {} are lost then",
              upgrade.from.version, upgrade.from_format, upgrade.to_format, upgrade.backup, lost)};
}

}  // namespace gateway
