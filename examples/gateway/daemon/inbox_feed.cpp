#include "daemon/inbox_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "daemon/credential.hpp"
#include "daemon/tool_route.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;
using gateway::Outcome;
using std::chrono::milliseconds;

constexpr std::string_view kBefore = "/agents/";
constexpr std::string_view kBehind = "/inbox";
constexpr int kLongestWait = 60;            // seconds
constexpr milliseconds kHeartbeat{15'000};  // shows both sides that the other is there
constexpr milliseconds kLookPause{50};      // between two looks while commits keep coming
constexpr std::int64_t kEventsPerLook = 100;

// "%41" -> "A"; nothing where no two digits follow a "%".
std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    const char* digits = text.data() + i + 1;
    if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) {
      return std::nullopt;
    }
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

HttpResponse undecodable(std::string_view what) {
  return error_response("invalid_request",
                        fmt::format("{}: expected two hexadecimal digits behind each %", what));
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    return decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::string();
}

// What the reader asks for, apart from who it is.
struct Wanted {
  bool events = false;  // server-sent events
  milliseconds wait{0};
  std::string after;  // the last event that has arrived
};

std::variant<Wanted, HttpResponse> read_wanted(const HttpRequest& request) {
  Wanted wanted;
  wanted.events = request.accept.find("text/event-stream") != std::string::npos;
  const auto after = parameter(request.query, "after");
  if (!after) return undecodable("after");
  wanted.after = request.last_event_id.empty() ? *after : request.last_event_id;
  const auto given = parameter(request.query, "wait");
  if (!given) return undecodable("wait");
  const std::string& wait = *given;
  if (wait.empty()) return wanted;
  int seconds = 0;
  const auto [end, ec] = std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
  if (ec != std::errc() || end != wait.data() + wait.size() || seconds < 0 ||
      seconds > kLongestWait) {
    return error_response("invalid_request", fmt::format("wait: expected 0 to {} seconds, got {}",
                                                         kLongestWait, wait.substr(0, 20)));
  }
  wanted.wait = milliseconds(seconds * 1000);
  return wanted;
}

// A refusal of the plugin as HTTP: this is no tool call, so that the status tells.
HttpResponse refusal_of(const Outcome& outcome) {
  auto reply = json::parse(outcome.body);
  const auto text = [&](std::string_view name) {
    const json::value* member = reply ? json::find(*reply, name) : nullptr;
    return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                    : std::string();
  };
  const std::string code = text("code");
  const std::string pointer = text("pointer");
  if (code == "invalid_token") return error_response(code, text("error"));
  if (code == "not_found") return error_response(code, text("error"));
  if (pointer == "/upTo") {  // the tool's name for it
    return error_response("invalid_request", "after, or Last-Event-ID: expected " +
                                                 text("expected") + ", got " + text("got"));
  }
  if (!pointer.empty()) return error_response("invalid_request", text("error"));
  // An argument that fits nobody else: the credential is another agent's.
  return error_response_as(403, code == "invalid_argument" ? "not_authorized" : code,
                           text("error"));
}

}  // namespace

std::optional<std::string> event_stream_text(const json::array& events) {
  std::string text;
  for (const json::value& event : events) {
    const json::value* id = json::find(event, "id");
    const json::value* type = json::find(event, "type");
    if (id == nullptr || !id->is_string() || type == nullptr || !type->is_string()) {
      return std::nullopt;
    }
    text += fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id->get_string().c_str(),
                        type->get_string().c_str(), json::canonical(event));
  }
  return text;
}

// One agent's view of its inbox, for one connection.
class InboxFeed::Reader : public std::enable_shared_from_this<Reader> {
 public:
  using Ready = std::function<void(json::array events, bool open)>;

  Reader(InboxFeed& feed, std::string agent, Bearer bearer, std::string after)
      : feed_(feed),
        agent_(std::move(agent)),
        bearer_(std::move(bearer)),
        after_(std::move(after)) {}

