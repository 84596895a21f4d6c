// A small HTTP/1.1 client on plain sockets: a test must be able to send what a good client never would.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace test {

// A TCP port on 127.0.0.1 that was free a moment ago. Below the range from which the kernel takes ports for outgoing
// connections: nobody gets it by chance while a daemon on it is being restarted.
inline std::uint16_t free_port() {
  std::random_device random;
  std::uniform_int_distribution<int> ports(15'000, 32'000);
  for (int tries = 0; tries < 200; ++tries) {
    const auto port = static_cast<std::uint16_t>(ports(random));
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool free = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (free) return port;
  }
  throw std::runtime_error("no free port");
}

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

using HttpHeaders = std::map<std::string, std::string>;

// One connection, opened at first use and again after the peer closed it.
class HttpClient {
 public:
  static HttpClient tcp(std::uint16_t port) { return HttpClient(port, {}); }
  static HttpClient unix_socket(std::string path) { return HttpClient(0, std::move(path)); }

  HttpClient(HttpClient&& other) noexcept
      : port_(other.port_),
        path_(std::move(other.path_)),
        fd_(std::exchange(other.fd_, -1)),
        buffer_(std::move(other.buffer_)) {}
  ~HttpClient() { close(); }

  // Nothing when the connection was refused, or lost before the whole answer was here: the outcome is then unknown.
  std::optional<HttpReply> request(std::string_view method, std::string_view target,
                                   std::string_view body = {}, const HttpHeaders& headers = {}) {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
    for (const auto& [name, value] : headers) text += name + ": " + value + "\r\n";
    if (!body.empty() || method == "POST") {
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    }
    text.append("\r\n").append(body);
    if (!send(text)) return std::nullopt;
    return read_reply();
  }
  std::optional<HttpReply> get(std::string_view target, const HttpHeaders& headers = {}) {
    return request("GET", target, {}, headers);
  }
  std::optional<HttpReply> post(std::string_view target, std::string_view body,
                                const HttpHeaders& headers = {}) {
    return request("POST", target, body, headers);
  }

  // Sends bytes as they are. False when the peer is gone.
  bool send(std::string_view bytes) {
    if (fd_ < 0 && !connect()) return false;
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // Reads one answer (with Content-Length, as our gateway always sends). "100 Continue" is skipped.
  std::optional<HttpReply> read_reply() {
    while (true) {
      auto reply = read_one();
      if (!reply) {
        close();
        return reply;
      }
      if (reply->status == 100) continue;
      const auto connection = reply->headers.find("connection");
      if (connection != reply->headers.end() && connection->second == "close") close();
      return reply;
    }
  }

  // What comes next, at most `most` bytes, unparsed; empty when the peer has closed or nothing came in time.
  std::string read_some(std::size_t most = 65536) {
    if (buffer_.empty() && (fd_ < 0 || !fill())) return {};
    std::string out = buffer_.substr(0, most);
    buffer_.erase(0, out.size());
    return out;
  }

  // Waits until the peer closes the connection; false when it sends something or does nothing for `limit`.
  bool closed_by_peer(std::chrono::milliseconds limit = std::chrono::milliseconds(30'000)) {
    if (fd_ < 0) return true;
    set_timeout(limit);
    char byte = 0;
    const ssize_t n = ::recv(fd_, &byte, 1, 0);
    set_timeout(kTimeout);
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    buffer_.clear();
  }

  bool connect() {
    close();
    return path_.empty() ? connect_tcp() : connect_unix();
  }

 private:
  static constexpr std::chrono::milliseconds kTimeout{60'000};

  HttpClient(std::uint16_t port, std::string path) : port_(port), path_(std::move(path)) {}

  void set_timeout(std::chrono::milliseconds limit) const {
    const timeval tv{limit.count() / 1000, (limit.count() % 1000) * 1000};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
  }
  bool connect_to(int family, const sockaddr* address, socklen_t size) {
    fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    set_timeout(kTimeout);
    if (::connect(fd_, address, size) == 0) return true;
    close();
    return false;
  }
  bool connect_tcp() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!connect_to(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address)) return false;
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return true;
  }
  bool connect_unix() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return false;
    path_.copy(address.sun_path, path_.size());
    return connect_to(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }

  bool fill() {
    char chunk[16384];
    while (true) {
      const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      buffer_.append(chunk, static_cast<std::size_t>(n));
      return true;
    }
  }
  std::optional<HttpReply> read_one() {
    if (fd_ < 0) return std::nullopt;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return std::nullopt;
    }
    HttpReply reply = parse_head(std::string_view(buffer_).substr(0, end));
    buffer_.erase(0, end + 4);
    const auto length = reply.headers.find("content-length");
    const std::size_t size =
        length == reply.headers.end() ? 0 : std::strtoul(length->second.c_str(), nullptr, 10);
    while (buffer_.size() < size) {
      if (!fill()) return std::nullopt;
    }
    reply.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return reply;
  }
  static HttpReply parse_head(std::string_view head) {
    HttpReply reply;
    if (head.size() > 12) reply.status = std::atoi(std::string(head.substr(9, 3)).c_str());
    while (true) {
      const auto line_end = head.find("\r\n");
      if (line_end == std::string_view::npos) return reply;
      head.remove_prefix(line_end + 2);
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      const auto start = line.find_first_not_of(' ', colon + 1);
      reply.headers[name] = start == std::string_view::npos ? "" : std::string(line.substr(start));
    }
  }

  std::uint16_t port_;
  std::string path_;
  int fd_ = -1;
  std::string buffer_;
};

}  // namespace test
