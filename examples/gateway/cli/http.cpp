#include "cli/http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

namespace gateway_app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

http::request<http::string_body> message(const HttpTarget& target, const HttpRequest& request) {
  http::request<http::string_body> out{http::string_to_verb(request.method), request.path, 11};
  out.set(http::field::host, target.unix_socket.empty() ? target.host : "localhost");
  out.set(http::field::connection, "close");
  if (!request.bearer.empty()) out.set(http::field::authorization, "Bearer " + request.bearer);
  if (!request.body.empty()) out.set(http::field::content_type, "application/json");
  out.body() = request.body;
  out.prepare_payload();
  return out;
}

// Writes the request and reads the answer on a connected stream, with one deadline for both.
template <class Stream>
error_code exchange(asio::io_context& io, Stream& stream, const HttpTarget& target,
                    const HttpRequest& request, http::response<http::string_body>& response) {
  const auto out = message(target, request);
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64u << 20);
  error_code result = beast::error::timeout;
  stream.expires_after(request.timeout);
  http::async_write(stream, out, [&](error_code write_error, std::size_t) {
    result = write_error;
    if (write_error) return;
    http::async_read(stream, buffer, parser,
                     [&](error_code read_error, std::size_t) { result = read_error; });
  });
  io.run();
  if (!result) response = parser.release();
  return result;
}

using UnixStream =
    beast::basic_stream<asio::local::stream_protocol, asio::io_context::executor_type>;
using TcpStream = beast::basic_stream<asio::ip::tcp, asio::io_context::executor_type>;

// Connects with `connect(stream, error)` and exchanges one request for its answer.
template <class Stream, class Connect>
gateway::Result<HttpResponse> ask(const HttpTarget& target, const HttpRequest& request,
                                  Connect connect) {
  asio::io_context io;
  Stream stream(io.get_executor());
  error_code ec;
  connect(io, stream, ec);
  if (ec) return gateway::Error{"unreachable", ec.message()};
  http::response<http::string_body> response;
  ec = exchange(io, stream, target, request, response);
  if (ec) return gateway::Error{"no_answer", ec.message()};
  return HttpResponse{response.result_int(), std::move(response.body())};
}

}  // namespace

gateway::Result<HttpResponse> http_request(const HttpTarget& target, const HttpRequest& request) {
  if (!target.unix_socket.empty()) {
    return ask<UnixStream>(target, request, [&](asio::io_context&, UnixStream& s, error_code& ec) {
      s.socket().connect(target.unix_socket, ec);
    });
  }
  return ask<TcpStream>(target, request, [&](asio::io_context& io, TcpStream& s, error_code& ec) {
    asio::ip::tcp::resolver resolver(io);
    const auto addresses = resolver.resolve(target.host, std::to_string(target.port), ec);
    if (!ec) asio::connect(s.socket(), addresses, ec);
  });
}

}  // namespace gateway_app