  const std::string& agent() const { return agent_; }

  // Answers once: with events, without any when `limit` is over, and not `open` when no more can come.
  void wait(milliseconds limit, Ready ready) {
    ready_ = std::move(ready);
    const std::uint64_t turn = ++turn_;
    if (limit.count() > 0) {
      feed_.loop_.after(limit, [self = weak_from_this(), turn] {
        const auto reader = self.lock();
        if (reader && reader->turn_ == turn) reader->answer({}, true);
      });
    }
    last_look_ = limit.count() == 0;
    look();
  }

  void look() {
    if (!ready_) return;
    if (looking_) {
      again_ = true;
      return;
    }
    looking_ = true;
    again_ = false;
    json::object args{{"limit", kEventsPerLook}};
    if (!after_.empty()) args["after"] = after_;
    call("ansible_poll_inbox", std::move(args),
         [self = shared_from_this()](const Outcome& outcome) { self->looked(outcome); });
  }

  // Opens the inbox; `opened` gets an answer that refuses, or nothing.
  void open(const std::function<void(std::optional<HttpResponse>)>& opened) {
    json::object args;
    if (!after_.empty()) args["upTo"] = after_;
    call("ansible_ack_inbox", std::move(args),
         [this, self = shared_from_this(), opened](const Outcome& outcome) {
           if (outcome.kind != Outcome::Kind::kReply) {
             return opened(
                 tool_response(outcome, "ansible_ack_inbox", bearer_.kind == Bearer::Kind::kAgent));
           }
           if (outcome.status != GW_OK) return opened(refusal_of(outcome));
           opened(std::nullopt);
         });
  }

  void end() { answer({}, false); }

 private:
  void call(const char* tool, json::object args, std::function<void(const Outcome&)> then) {
    gateway::Request request;
    request.name = tool;
    args["agent"] = agent_;
    if (bearer_.kind == Bearer::Kind::kAgent) args["agent_token"] = bearer_.agent_token;
    request.caller_kind =
        bearer_.kind == Bearer::Kind::kOperator ? GW_CALLER_OPERATOR : GW_CALLER_ANONYMOUS;
    request.client = "feed:" + agent_;
    request.args_json = json::canonical(args);
    const auto host = feed_.runtime_.host();
    if (!host) {
      Outcome none;
      none.kind = Outcome::Kind::kNoPlugin;
      none.message = feed_.runtime_.why_no_host();
      return then(none);
    }
    host->call(std::move(request), [&loop = feed_.loop_, then = std::move(then)](Outcome outcome) {
      loop.post([then, outcome = std::move(outcome)] { then(outcome); });
    });
  }

  void looked(const Outcome& outcome) {
    looking_ = false;
    if (outcome.kind == Outcome::Kind::kReply && outcome.status != GW_OK) return answer({}, false);
    auto reply = json::parse(outcome.kind == Outcome::Kind::kReply ? outcome.body : "{}");
    const json::value* events = reply ? json::find(*reply, "events") : nullptr;
    if (events != nullptr && events->is_array() && !events->get_array().empty()) {
      const json::array& all = events->get_array();
      const json::value* id = json::find(all.back(), "id");
      if (id != nullptr && id->is_string()) after_ = std::string(id->get_string());
      return answer(all, true);
    }
    if (again_) return look();
    if (last_look_) answer({}, true);
  }

  void answer(json::array events, bool open) {
    if (!ready_) return;
    ++turn_;
    const Ready ready = std::exchange(ready_, nullptr);
    ready(std::move(events), open);
  }

  InboxFeed& feed_;
  const std::string agent_;
  const Bearer bearer_;
  std::string after_;
  Ready ready_;
  std::uint64_t turn_ = 0;
  bool looking_ = false;
  bool again_ = false;
  bool last_look_ = false;  // nobody waits for more
};

