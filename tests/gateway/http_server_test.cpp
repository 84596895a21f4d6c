// The HTTP server in this process, with an echoing handler and short limits.
#include "daemon/http_server.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "support/http_client.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace gateway_app;
using std::chrono::milliseconds;
using test::HttpClient;

// Answers method, path and body; "/thread" from another thread; "/hold" when it is released.
class Server {
 public:
  explicit Server(HttpLimits limits = {}) : server_(loop_, limits, [](auto, auto, auto) {}) {
    auto listening =
        server_.listen_tcp("127.0.0.1", 0, [this](HttpRequest request, HttpReply reply) {
          answer(std::move(request), std::move(reply));
        });
    REQUIRE(listening.ok());
    port_ = *listening;
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Server() {
    loop_.stop();
    thread_.join();
    for (auto& helper : helpers_) helper.join();
  }

  HttpClient client() const { return HttpClient::tcp(port_); }
  std::uint16_t port() const { return port_; }

  template <class T>
  T on_loop(std::function<T(HttpServer&)> work) {
    std::promise<T> promise;
    loop_.post([&] { promise.set_value(work(server_)); });
    return promise.get_future().get();
  }
  HttpCounters counters() {
    return on_loop<HttpCounters>([](HttpServer& server) { return server.counters(); });
  }
  void stop_accepting() {
    on_loop<bool>([](HttpServer& server) {
      server.stop_accepting();
      return true;
    });
  }
  bool holds_one() {
    return on_loop<bool>([this](HttpServer&) { return held_ != nullptr; });
  }
  void release() {
    on_loop<bool>([this](HttpServer&) {
      held_(text("released"));
      return true;
    });
  }
  EventLoop& loop() { return loop_; }
  HttpServer& server() { return server_; }

 private:
  static HttpResponse text(std::string body) {
    HttpResponse response;
    response.body = std::move(body);
    return response;
  }
  void answer(HttpRequest request, HttpReply reply) {
    if (request.path == "/hold") {
      held_ = std::move(reply);
    } else if (request.path == "/thread") {
      helpers_.emplace_back([reply] { reply(text("from another thread")); });
    } else {
      reply(text(request.method + " " + request.path + " " + request.body));
    }
  }

  EventLoop loop_;
  HttpServer server_;
  std::uint16_t port_ = 0;
  HttpReply held_;
  std::vector<std::thread> helpers_;
  std::thread thread_;
};

HttpLimits hasty() {
  HttpLimits limits;
  limits.header_timeout = milliseconds(150);
  limits.body_timeout = milliseconds(150);
  limits.idle_timeout = milliseconds(150);
  return limits;
}

std::string code_of(const std::optional<test::HttpReply>& reply) {
  REQUIRE(reply.has_value());
  const std::string marker = "\"code\":\"";
  const auto start = reply->body.find(marker);
  REQUIRE(start != std::string::npos);
  const auto end = reply->body.find('"', start + marker.size());
  return reply->body.substr(start + marker.size(), end - start - marker.size());
}

}  // namespace

TEST_CASE("http: one connection carries many requests, the query is not part of the path") {
  Server server;
  HttpClient client = server.client();
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.post("/tools?x=1", "body");
    REQUIRE(reply.has_value());
    CHECK(reply->status == 200);
    CHECK(reply->body == "POST /tools body");
    CHECK(reply->headers.at("cache-control") == "no-store");
  }
  CHECK(server.counters().connections == 1);
  CHECK(server.counters().responses[200] == 3);
}

