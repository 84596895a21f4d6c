#include "daemon/http_session.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace gateway_app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);

// After an early refusal the client may still be sending; what it sends is read and dropped for a while, because a
// close with unread bytes resets the connection and the client would not see the answer.
constexpr std::size_t kLingerBytes = 8u << 20;
constexpr std::chrono::milliseconds kLinger{2'000};

// (co_await stands in a statement of its own throughout: g++ 12 miscompiles it in the condition of a loop.)

// Waits for the handler's reply, which may come from any thread.
asio::awaitable<HttpResponse> ask(const HttpHandler& handler, HttpRequest request) {
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(HttpResponse)>(
      [&handler](auto completion, HttpRequest moved) {
        auto shared = std::make_shared<decltype(completion)>(std::move(completion));
        const auto executor = asio::get_associated_executor(*shared);
        handler(std::move(moved), [shared, executor](HttpResponse response) {
          asio::post(executor, [shared, response = std::move(response)]() mutable {
            std::move (*shared)(std::move(response));
          });
        });
      },
      asio::use_awaitable, std::move(request));
}

http::response_header<> head_of(const HttpResponse& response, unsigned version) {
  http::response_header<> head;
  head.version(version);
  head.result(response.status);
  head.set(http::field::server, "openclawd");
  head.set(http::field::content_type, response.content_type);
  head.set(http::field::cache_control, "no-store");
  head.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers) head.set(name, value);
  return head;
}

// What Beast says about a message that it will not parse, as an answer.
HttpResponse refusal_of(const beast::error_code& ec, const HttpLimits& limits) {
  if (ec == http::error::header_limit) {
    return error_response("too_large",
                          fmt::format("the header is larger than {} bytes", limits.max_header));
  }
  if (ec == http::error::body_limit) {
    return error_response("too_large",
                          fmt::format("the body is larger than {} bytes", limits.max_body));
  }
  return error_response("invalid_request", "not an HTTP/1.1 request: " + ec.message());
}

// What Beast lets pass, and what nobody sends by honest mistake: which of two would count?
std::optional<HttpResponse> refusal_of_fields(const http::fields& fields, unsigned version) {
  for (const auto& [field, name] : {std::pair{http::field::host, "Host"},
                                    std::pair{http::field::authorization, "Authorization"}}) {
    if (fields.count(field) > 1) {
      return error_response("invalid_request",
                            fmt::format("expected one {} header, got several", name));
    }
  }
  if (version >= 11 && fields.count(http::field::host) == 0) {
    return error_response("invalid_request", "expected a Host header, got none");
  }
  const auto encoding = fields[http::field::content_encoding];
  if (!encoding.empty() && !beast::iequals(encoding, "identity")) {
    return error_response_as(415, "invalid_request",
                             "Content-Encoding: expected none, the body as it is");
  }
  return std::nullopt;
}

bool is_protocol_error(const beast::error_code& ec) {
  return ec && ec.category() == http::make_error_code(http::error::bad_method).category() &&
         ec != http::error::end_of_stream && ec != http::error::partial_message;
}

std::string path_of(std::string_view target) {
  return std::string(target.substr(0, target.find_first_of("?#")));
}

std::string query_of(std::string_view target) {
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  return std::string(mark == std::string_view::npos ? "" : target.substr(mark + 1));
}

asio::awaitable<std::optional<std::string>> next_piece(const std::shared_ptr<HttpStream>& stream) {
  return asio::async_initiate<const asio::use_awaitable_t<>&, void(std::optional<std::string>)>(
      [stream](auto completion) {
        auto shared = std::make_shared<decltype(completion)>(std::move(completion));
        const auto executor = asio::get_associated_executor(*shared);
        stream->next([shared, executor](std::optional<std::string> piece) {
          asio::post(executor, [shared, piece = std::move(piece)]() mutable {
            std::move (*shared)(std::move(piece));
          });
        });
      },
      asio::use_awaitable);
}

}  // namespace

HttpSession::HttpSession(Socket socket, std::string name, std::string address,
                         std::shared_ptr<const HttpHandler> handler, std::shared_ptr<Shared> shared)
    : stream_(std::move(socket)),
      buffer_(shared->limits.max_header + shared->limits.max_body),
      name_(std::move(name)),
      address_(std::move(address)),
      handler_(std::move(handler)),
      shared_(std::move(shared)) {}

void HttpSession::close_if_idle() {
  if (idle_) close();
}

void HttpSession::close() {
  boost::system::error_code ignored;
  stream_.socket().shutdown(Socket::shutdown_both, ignored);
  stream_.cancel();
}

void HttpSession::note(const boost::system::error_code& ec) {
  if (ec == beast::error::timeout) ++shared_->counters.timeouts;
}

asio::awaitable<void> HttpSession::run() {
  bool open = true;
  while (open) {
    open = co_await wait_for_request();
    if (open) open = co_await serve_one();
  }
  close();
}