// The reader's events as a body of server-sent events.
class InboxFeed::EventStream final : public HttpStream {
 public:
  EventStream(InboxFeed& feed, std::shared_ptr<Reader> reader)
      : feed_(feed), readers_(feed.readers_), reader_(std::move(reader)) {}
  ~EventStream() override {
    if (const auto all = readers_.lock()) all->erase(reader_);
  }

  void next(std::function<void(std::optional<std::string>)> piece) override {
    if (std::exchange(first_, false)) return piece("retry: 2000\n\n");
    if (feed_.stopped_) return piece(std::nullopt);
    reader_->wait(kHeartbeat, [piece = std::move(piece)](const json::array& events, bool open) {
      if (!open) return piece(std::nullopt);
      piece(events.empty() ? ": still here\n\n" : event_stream_text(events));
    });
  }

 private:
  InboxFeed& feed_;
  const std::weak_ptr<Readers> readers_;  // the feed may be gone before the connection
  const std::shared_ptr<Reader> reader_;
  bool first_ = true;
};

InboxFeed::InboxFeed(EventLoop& loop, Runtime& runtime, FeedLimits limits)
    : loop_(loop), runtime_(runtime), limits_(limits) {}

InboxFeed::~InboxFeed() = default;

bool InboxFeed::serves(const HttpRequest& request) {
  const std::string_view path = request.path;
  return path.starts_with(kBefore) && path.ends_with(kBehind) &&
         path.size() > kBefore.size() + kBehind.size();
}

void InboxFeed::serve(const HttpRequest& request, const HttpReply& reply) {
  const Bearer bearer = read_bearer(runtime_, request.authorization);
  if (bearer.kind != Bearer::Kind::kOperator && bearer.kind != Bearer::Kind::kAgent) {
    return reply(unauthorized_response(runtime_, bearer));
  }
  auto read = read_wanted(request);
  if (auto* refusal = std::get_if<HttpResponse>(&read)) return reply(std::move(*refusal));
  const Wanted wanted = std::get<Wanted>(read);
  if (stopped_ || runtime_.stopping) {
    return reply(error_response("shutting_down", "the gateway is stopping"));
  }
  const auto named =
      decoded(std::string_view(request.path)
                  .substr(kBefore.size(), request.path.size() - kBefore.size() - kBehind.size()));
  if (!named) return reply(undecodable("the path"));
  const std::string& agent = *named;
  const auto same = std::count_if(readers_->begin(), readers_->end(),
                                  [&](const auto& other) { return other->agent() == agent; });
  if (readers_->size() >= limits_.max_readers ||
      static_cast<std::size_t>(same) >= limits_.max_readers_of_agent) {
    return reply(overloaded_response("too many readers of inboxes", 1'000));
  }
  auto reader = std::make_shared<Reader>(*this, agent, bearer, wanted.after);
  readers_->insert(reader);
  reader->open([this, reader, wanted, reply](std::optional<HttpResponse> refusal) {
    if (refusal) {
      readers_->erase(reader);
      return reply(*std::move(refusal));
    }
    if (wanted.events) {
      HttpResponse response;
      response.content_type = "text/event-stream";
      response.stream = std::make_shared<EventStream>(*this, reader);
      return reply(std::move(response));
    }
    reader->wait(wanted.wait, [this, reader, reply](json::array events, bool) {
      readers_->erase(reader);
      const json::object result{
          {"agent", reader->agent()}, {"total", events.size()}, {"events", std::move(events)}};
      reply(ok_response(json::canonical(result)));
    });
  });
}

void InboxFeed::wake() {
  woken_ = true;
  if (looking_.exchange(true)) return;
  loop_.post([this] { look(); });
}

void InboxFeed::look() {
  woken_ = false;
  const auto readers = *readers_;  // answering one may take it away
  for (const auto& reader : readers) reader->look();
  loop_.after(kLookPause, [this] {
    looking_ = false;
    if (woken_) wake();
  });
}

void InboxFeed::stop() {
  stopped_ = true;
  const auto readers = *readers_;
  for (const auto& reader : readers) reader->end();
}

}  // namespace gateway_app
