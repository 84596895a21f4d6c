#include "host/evidence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "host/durable_files.hpp"
#include "host/json_fields.hpp"

namespace gateway {
namespace {

namespace fs = std::filesystem;
namespace json = base::json;

constexpr std::size_t kMaxFiles = 100;

// What a plugin says may be anything.
std::string clean(const std::string& text) {
  if (json::valid_utf8(text)) return text;
  std::string out = text;
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

std::string to_json(const Evidence& evidence) {
  json::object out = fields::object_of(evidence.release);
  out["atMs"] = evidence.at_ms;
  out["phase"] = evidence.phase;
  out["reason"] = clean(evidence.reason);
  json::array figures;
  for (const Figure& figure : evidence.figures) {
    figures.push_back(json::object{{"name", figure.name},
                                   {"value", figure.value},
                                   {"baseline", figure.baseline},
                                   {"threshold", figure.threshold},
                                   {"exceeded", figure.exceeded}});
  }
  out["figures"] = std::move(figures);
  json::array calls;
  for (const FailedCall& call : evidence.calls) {
    calls.push_back(json::object{{"atMs", call.at_ms},
                                 {"name", clean(call.name)},
                                 {"requestId", clean(call.request_id)},
                                 {"what", call.what},
                                 {"message", clean(call.message)}});
  }
  out["calls"] = std::move(calls);
  return json::pretty(out) + "\n";
}

// Their names begin with the time.
void remove_oldest(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().string());
  }
  std::sort(names.begin(), names.end());
  for (std::size_t i = 0; i + kMaxFiles < names.size(); ++i) fs::remove_all(names[i], error);
}

}  // namespace

Result<std::string> write_evidence(const std::string& root, const Evidence& evidence) {
  const std::string directory = root + "/evidence";
  if (auto made = make_directory(directory); !made) return made.error();
  std::string path = fmt::format("{}/{:013}-{}-{}.json", directory, evidence.at_ms,
                                 evidence.release.sha256.substr(0, 16), evidence.phase);
  if (auto wrote = write_durably(path, to_json(evidence), 0600); !wrote) return wrote.error();
  remove_oldest(directory);
  return path;
}

}  // namespace gateway
