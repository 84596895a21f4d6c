#include "rollout/contract.hpp"

#include <algorithm>
#include <vector>

#include "rollout/fields.hpp"

namespace gateway_app {
namespace {

// Messages without what no rule gives, in an order that needs no id.
std::vector<std::string> told(const json::array& messages) {
  std::vector<std::string> out;
  for (const json::value& item : messages) {
    json::object message = item.is_object() ? item.get_object() : json::object{};
    message.erase("id");
    message.erase("content");
    out.push_back(json::canonical(message));
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool ascending(const json::array& messages) {
  std::string last;
  for (const json::value& item : messages) {
    const std::string id = item.is_object() ? fields::text(item.get_object(), "id") : "";
    if (id.empty() || id <= last) return false;
    last = id;
  }
  return true;
}

std::string member_difference(const json::object& expected, const json::object& got) {
  for (const auto& member : expected) {
    if (member.key() == "messagesAfter") continue;
    const json::value* found = got.if_contains(member.key());
    if (found == nullptr) return "no " + std::string(member.key());
    if (json::canonical(*found) != json::canonical(member.value())) {
      return std::string(member.key()) + ": expected " + json::canonical(member.value()) +
             ", got " + json::canonical(*found);
    }
  }
  if (got.size() != expected.size()) return "it has other members than expected";
  return {};
}

}  // namespace

std::string contract_difference(const json::object& expected, const json::object& got) {
  const json::array& messages = fields::array(got, "messagesAfter");
  if (std::string other = member_difference(expected, got); !other.empty()) return other;
  if (told(messages) != told(fields::array(expected, "messagesAfter"))) {
    return "messagesAfter: expected " +
           json::canonical(json::value(fields::array(expected, "messagesAfter"))) + ", got " +
           json::canonical(json::value(messages));
  }
  return ascending(messages) ? "" : "messagesAfter: the ids are not sorted or not unique";
}

Check contract_check(std::span<const ContractCase> cases, std::span<const std::string> replies) {
  constexpr std::size_t kMostDetail = 600;
  std::size_t right = 0;
  std::string detail;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    std::string difference = "no answer";
    const auto one = json::parse(cases[i].text);
    const auto reply = json::parse(i < replies.size() ? replies[i] : "");
    if (one && one->is_object() && reply && reply->is_object()) {
      difference =
          contract_difference(fields::object(one->get_object(), "expected"), reply->get_object());
    }
    if (difference.empty()) {
      ++right;
    } else if (detail.size() < kMostDetail) {
      detail += (detail.empty() ? "" : "; ") + std::string(cases[i].name) + ": " + difference;
    }
  }
  if (detail.size() > kMostDetail) detail = detail.substr(0, kMostDetail) + "...";
  return at_least("contract_vectors", static_cast<double>(right), static_cast<double>(cases.size()),
                  std::move(detail));
}

}  // namespace gateway_app
