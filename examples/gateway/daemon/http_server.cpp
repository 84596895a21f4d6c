#include "daemon/http_server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <set>
#include <utility>
#include <vector>

#include "daemon/http_session.hpp"
#include "daemon/port_holder.hpp"

namespace gateway_app {

namespace asio = boost::asio;
using boost::system::error_code;
using gateway::Error;
using gateway::Result;

namespace {

constexpr auto kTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds kAcceptPause{100};  // when descriptors are exhausted

// The umask is the process's: set only while the socket file is made, before any other thread runs.
class Umask {
 public:
  explicit Umask(mode_t mask) : old_(umask(mask)) {}
  ~Umask() { umask(old_); }
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;

 private:
  mode_t old_;
};

bool same_user_or_root(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == 0 || peer.uid == geteuid();
}

// Who shares one rate limit: whoever has an IPv6 address has a whole /64 of them.
std::string network_of(const asio::ip::tcp::socket& socket) {
  error_code ec;
  const auto address = socket.remote_endpoint(ec).address();
  if (ec) return {};
  if (address.is_v4()) return address.to_string();
  if (address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return asio::ip::address_v6(bytes).to_string() + "/64";
}
std::string network_of(const asio::local::stream_protocol::socket&) { return {}; }

void no_delay(asio::ip::tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
}
void no_delay(asio::local::stream_protocol::socket&) {}

}  // namespace

struct HttpServer::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& context_in, HttpLimits limits, gateway::LogSink log_in)
      : context(context_in), log(std::move(log_in)), drained(context_in) {
    shared->limits = limits;
  }

  // Keeps the server itself alive from the moment it is called: the coroutine begins only when the loop runs, and the
  // server's owner may be gone by then.
  template <class Acceptor>
  static asio::awaitable<void> accept(std::shared_ptr<Impl> self,
                                      std::shared_ptr<Acceptor> acceptor,
                                      std::shared_ptr<const HttpHandler> handler, bool check_peer) {
    while (acceptor->is_open()) {
      auto [ec, socket] = co_await acceptor->async_accept(kTuple);
      if (ec == asio::error::operation_aborted) co_return;
      if (ec) {
        self->log(GW_LOG_WARN, "http", "cannot accept a connection: " + ec.message());
        asio::steady_timer pause(self->context, kAcceptPause);
        co_await pause.async_wait(kTuple);
        continue;
      }
      if (check_peer && !same_user_or_root(socket.native_handle())) {
        self->log(GW_LOG_WARN, "http", "refused a peer of another user on the host socket");
        continue;
      }
      no_delay(socket);
      std::string address = network_of(socket);
      self->start(HttpSession::Socket(std::move(socket)), std::move(address), handler);
    }
  }

  void start(HttpSession::Socket socket, std::string address,
             const std::shared_ptr<const HttpHandler>& handler) {
    const std::size_t most = shared->limits.max_connections;
    const bool full = sessions.size() >= most;
    if (sessions.size() >= most + most / 4) {  // even saying no is too much now
      ++shared->counters.refused_connections;
      return;
    }
    auto session = std::make_shared<HttpSession>(std::move(socket), fmt::format("c{}", ++serial),
                                                 std::move(address), handler, shared);
    sessions.insert(session);
    if (full) ++shared->counters.refused_connections;
    auto served = full ? session->turn_away(overloaded_response("too many connections", 1000))
                       : session->run();
    const auto finished = [self = shared_from_this(), session](const std::exception_ptr&) {
      self->sessions.erase(session);
      if (self->sessions.empty()) self->drained.cancel();
    };
    asio::co_spawn(context, std::move(served), finished);
  }

  asio::io_context& context;
  gateway::LogSink log;
  std::shared_ptr<HttpSession::Shared> shared = std::make_shared<HttpSession::Shared>();
  std::vector<std::shared_ptr<asio::ip::tcp::acceptor>> tcp;
  std::vector<std::shared_ptr<asio::local::stream_protocol::acceptor>> local;
  std::vector<std::string> socket_files;
  std::set<std::shared_ptr<HttpSession>> sessions;
  std::uint64_t serial = 0;
  asio::steady_timer drained;
};

