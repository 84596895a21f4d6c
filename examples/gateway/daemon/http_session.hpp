// One connection of the HTTP server.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/http_message.hpp"
#include "daemon/http_server.hpp"

namespace gateway_app {

// Reads a request, has it answered, writes the response; again until either side closes.
// Thread rule: the event loop's thread.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  struct Shared {  // of all sessions of a server; outlives them
    HttpLimits limits;
    HttpCounters counters;
    bool stopping = false;
  };

  // `name` and `address` as in HttpRequest::connection and address.
  HttpSession(Socket socket, std::string name, std::string address,
              std::shared_ptr<const HttpHandler> handler, std::shared_ptr<Shared> shared);

  boost::asio::awaitable<void> run();

  // Answers one fixed response and closes, without reading.
  boost::asio::awaitable<void> turn_away(HttpResponse response);

  void close_if_idle();
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;

  boost::asio::awaitable<bool> wait_for_request();
  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<bool> read_body(Parser& parser);
  boost::asio::awaitable<bool> write(HttpResponse response, bool keep_alive, unsigned version,
                                     bool head);
  boost::asio::awaitable<void> write_stream(HttpResponse response, unsigned version);
  boost::asio::awaitable<void> refuse(HttpResponse response);
  void note(const boost::system::error_code& ec);

  Stream stream_;
  boost::beast::flat_buffer buffer_;
  std::string name_;
  std::string address_;
  std::shared_ptr<const HttpHandler> handler_;
  std::shared_ptr<Shared> shared_;
  bool idle_ = true;
};

}  // namespace gateway_app
