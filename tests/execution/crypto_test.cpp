#include "execution/crypto.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace gateway;

namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4];
    out += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}
std::string hex(const crypto::Digest& digest) {
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string unhex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    out += static_cast<char>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16));
  }
  return out;
}

std::string draw(std::uint64_t seed, std::string_view request, std::uint32_t step,
                 std::string_view label, std::size_t n) {
  crypto::RandomStream stream(crypto::make_seed(seed), request, step, label);
  std::string out(n, '\0');
  stream.draw(reinterpret_cast<std::uint8_t*>(out.data()), n);
  return out;
}

}  // namespace

TEST_CASE("SHA-256 and HMAC-SHA-256 agree with the published vectors") {
  CHECK(hex(crypto::sha256("")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(crypto::sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(crypto::hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");  // RFC 4231, case 2
  CHECK(hex(crypto::hmac_sha256("", "")) ==
        "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("an Ed25519 signature is told valid, forged or under a bad key, raw and as PEM") {
  // RFC 8032, 7.1, test 2.
  const std::string raw = unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const std::string pem =
      "-----BEGIN PUBLIC KEY-----\n"
      "MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
      "-----END PUBLIC KEY-----\n";
  const std::string signature = unhex(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  for (const std::string& key : {raw, pem}) {
    CHECK(crypto::ed25519_verify(key, "\x72", signature) == crypto::Signature::kValid);
    CHECK(crypto::ed25519_verify(key, "\x73", signature) == crypto::Signature::kForged);
    CHECK(crypto::ed25519_verify(key, "\x72", signature.substr(1)) == crypto::Signature::kForged);
    CHECK(crypto::ed25519_verify(key, "\x72", "") == crypto::Signature::kForged);
  }
  CHECK(crypto::ed25519_verify("", "\x72", signature) == crypto::Signature::kBadKey);
  CHECK(crypto::ed25519_verify("no key", "\x72", signature) == crypto::Signature::kBadKey);
  CHECK(crypto::ed25519_verify(raw.substr(1), "\x72", signature) == crypto::Signature::kBadKey);
}

TEST_CASE("a random stream repeats for equal inputs, continues, and differs for any other input") {
  CHECK(draw(7, "request", 1, "id", 100) == draw(7, "request", 1, "id", 100));

  crypto::RandomStream stream(crypto::make_seed(7), "request", 1, "id");
  std::string pieces(100, '\0');
  auto* out = reinterpret_cast<std::uint8_t*>(pieces.data());
  stream.draw(out, 1);
  stream.draw(out + 1, 50);
  stream.draw(out + 51, 49);
  CHECK(pieces == draw(7, "request", 1, "id", 100));

  const std::set<std::string> different = {
      draw(7, "request", 1, "id", 16),  draw(8, "request", 1, "id", 16),
      draw(7, "request2", 1, "id", 16), draw(7, "request", 2, "id", 16),
      draw(7, "request", 1, "id2", 16), draw(7, "request", 1, "token", 16)};
  CHECK(different.size() == 6);
}

TEST_CASE("a seed of 0 is drawn from the system, and request ids are random UUIDs") {
  CHECK(crypto::make_seed(0) != crypto::make_seed(0));
  CHECK(crypto::make_seed(5) == crypto::make_seed(5));
  const std::string id = crypto::uuid_v4();
  REQUIRE(id.size() == 36);
  CHECK(id[14] == '4');
  CHECK(std::string("89ab").find(id[19]) != std::string::npos);
  CHECK(id != crypto::uuid_v4());
}