HttpServer::HttpServer(EventLoop& loop, HttpLimits limits, gateway::LogSink log)
    : impl_(std::make_shared<Impl>(loop.context(), limits, std::move(log))) {}

HttpServer::~HttpServer() { stop_accepting(); }

Result<std::uint16_t> HttpServer::listen_tcp(const std::string& address, std::uint16_t port,
                                             HttpHandler handler) {
  error_code ec;
  const auto failed = [&](const char* what) {
    return Error{"listen_failed",
                 fmt::format("cannot {} {} port {}: {}", what, address, port, ec.message())};
  };
  const auto ip = asio::ip::make_address(address, ec);
  if (ec) return failed("use");
  const asio::ip::tcp::endpoint endpoint(ip, port);
  auto acceptor = std::make_shared<asio::ip::tcp::acceptor>(impl_->context);
  acceptor->open(endpoint.protocol(), ec);
  if (ec) return failed("open a socket for");
  acceptor->set_option(asio::socket_base::reuse_address(true), ec);
  acceptor->bind(endpoint, ec);
  if (!ec) acceptor->listen(asio::socket_base::max_listen_connections, ec);
  if (ec == asio::error::address_in_use) {
    const std::string holder = port_holder(port);
    return Error{"port_taken",
                 fmt::format("port {} is taken by {}; stop it, or choose another with --port", port,
                             holder.empty() ? "another process" : holder)};
  }
  if (ec) return failed("listen on");
  const std::uint16_t bound = acceptor->local_endpoint(ec).port();
  impl_->tcp.push_back(acceptor);
  asio::co_spawn(
      impl_->context,
      Impl::accept(impl_, acceptor, std::make_shared<const HttpHandler>(std::move(handler)), false),
      asio::detached);
  return bound;
}

Result<void> HttpServer::listen_unix(const std::string& path, HttpHandler handler) {
  const auto failed = [&](std::string_view why) {
    return Error{"listen_failed", fmt::format("cannot listen on {}: {}", path, why)};
  };
  constexpr std::size_t kLongestPath = 107;  // sockaddr_un
  if (path.size() > kLongestPath) {
    return failed(fmt::format(
        "a socket's path has at most {} bytes, this one has {}; choose a shorter --state-dir",
        kLongestPath, path.size()));
  }
  struct stat st {};
  if (lstat(path.c_str(), &st) == 0) {
    if (!S_ISSOCK(st.st_mode)) return failed("something else than a socket is there");
    unlink(path.c_str());  // the state directory is locked: its owner is gone
  }
  auto acceptor = std::make_shared<asio::local::stream_protocol::acceptor>(impl_->context);
  error_code ec;
  acceptor->open(asio::local::stream_protocol(), ec);
  if (!ec) {
    const Umask private_file(0177);
    acceptor->bind(asio::local::stream_protocol::endpoint(path), ec);
  }
  if (!ec) acceptor->listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return failed(ec.message());
  impl_->socket_files.push_back(path);
  impl_->local.push_back(acceptor);
  asio::co_spawn(
      impl_->context,
      Impl::accept(impl_, acceptor, std::make_shared<const HttpHandler>(std::move(handler)), true),
      asio::detached);
  return {};
}

void HttpServer::stop_accepting() {
  impl_->shared->stopping = true;
  error_code ignored;
  for (const auto& acceptor : impl_->tcp) acceptor->close(ignored);
  for (const auto& acceptor : impl_->local) acceptor->close(ignored);
  for (const std::string& file : impl_->socket_files) unlink(file.c_str());
  impl_->socket_files.clear();
  for (const auto& session : impl_->sessions) session->close_if_idle();
}

void HttpServer::close(std::chrono::milliseconds limit, std::function<void()> done) {
  if (impl_->sessions.empty()) return done();
  impl_->drained.expires_after(limit);
  impl_->drained.async_wait([impl = impl_, done = std::move(done)](const error_code&) {
    for (const auto& session : impl->sessions) session->close();
    done();
  });
}

HttpCounters HttpServer::counters() const {
  HttpCounters counters = impl_->shared->counters;
  counters.connections = impl_->sessions.size();
  return counters;
}

}  // namespace gateway_app
