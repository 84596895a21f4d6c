#include "tools/sizes.hpp"

#include <string>

namespace ansible {
namespace {

constexpr std::size_t kMostBytes = 64 << 10;

Error too_large(std::string_view name, const std::string& limit, const std::string& got) {
  return {code::kTooLarge,
          std::string(name) + ": expected at most " + limit + ", got " + got,
          {{"pointer", "/" + std::string(name)}}};
}

}  // namespace

std::optional<Error> refuse_count(std::string_view name, std::size_t count, std::size_t most) {
  if (count <= most) return std::nullopt;
  return too_large(name, std::to_string(most) + " items", std::to_string(count));
}

std::optional<Error> refuse_long_list(const Args& args, std::string_view name, std::size_t most) {
  return refuse_count(name, args.texts(name).size(), most);
}

std::optional<Error> refuse_big_object(const Args& args, std::string_view name) {
  const std::size_t bytes = json::canonical(args.object(name)).size();
  if (bytes <= kMostBytes) return std::nullopt;
  return too_large(name, std::to_string(kMostBytes) + " bytes of JSON", std::to_string(bytes));
}

bool ReplySize::takes(const json::value& row) {
  const std::size_t size = json::canonical(row).size();
  if (bytes_ > 0 && bytes_ + size > kMostReplyBytes) return false;
  bytes_ += size;
  return true;
}

}  // namespace ansible