asio::awaitable<void> HttpSession::turn_away(HttpResponse response) {
  idle_ = false;
  co_await refuse(std::move(response));
  close();
}

// Waits for the first byte: nothing is owed to the client yet, so a stop may close the connection here.
asio::awaitable<bool> HttpSession::wait_for_request() {
  if (buffer_.size() != 0) co_return true;
  if (shared_->stopping) co_return false;
  idle_ = true;
  stream_.expires_after(shared_->limits.idle_timeout);
  const auto [ec, n] = co_await stream_.async_read_some(buffer_.prepare(4096), kTuple);
  idle_ = false;
  if (ec) co_return false;
  buffer_.commit(n);
  co_return true;
}

asio::awaitable<bool> HttpSession::serve_one() {
  Parser parser;
  parser.header_limit(shared_->limits.max_header);
  parser.body_limit(shared_->limits.max_body);
  stream_.expires_after(shared_->limits.header_timeout);
  const auto [ec, n] = co_await http::async_read_header(stream_, buffer_, parser, kTuple);
  note(ec);
  if (is_protocol_error(ec)) {
    co_await refuse(refusal_of(ec, shared_->limits));
    co_return false;
  }
  if (ec) co_return false;
  if (auto refusal = refusal_of_fields(parser.get(), parser.get().version())) {
    co_await refuse(*std::move(refusal));
    co_return false;
  }
  const bool complete = co_await read_body(parser);
  if (!complete) co_return false;

  const auto& message = parser.get();
  const unsigned version = message.version();
  const bool head = message.method() == http::verb::head;
  const bool keep_alive = message.keep_alive();
  const std::string_view target(message.target().data(), message.target().size());
  HttpRequest request{std::string(message.method_string()),
                      path_of(target),
                      query_of(target),
                      std::string(message[http::field::authorization]),
                      std::string(message[http::field::accept]),
                      std::string(message["Last-Event-ID"]),
                      std::move(parser.get().body()),
                      name_,
                      address_};
  stream_.expires_never();
  HttpResponse response = co_await ask(*handler_, std::move(request));
  if (response.stream != nullptr && !head) {
    co_await write_stream(std::move(response), version);
    co_return false;
  }
  const bool open =
      co_await write(std::move(response), keep_alive && !shared_->stopping, version, head);
  co_return open;
}

asio::awaitable<bool> HttpSession::read_body(Parser& parser) {
  if (parser.is_done()) co_return true;
  if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [ec, n] = co_await asio::async_write(
        stream_, asio::buffer(kContinue.data(), kContinue.size()), kTuple);
    if (ec) co_return false;
  }
  stream_.expires_after(shared_->limits.body_timeout);
  const auto [ec, n] = co_await http::async_read(stream_, buffer_, parser, kTuple);
  note(ec);
  if (!ec) co_return true;
  if (is_protocol_error(ec)) co_await refuse(refusal_of(ec, shared_->limits));
  co_return false;
}

// Its length is not known before its end, which is the connection's.
asio::awaitable<void> HttpSession::write_stream(HttpResponse response, unsigned version) {
  http::response<http::empty_body> message(head_of(response, version));
  message.keep_alive(false);
  ++shared_->counters.responses[response.status];
  http::response_serializer<http::empty_body> serializer(message);
  stream_.expires_after(shared_->limits.write_timeout);
  const auto [ec, n] = co_await http::async_write_header(stream_, serializer, kTuple);
  bool open = !ec;
  while (open) {
    stream_.expires_never();
    const std::optional<std::string> piece = co_await next_piece(response.stream);
    if (!piece) co_return;
    stream_.expires_after(shared_->limits.write_timeout);
    const auto [failed, size] = co_await asio::async_write(stream_, asio::buffer(*piece), kTuple);
    note(failed);
    open = !failed;
  }
}

asio::awaitable<bool> HttpSession::write(HttpResponse response, bool keep_alive, unsigned version,
                                         bool head) {
  http::response<http::string_body> message(head_of(response, version));
  message.keep_alive(keep_alive);
  message.content_length(response.body.size());
  if (!head) message.body() = std::move(response.body);
  ++shared_->counters.responses[response.status];
  stream_.expires_after(shared_->limits.write_timeout);
  const auto [ec, n] = co_await http::async_write(stream_, message, kTuple);
  note(ec);
  co_return !ec && keep_alive;
}

asio::awaitable<void> HttpSession::refuse(HttpResponse response) {
  co_await write(std::move(response), false, 11, false);
  boost::system::error_code ignored;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  stream_.expires_after(kLinger);
  char scratch[16384];
  for (std::size_t dropped = 0; dropped < kLingerBytes;) {
    const auto [ec, n] = co_await stream_.async_read_some(asio::buffer(scratch), kTuple);
    if (ec) co_return;
    dropped += n;
  }
}

}  // namespace gateway_app