TEST_CASE("http: pipelined requests are answered in order") {
  Server server;
  HttpClient client = server.client();
  REQUIRE(client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"));
  CHECK(client.read_reply().value().body == "GET /a ");
  CHECK(client.read_reply().value().body == "GET /b ");
}

TEST_CASE("http: an answer may come from any thread") {
  Server server;
  CHECK(server.client().get("/thread").value().body == "from another thread");
}

TEST_CASE("http: HEAD is answered like GET, without the body") {
  Server server;
  HttpClient client = server.client();
  REQUIRE(client.send("HEAD /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  // The client would wait for the announced body: the connection must end without one.
  const auto reply = client.read_reply();
  CHECK_FALSE(reply.has_value());
}

TEST_CASE("http: a client that waits for 100 Continue gets it") {
  Server server;
  HttpClient client = server.client();
  REQUIRE(client.send(
      "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"));
  REQUIRE(client.send("ok"));
  CHECK(client.read_reply().value().body == "POST /x ok");
}

TEST_CASE("http: a body over the limit is refused before it is read, whoever sends it how") {
  HttpLimits limits;
  limits.max_body = 1000;
  Server server(limits);
  SUBCASE("announced") {
    HttpClient client = server.client();
    REQUIRE(client.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n"));
    const auto reply = client.read_reply();
    CHECK(reply.value().status == 413);
    CHECK(code_of(reply) == "too_large");
  }
  SUBCASE("sent whole") {
    const auto reply = server.client().post("/x", std::string(3'000'000, 'a'));
    CHECK(reply.value().status == 413);
  }
  SUBCASE("in chunks") {
    HttpClient client = server.client();
    REQUIRE(client.send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
    REQUIRE(client.send("7d0\r\n" + std::string(2000, 'a') + "\r\n0\r\n\r\n"));
    CHECK(client.read_reply().value().status == 413);
  }
  SUBCASE("at the limit it is fine") {
    CHECK(server.client().post("/x", std::string(1000, 'a')).value().status == 200);
  }
}

TEST_CASE("http: a header over 16 KiB is refused") {
  Server server;
  HttpClient client = server.client();
  REQUIRE(client.send("GET /x HTTP/1.1\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n"));
  const auto reply = client.read_reply();
  CHECK(reply.value().status == 413);
  CHECK(code_of(reply) == "too_large");
}

TEST_CASE("http: what is not HTTP is answered with 400 and closed") {
  Server server;
  const char* messages[] = {"hello\r\n\r\n", "GET /x HTTP/9.9\r\n\r\n",
                            "GET /x HTTP/1.1\r\nbad header\r\n\r\n",
                            "POST /x HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                            "POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
  for (const char* message : messages) {
    CAPTURE(message);
    HttpClient client = server.client();
    REQUIRE(client.send(message));
    const auto reply = client.read_reply();
    REQUIRE(reply.has_value());
    CHECK(reply->status == 400);
    CHECK(code_of(reply) == "invalid_request");
    CHECK(client.closed_by_peer());
  }
}

TEST_CASE("http: what two readers might read in two ways is refused, the connection closed") {
  struct Case {
    const char* name;
    std::string head;
    int status;
  };
  const Case cases[] = {
      {"two credentials", "Host: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n", 400},
      {"two hosts", "Host: h\r\nHost: i\r\n", 400},
      {"no host", "", 400},
      {"a packed body", "Host: h\r\nContent-Encoding: gzip\r\n", 415},
  };
  Server server;
  for (const Case& c : cases) {
    CAPTURE(std::string(c.name));
    HttpClient client = server.client();
    REQUIRE(client.send("POST /x HTTP/1.1\r\n" + c.head + "Content-Length: 2\r\n\r\n{}"));
    const auto reply = client.read_reply();
    REQUIRE(reply.has_value());
    CHECK(reply->status == c.status);
    CHECK(code_of(reply) == "invalid_request");
    CHECK(client.closed_by_peer());
  }
  HttpClient old = server.client();
  REQUIRE(old.send("GET /x HTTP/1.0\r\n\r\n"));  // knows no hosts
  CHECK(old.read_reply()->status == 200);
}

TEST_CASE("http: work that throws ends itself, not the loop") {
  EventLoop loop;
  std::string told;
  bool went_on = false;
  loop.post([] { throw std::out_of_range("of another shape"); });
  loop.post([&] {
    went_on = true;
    loop.stop();
  });
  loop.run([&](const char* bug) { told = bug; });
  CHECK(went_on);
  CHECK(told == "of another shape");
}

TEST_CASE("http: a client that is too slow is closed, others are served meanwhile") {
  Server server(hasty());
  HttpClient slow = server.client();
  SUBCASE("in the header") { REQUIRE(slow.send("GET /x HT")); }
  SUBCASE("in the body") {
    REQUIRE(slow.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"));
  }
  SUBCASE("saying nothing") { REQUIRE(slow.connect()); }
  CHECK(server.client().get("/x").value().status == 200);
  CHECK(slow.closed_by_peer());
}

TEST_CASE("http: dribbling bytes does not extend the time for a header") {
  Server server(hasty());
  HttpClient slow = server.client();
  bool closed = false;
  for (int i = 0; i < 2000 && !closed; ++i) {
    closed = !slow.send("G") || slow.closed_by_peer(milliseconds(10));
  }
  CHECK(closed);
  // The socket closes before the loop gets to count it; once another request is answered it has.
  CHECK(server.client().get("/x").value().status == 200);
  CHECK(server.counters().timeouts == 1);
}

TEST_CASE("http: connections over the limit are told to come back") {
  HttpLimits limits;
  limits.max_connections = 4;
  Server server(limits);
  std::vector<HttpClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(server.client());
    REQUIRE(clients.back().get("/x").value().status == 200);
  }
  const auto reply = server.client().get("/x");
  REQUIRE(reply.has_value());
  CHECK(reply->status == 429);
  CHECK(reply->headers.at("retry-after") == "1");
  CHECK(code_of(reply) == "overloaded");
  clients.clear();
  REQUIRE(test::wait_until([&] { return server.counters().connections == 0; }));
  CHECK(server.client().get("/x").value().status == 200);
}

TEST_CASE("http: stopping closes idle connections and finishes the request under way") {
  Server server;
  HttpClient idle = server.client();
  REQUIRE(idle.get("/x").has_value());
  HttpClient busy = server.client();
  REQUIRE(busy.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n"));
  REQUIRE(test::wait_until([&] { return server.holds_one(); }));
  server.stop_accepting();
  CHECK(idle.closed_by_peer());
  CHECK_FALSE(server.client().get("/x").has_value());
  server.release();
  const auto reply = busy.read_reply();
  REQUIRE(reply.has_value());
  CHECK(reply->body == "released");
  CHECK(reply->headers.at("connection") == "close");
  std::promise<void> closed;
  server.loop().post(
      [&] { server.server().close(milliseconds(30'000), [&] { closed.set_value(); }); });
  closed.get_future().get();
  CHECK(server.counters().connections == 0);
}

TEST_CASE("http: a port that is taken names its holder and the way out") {
  Server server;
  EventLoop loop;
  HttpServer second(loop, {}, [](auto, auto, auto) {});
  auto listening = second.listen_tcp("127.0.0.1", server.port(), [](auto, auto) {});
  REQUIRE_FALSE(listening.ok());
  CHECK(listening.error().code == "port_taken");
  const std::string& message = listening.error().message;
  CHECK(message.find("pid " + std::to_string(getpid())) != std::string::npos);
  CHECK(message.find("--port") != std::string::npos);
}

TEST_CASE("http: a Unix socket is private, replaces a stale one and nothing else") {
  test::TempDir dir;
  const std::string path = dir / "host.sock";
  EventLoop loop;
  {
    HttpServer first(loop, {}, [](auto, auto, auto) {});
    REQUIRE(first.listen_unix(path, [](auto, auto) {}).ok());
    struct stat st {};
    REQUIRE(stat(path.c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
    REQUIRE(link(path.c_str(), (dir / "kept").c_str()) == 0);
  }
  REQUIRE(rename((dir / "kept").c_str(), path.c_str()) == 0);  // as a killed daemon leaves it
  HttpServer second(loop, {}, [](auto, auto, auto) {});
  CHECK(second.listen_unix(path, [](auto, auto reply) { reply(HttpResponse{}); }).ok());

  std::ofstream(dir / "file") << "precious";
  auto refused = second.listen_unix(dir / "file", [](auto, auto) {});
  REQUIRE_FALSE(refused.ok());
  CHECK(test::read_file(dir / "file") == "precious");
  auto too_long = second.listen_unix(dir / std::string(120, 'x'), [](auto, auto) {});
  REQUIRE_FALSE(too_long.ok());
  CHECK(too_long.error().message.find("--state-dir") != std::string::npos);

  std::thread thread([&] { loop.run(); });
  CHECK(HttpClient::unix_socket(path).get("/x").value().status == 200);
  loop.stop();
  thread.join();
}
