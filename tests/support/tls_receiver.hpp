// A small HTTPS server with a certificate of its own making, for one name.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace test {

// A self-signed certificate for a name ("DNS:localhost", "IP:127.0.0.1") and its key, as PEM.
struct Certificate {
  std::string pem;
  std::string key_pem;
};

namespace tls_detail {

inline std::string text_of(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace tls_detail

inline Certificate make_certificate(const std::string& alternative_name) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), 86'400);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("receiver"), -1, -1, 0);
  X509_set_issuer_name(cert.get(), name);
  const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> san(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str()),
      X509_EXTENSION_free);
  if (!key || !san || X509_add_ext(cert.get(), san.get(), -1) != 1 ||
      X509_sign(cert.get(), key.get(), EVP_sha256()) == 0) {
    throw std::runtime_error("no certificate");
  }
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem(BIO_new(BIO_s_mem()), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> key_pem(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(pem.get(), cert.get());
  PEM_write_bio_PrivateKey(key_pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {tls_detail::text_of(pem.get()), tls_detail::text_of(key_pem.get())};
}

// Answers 200 to whatever comes through a completed handshake, and notes its head. The destructor stops it.
class TlsReceiver {
 public:
  explicit TlsReceiver(const Certificate& certificate)
      : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
    context_.use_certificate_chain(boost::asio::buffer(certificate.pem));
    context_.use_private_key(boost::asio::buffer(certificate.key_pem),
                             boost::asio::ssl::context::pem);
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsReceiver() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);  // wakes it
    thread_.join();
  }
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  std::string port() const { return std::to_string(acceptor_.local_endpoint().port()); }

  std::vector<std::string> received() const {
    const std::lock_guard lock(mutex_);
    return received_;
  }

 private:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

  void serve() {
    while (!stopping_) {
      Stream stream(io_, context_);
      boost::system::error_code ec;
      acceptor_.accept(stream.lowest_layer(), ec);
      if (!stopping_ && !ec) answer(stream);
    }
  }

  void answer(Stream& stream) {
    boost::system::error_code ec;
    stream.handshake(boost::asio::ssl::stream_base::server, ec);
    if (ec) return;
    boost::asio::streambuf head;
    const std::size_t size = boost::asio::read_until(stream, head, "\r\n\r\n", ec);
    if (ec) return;
    {
      const std::lock_guard lock(mutex_);
      received_.emplace_back(static_cast<const char*>(head.data().data()), size);
    }
    boost::asio::write(stream,
                       boost::asio::buffer(std::string(
                           "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")),
                       ec);
  }

  boost::asio::io_context io_;
  boost::asio::ssl::context context_{boost::asio::ssl::context::tls_server};
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::vector<std::string> received_;
  std::thread thread_;
};

}  // namespace test
