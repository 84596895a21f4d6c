#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <charconv>
#include <cmath>
#include <set>
#include <vector>

#include "base/json.hpp"

namespace base::json {
namespace {

using boost::json::error_code;
using boost::json::string_view;

// What a handler may report besides Boost.JSON's own errors.
enum class Refusal { kNone, kDuplicateKey, kNotFinite };

// Builds the value as boost::json::parser does, and refuses what that one lets pass.
class StrictHandler {
 public:
  static constexpr std::size_t max_object_size = boost::json::object::max_size();
  static constexpr std::size_t max_array_size = boost::json::array::max_size();
  static constexpr std::size_t max_key_size = boost::json::string::max_size();
  static constexpr std::size_t max_string_size = boost::json::string::max_size();

  StrictHandler() { stack_.reset(); }
  value release() { return stack_.release(); }
  Refusal refusal() const { return refusal_; }
  std::string pointer() const {
    std::string out;
    for (const Level& level : levels_) {
      if (level.is_array) {
        out += '/' + std::to_string(level.index);
      } else if (level.has_key) {
        out += '/' + pointer_token(level.key);
      }
    }
    return out;
  }

  bool on_document_begin(error_code&) { return true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) {
    levels_.push_back({});
    return true;
  }
  bool on_object_end(std::size_t n, error_code&) {
    levels_.pop_back();
    stack_.push_object(n);
    return next();
  }
  bool on_array_begin(error_code&) {
    levels_.push_back({});
    levels_.back().is_array = true;
    return true;
  }
  bool on_array_end(std::size_t n, error_code&) {
    levels_.pop_back();
    stack_.push_array(n);
    return next();
  }
  bool on_key_part(string_view s, std::size_t, error_code&) {
    partial_.append(s.data(), s.size());
    stack_.push_chars(s);
    return true;
  }
  bool on_key(string_view s, std::size_t, error_code& ec) {
    partial_.append(s.data(), s.size());
    Level& level = levels_.back();
    level.key = partial_;
    level.has_key = true;
    partial_.clear();
    if (!level.seen.insert(level.key).second) return refuse(Refusal::kDuplicateKey, ec);
    stack_.push_key(s);
    return true;
  }
  bool on_string_part(string_view s, std::size_t, error_code&) {
    stack_.push_chars(s);
    return true;
  }
  bool on_string(string_view s, std::size_t, error_code&) {
    stack_.push_string(s);
    return next();
  }
  bool on_number_part(string_view s, error_code&) {
    partial_.append(s.data(), s.size());
    return true;
  }
  bool on_int64(std::int64_t i, string_view, error_code&) {
    partial_.clear();
    stack_.push_int64(i);
    return next();
  }
  bool on_uint64(std::uint64_t u, string_view, error_code&) {
    partial_.clear();
    stack_.push_uint64(u);
    return next();
  }
  // Boost.JSON 1.81 may be a unit off in the last place, so the text is read again.
  bool on_double(double d, string_view s, error_code& ec) {
    partial_.append(s.data(), s.size());
    std::from_chars(partial_.data(), partial_.data() + partial_.size(), d);
    partial_.clear();
    if (!std::isfinite(d)) return refuse(Refusal::kNotFinite, ec);
    constexpr double kExact = 9007199254740992.0;  // 2^53
    if (std::trunc(d) == d && std::abs(d) <= kExact) {
      stack_.push_int64(static_cast<std::int64_t>(d));
    } else {
      stack_.push_double(d);
    }
    return next();
  }
  bool on_bool(bool b, error_code&) {
    stack_.push_bool(b);
    return next();
  }
  bool on_null(error_code&) {
    stack_.push_null();
    return next();
  }
  bool on_comment_part(string_view, error_code&) { return true; }
  bool on_comment(string_view, error_code&) { return true; }

 private:
  struct Level {
    bool is_array = false;
    bool has_key = false;
    std::size_t index = 0;
    std::string key;
    std::set<std::string> seen;
  };

  bool next() {
    if (!levels_.empty() && levels_.back().is_array) ++levels_.back().index;
    return true;
  }
  bool refuse(Refusal refusal, error_code& ec) {
    refusal_ = refusal;
    ec = boost::json::error::exception;
    return false;
  }

  boost::json::value_stack stack_;
  std::vector<Level> levels_;
  std::string partial_;
  Refusal refusal_ = Refusal::kNone;
};

std::string describe(const error_code& ec, Refusal refusal, bool ended_early) {
  if (refusal == Refusal::kDuplicateKey) return "duplicate key";
  if (refusal == Refusal::kNotFinite) return "number is too large";
  if (ended_early) return "text after the end of the JSON document";
  return ec.message();
}

// Did the parser stop at bytes that are no UTF-8? Then no text ends well behind them.
bool at_bad_utf8(std::string_view text, std::size_t stopped) {
  for (std::size_t n = 1; n <= 4; ++n) {
    if (valid_utf8(text.substr(0, stopped + n))) return false;
  }
  return true;
}

}  // namespace

Result<value, ParseError> parse(std::string_view text, ParseOptions options) {
  boost::json::parse_options boost_options;
  boost_options.allow_comments = options.comments;
  boost_options.allow_trailing_commas = options.comments;
  boost::json::basic_parser<StrictHandler> parser(boost_options);
  error_code ec;
  const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
  const bool ended_early = !ec && used < text.size();
  if (!ec && !ended_early) return parser.handler().release();
  if (ec && at_bad_utf8(text, used)) {
    return ParseError{parser.handler().pointer(), "bytes that are no UTF-8", used};
  }
  return ParseError{parser.handler().pointer(),
                    describe(ec, parser.handler().refusal(), ended_early), used};
}

}  // namespace base::json
