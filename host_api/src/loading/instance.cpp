#include "gateway/instance.hpp"

#include <fmt/format.h>

#include <exception>

#include "execution/breadcrumbs.hpp"
#include "loading/create_report.hpp"
#include "loading/handshake.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

// Collects what create writes about the configuration; a report needs no more room than this.
struct ReportSink {
  static constexpr std::size_t kMaxReport = 256u << 10;
  std::string text;

  static gw_status write(void* ctx, gw_bytes chunk) {
    auto& self = *static_cast<ReportSink*>(ctx);
    if (chunk.len > kMaxReport - self.text.size()) return GW_TOO_LARGE;
    self.text += view_of(chunk);
    return GW_OK;
  }
};

std::string release_name(const gw_plugin& table) {
  return fmt::format("{} {} (build {})", view_of(table.id), view_of(table.version),
                     view_of(table.build_id));
}

std::string indented(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += "\n  " + line;
  return out;
}

Error config_invalid(const gw_plugin& table, const CreateReport& report) {
  return {"config_invalid",
          fmt::format("{} refuses its configuration:{}\n"
                      "  correct the plugin's configuration at the paths above",
                      release_name(table),
                      report.errors.empty() ? "\n  it does not say why (no report)"
                                            : indented(report.errors))};
}

Error create_failed(const gw_plugin& table, std::string_view what, const CreateReport& report) {
  return {"create_failed",
          fmt::format("{} failed in create: {}{}\n"
                      "  expected GW_OK and an instance, or GW_INVALID and a report; "
                      "this is a bug in the plugin",
                      release_name(table), what, indented(report.errors))};
}

// The plugin's outbox, as far as this host can use it.
const gw_outbox* find_outbox(const gw_plugin& table) {
  if (table.query == nullptr) return nullptr;
  const auto* outbox = static_cast<const gw_outbox*>(
      table.query({GW_OUTBOX_V1, std::char_traits<char>::length(GW_OUTBOX_V1)}));
  const bool whole = outbox != nullptr && outbox->size >= sizeof(gw_outbox);
  return whole && outbox->next != nullptr && outbox->settle != nullptr ? outbox : nullptr;
}

// Runs create; the text says which exception broke through the C boundary, if one did.
gw_status run_create(const gw_plugin& table, const std::string& config_json, gw_instance** handle,
                     ReportSink& sink, std::string& thrown) {
  const gw_sink out{&sink, &ReportSink::write};
  const gw_bytes config{config_json.data(), config_json.size()};
  try {
    return table.create(&host_table(), config, handle, &out);
  } catch (const std::exception& e) {
    thrown = fmt::format("it threw \"{}\" across the C boundary", printable(e.what()));
  } catch (...) {
    thrown = "it threw an exception across the C boundary";
  }
  return GW_INTERNAL;
}

}  // namespace

Result<std::unique_ptr<Instance>> Instance::create(const gw_plugin* table, ReleaseId release,
                                                   const std::string& config_json,
                                                   std::shared_ptr<void> keep_alive,
                                                   std::string* report) {
  auto checked = shake_hands(table);
  if (!checked.ok()) return checked.error();
  auto manifest = parse_manifest(view_of(checked->manifest_json));
  if (!manifest.ok()) return manifest.error();

  std::unique_ptr<Instance> instance(new Instance);
  instance->table_ = *checked;
  instance->outbox_ = find_outbox(*checked);
  instance->manifest_ = std::move(*manifest);
  instance->keep_alive_ = std::move(keep_alive);
  instance->release_ = std::move(release);
  instance->release_.version = view_of(checked->version);
  instance->release_.build_id = view_of(checked->build_id);

  ReportSink sink;
  std::string thrown;
  gw_instance* handle = nullptr;
  const gw_status status = run_create(*checked, config_json, &handle, sink, thrown);
  if (report != nullptr) *report = sink.text;
  if (status == GW_OK && handle != nullptr) {
    instance->handle_ = handle;
    return instance;
  }
  const CreateReport said = read_create_report(sink.text);
  if (status == GW_INVALID) return config_invalid(*checked, said);
  if (!thrown.empty()) return create_failed(*checked, thrown, said);
  if (status == GW_OK) return create_failed(*checked, "GW_OK, but no instance", said);
  return create_failed(*checked, fmt::format("status {}", status), said);
}

Instance::~Instance() {
  if (handle_ == nullptr) return;
  const Breadcrumbs::Hook here(release_, "destroy");
  try {
    table_.destroy(handle_);
  } catch (...) {
    // Its memory is lost; the host goes on. A release that throws here has broken the ABI's rule 5.
  }
  keep_alive_.reset();  // unloading runs code of the release, too
}

}  // namespace gateway
