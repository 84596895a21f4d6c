// Webhooks by https: to whom the gateway talks, and to whom it does not.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "daemon/webhook.hpp"
#include "support/temp_dir.hpp"
#include "support/tls_receiver.hpp"

using namespace gateway_app;
using Kind = gateway::DeliveryResult::Kind;

namespace {

// The system's authorities are this one certificate, for the life of the object.
class Trusting {
 public:
  explicit Trusting(const std::string& pem) {
    const std::string file = dir_ / "authorities.pem";
    std::ofstream(file) << pem;
    setenv("SSL_CERT_FILE", file.c_str(), 1);
  }
  ~Trusting() { unsetenv("SSL_CERT_FILE"); }
  Trusting(const Trusting&) = delete;
  Trusting& operator=(const Trusting&) = delete;

 private:
  test::TempDir dir_;
};

gateway::DeliveryResult post_to(const std::string& host, const std::string& port) {
  EventLoop loop;
  Webhooks webhooks(loop, WebhookOptions{}, {});
  const gateway::Delivery delivery{"inbox/bob/1", "inbox", "bob",
                                   R"({"url":"https://)" + host + ':' + port +
                                       R"(/hook?x=1","secret":"s","body":{"type":"message"}})",
                                   1};
  gateway::DeliveryResult result{Kind::kGiveUp, "nothing was told"};
  webhooks.deliver(delivery, [&](gateway::DeliveryResult told) {
    result = std::move(told);
    loop.stop();
  });
  loop.run();
  return result;
}

}  // namespace

TEST_CASE(
    "An https webhook is posted to when its certificate is of an authority and for its name") {
  const test::Certificate certificate = test::make_certificate("DNS:localhost");
  const Trusting trusting(certificate.pem);
  const test::TlsReceiver receiver(certificate);
  const auto result = post_to("localhost", receiver.port());
  CHECK_MESSAGE(result.kind == Kind::kDelivered, result.detail);
  REQUIRE(receiver.received().size() == 1);
  const std::string head = receiver.received().front();
  CHECK(head.starts_with("POST /hook?x=1 HTTP/1.1\r\n"));
  CHECK(head.find("X-OpenClaw-Signature: sha256=") != std::string::npos);
  CHECK(head.find("X-OpenClaw-Delivery: inbox/bob/1\r\n") != std::string::npos);
}

TEST_CASE("A certificate that no authority vouches for is talked to by nobody, and tried again") {
  const test::Certificate known = test::make_certificate("DNS:localhost");
  const Trusting trusting(known.pem);
  const test::TlsReceiver stranger(test::make_certificate("DNS:localhost"));
  const auto result = post_to("localhost", stranger.port());
  CHECK(result.kind == Kind::kRetryLater);
  CHECK_MESSAGE(result.detail.find("TLS handshake with localhost") != std::string::npos,
                result.detail);
  CHECK(stranger.received().empty());
}

TEST_CASE("A certificate for another name is talked to by nobody, though its authority is known") {
  const test::Certificate certificate = test::make_certificate("DNS:example.org");
  const Trusting trusting(certificate.pem);
  const test::TlsReceiver receiver(certificate);
  const auto result = post_to("localhost", receiver.port());
  CHECK(result.kind == Kind::kRetryLater);
  CHECK(receiver.received().empty());
}
