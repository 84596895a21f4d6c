// A small HTTP server that plays an agent's webhook: notes what it is sent, and answers what the test says.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace test {

struct Received {
  std::string path;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// One connection after the other, one request each. The destructor stops it.
class HttpReceiver {
 public:
  // Decides the status of the answer; 0: close the connection without one.
  using Answer = std::function<int(const Received&)>;

  explicit HttpReceiver(
      std::uint16_t port, Answer answer = [](const Received&) { return 200; })
      : answer_(std::move(answer)), port_(port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(listener_, 64) != 0) {
      throw std::runtime_error("the receiver cannot listen");
    }
    thread_ = std::thread([this] { serve(); });
  }
  ~HttpReceiver() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  HttpReceiver(const HttpReceiver&) = delete;
  HttpReceiver& operator=(const HttpReceiver&) = delete;

  std::string url(std::string_view path = "/hook") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }

  // What arrived so far, once there are `n`; fewer when they do not come within a minute.
  std::vector<Received> wait_for(std::size_t n) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::minutes(1), [&] { return received_.size() >= n; });
    return received_;
  }

 private:
  void serve() {
    while (!stopping_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const timeval patience{5, 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
      serve_one(fd);
      ::close(fd);
    }
  }

  void serve_one(int fd) {
    std::string text;
    std::size_t head = std::string::npos;
    while ((head = text.find("\r\n\r\n")) == std::string::npos) {
      if (!fill(fd, text)) return;
    }
    Received request = parse(std::string_view(text).substr(0, head));
    const std::size_t size = std::strtoul(request.headers["content-length"].c_str(), nullptr, 10);
    while (text.size() < head + 4 + size) {
      if (!fill(fd, text)) return;
    }
    request.body = text.substr(head + 4, size);
    const int status = answer_(request);
    {
      const std::lock_guard lock(mutex_);
      received_.push_back(std::move(request));
      changed_.notify_all();
    }
    if (status == 0) return;
    const std::string reply = "HTTP/1.1 " + std::to_string(status) +
                              " Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    (void)!::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL);
  }

  static bool fill(int fd, std::string& text) {
    char chunk[16384];
    const ssize_t n = ::recv(fd, chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    text.append(chunk, static_cast<std::size_t>(n));
    return true;
  }

  static Received parse(std::string_view head) {
    Received request;
    const std::size_t blank = head.find(' ');
    request.path = head.substr(blank + 1, head.find(' ', blank + 1) - blank - 1);
    while (true) {
      const auto line_end = head.find("\r\n");
      if (line_end == std::string_view::npos) return request;
      head.remove_prefix(line_end + 2);
      const std::string_view line = head.substr(0, head.find("\r\n"));
      const auto colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      std::string name(line.substr(0, colon));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers[name] = line.substr(line.find_first_not_of(' ', colon + 1));
    }
  }

  const Answer answer_;
  const std::uint16_t port_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> received_;
  std::thread thread_;
};

}  // namespace test
