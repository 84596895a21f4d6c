#include "host/release_meta.hpp"

#include "host/json_fields.hpp"

namespace gateway {

std::string to_json(const Release& release) {
  base::json::object out = fields::object_of(release.id);
  out["schema"] = 1;
  out["importedMs"] = release.imported_ms;
  out["abi"] = {{"major", release.abi_major}, {"minor", release.abi_minor}};
  out["dataFormat"] = {{"readMin", release.data_format_read_min},
                       {"readMax", release.data_format_read_max},
                       {"write", release.data_format_write}};
  if (!release.signed_by.empty()) out["signedBy"] = release.signed_by;
  return base::json::canonical(out) + "\n";
}

Result<Release> parse_release(std::string_view json) {
  const Error bad{"bad_meta", "meta.json does not describe a release"};
  const auto parsed = base::json::parse(json);
  if (!parsed) return Error{"bad_meta", "meta.json: " + parsed.error().message};
  const auto id = fields::release_id(*parsed);
  const auto imported = fields::integer(*parsed, "importedMs");
  const auto* abi = base::json::find(*parsed, "abi");
  const auto* format = base::json::find(*parsed, "dataFormat");
  if (!id || !imported || abi == nullptr || format == nullptr) return bad;
  const auto major = fields::small(*abi, "major");
  const auto minor = fields::small(*abi, "minor");
  const auto read_min = fields::small(*format, "readMin");
  const auto read_max = fields::small(*format, "readMax");
  const auto write = fields::small(*format, "write");
  if (!major || !minor || !read_min || !read_max || !write) return bad;
  return Release{*id,       *imported, *major, *minor,
                 *read_min, *read_max, *write, fields::text(*parsed, "signedBy").value_or("")};
}

}  // namespace gateway
