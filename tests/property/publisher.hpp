// A publisher of manifests, with a key that is the same in every run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace property {

namespace json = base::json;

// What varies between the manifests of the story; the rest is always the same.
struct ManifestWish {
  std::string capability;
  std::string version;
  std::string owner;
  std::string publisher;
  bool high_risk = false;
  std::vector<std::string> canary_targets;  // empty: full rollout
};

enum class Seal : unsigned char { kSigned, kUnsigned, kForged };

// A complete manifest with its checksum; signed by the publisher's key, unsigned, or with the signature of another one.
json::object manifest_of(const ManifestWish& wish, Seal seal);

// PEM of the key that signs.
std::string publisher_pem();

}  // namespace property
