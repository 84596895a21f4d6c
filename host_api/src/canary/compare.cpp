#include "canary/compare.hpp"

#include <algorithm>

#include "base/json.hpp"

namespace gateway {
namespace {

namespace json = base::json;

// A JSON value where the text is one, else the text itself, marked so that it equals no JSON string.
json::value value_of(std::string_view text) {
  auto parsed = json::parse(text);
  if (parsed) return std::move(*parsed);
  if (json::valid_utf8(text)) return json::object{{"bytes", text}};
  std::string hex;
  for (const char c : text) {
    hex += "0123456789abcdef"[(c >> 4) & 15];
    hex += "0123456789abcdef"[c & 15];
  }
  return json::object{{"hex", hex}};
}

std::string name_of_key(std::string_view key) {
  if (json::valid_utf8(key)) return std::string(key);
  return json::canonical(value_of(key));
}

json::value writes_of(const wire::Answer& answer) {
  json::object out;
  for (const Write& write : answer.writes) {
    out[name_of_key(write.key)] = write.value ? value_of(*write.value) : json::value(nullptr);
  }
  return out;
}

json::value reply_of(const wire::Answer& answer) {
  return answer.body.empty() ? json::value(nullptr) : value_of(answer.body);
}

// One token of a pattern covers one token of a pointer; a pattern covers all that lies below it.
bool covers(std::string_view pattern, std::string_view pointer) {
  while (!pattern.empty()) {
    if (pointer.empty() || pattern.front() != '/') return false;
    pattern.remove_prefix(1);
    pointer.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    const std::string_view token = pointer.substr(0, pointer.find('/'));
    if (wanted != "*" && wanted != token) return false;
    pattern.remove_prefix(wanted.size());
    pointer.remove_prefix(token.size());
  }
  return true;
}

class Comparison {
 public:
  Comparison(const Sides& sides, std::string_view tool, std::span<const AllowedDifference> allow)
      : sides_(sides), tool_(tool), allow_(allow) {}

  void descend(const json::value& a, const json::value& b, const std::string& pointer) {
    if (found_.size() >= Mismatch::kMaxPointers) return;
    if (a.is_object() && b.is_object()) return objects(a.get_object(), b.get_object(), pointer);
    if (a.is_array() && b.is_array()) return arrays(a.get_array(), b.get_array(), pointer);
    if (a == b || names_itself(a, b)) return;
    note(pointer);
  }

  void note(const std::string& pointer) {
    const bool allowed = std::any_of(allow_.begin(), allow_.end(), [&](const auto& entry) {
      return (entry.tool == "*" || entry.tool == tool_) && covers(entry.pointer, pointer);
    });
    if (!allowed && found_.size() < Mismatch::kMaxPointers) found_.push_back(pointer);
  }

  std::vector<std::string> take() { return std::exchange(found_, {}); }

 private:
  void objects(const json::object& a, const json::object& b, const std::string& pointer) {
    for (const auto& member : a) {
      const std::string at = pointer + "/" + json::pointer_token(member.key());
      const json::value* other = b.if_contains(member.key());
      other == nullptr ? note(at) : descend(member.value(), *other, at);
    }
    for (const auto& member : b) {
      if (!a.contains(member.key())) note(pointer + "/" + json::pointer_token(member.key()));
    }
  }

  void arrays(const json::array& a, const json::array& b, const std::string& pointer) {
    const std::size_t both = std::min(a.size(), b.size());
    for (std::size_t i = 0; i < both; ++i) descend(a[i], b[i], pointer + "/" + std::to_string(i));
    if (a.size() != b.size()) note(pointer + "/" + std::to_string(both));
  }

  bool names_itself(const json::value& a, const json::value& b) const {
    if (!a.is_string() || !b.is_string()) return false;
    const std::string_view x = a.get_string();
    const std::string_view y = b.get_string();
    return (x == sides_.active.version && y == sides_.candidate.version) ||
           (x == sides_.active.build_id && y == sides_.candidate.build_id);
  }

  const Sides& sides_;
  const std::string_view tool_;
  const std::span<const AllowedDifference> allow_;
  std::vector<std::string> found_;
};

bool same_writes(const std::vector<Write>& a, const std::vector<Write>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Write& x, const Write& y) {
    return x.key == y.key && x.value == y.value;
  });
}

}  // namespace

std::vector<Mismatch> compare(const wire::Answer& active, const wire::Answer& candidate,
                              const Sides& sides, std::string_view tool,
                              std::span<const AllowedDifference> allow) {
  std::vector<Mismatch> found;
  Comparison comparison(sides, tool, allow);
  const auto keep = [&](Difference kind) {
    auto pointers = comparison.take();
    if (!pointers.empty()) found.push_back({kind, std::move(pointers)});
  };
  if (active.status != candidate.status) {
    comparison.note("/status");
    keep(Difference::kStatus);
  }
  if (active.body != candidate.body) {
    comparison.descend(reply_of(active), reply_of(candidate), "/reply");
    keep(Difference::kReply);
  }
  if (!same_writes(active.writes, candidate.writes)) {
    comparison.descend(writes_of(active), writes_of(candidate), "/writes");
    keep(Difference::kWrites);
  }
  return found;
}

std::string document_of(const wire::Answer& answer) {
  json::object out{{"status", status_name(answer.status)},
                   {"reply", reply_of(answer)},
                   {"writes", writes_of(answer)}};
  if (!answer.error.empty()) {
    out["error"] =
        json::valid_utf8(answer.error) ? json::value(answer.error) : value_of(answer.error);
  }
  return json::canonical(out);
}

}  // namespace gateway
