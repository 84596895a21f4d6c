// Signed releases: what is taken in, and what is refused.
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

#include "host/rig.hpp"

using namespace test;

namespace {

// A key pair, made for the test.
class Signer {
 public:
  Signer() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free) {}

  std::string pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    REQUIRE(PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }
  std::string sign(const std::string& bytes) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    std::string out(64, '\0');
    std::size_t size = out.size();
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
    REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                           reinterpret_cast<const unsigned char*>(bytes.data()),
                           bytes.size()) == 1);
    return out;
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

std::string base64(const std::string& bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

// A gateway that trusts two keys.
struct Signed : Rig {
  Signed() {
    options.signatures.keys = {{"ours", ours.pem()}, {"spare", spare.pem()}};
    open_with(kEcho10);
  }
  // The next version, in a directory of its own.
  std::string candidate(const std::string& signature = "") {
    make_dir(temp / "new");
    const std::string file = temp / "new/plugin.so";
    copy_over(kEcho11, file);
    fs::remove(file + ".sig");
    if (!signature.empty()) write_text(file + ".sig", signature);
    return file;
  }
  std::string bytes() const { return read_text(kEcho11); }

  Signer ours, spare, stranger;
};

}  // namespace

TEST_CASE("a signed library is taken in, and the release says by whom it was signed") {
  Signed rig;
  for (const std::string& signature :
       {rig.ours.sign(rig.bytes()), base64(rig.ours.sign(rig.bytes())) + "\n"}) {
    const auto installed = rig.host->install(rig.candidate(signature));
    REQUIRE_MESSAGE(installed.ok(), installed.error().message);
    CHECK(installed->signed_by == "ours");
  }
  CHECK(rig.host->verify(rig.candidate(rig.spare.sign(rig.bytes())))->signed_by == "spare");
  const auto releases = rig.host->releases();
  REQUIRE(releases.size() == 2);
  CHECK(releases[1].signed_by == "ours");
  CHECK(fs::exists(rig.root() + "/releases/" + releases[1].release.sha256 + "/echo.so.sig"));
  rig.reopen();
  CHECK(rig.host->releases()[1].signed_by == "ours");
}

TEST_CASE("a wrong signature is refused also when none is required") {
  Signed rig;
  for (const std::string& signature :
       {rig.stranger.sign(rig.bytes()), rig.ours.sign(rig.bytes() + "#"),
        std::string("this is no signature"), std::string(63, 'x')}) {
    const std::string file = rig.candidate(signature);
    for (const auto& refused :
         {rig.host->install(file), rig.host->verify(file), rig.host->swap(file)}) {
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code == "bad_signature");
    }
  }
  CHECK(contains(rig.host->install(rig.candidate(rig.stranger.sign(rig.bytes()))).error().message,
                 "by a trusted key (ours, spare)"));
  CHECK(rig.host->releases().size() == 1);
  CHECK(files_in(rig.root() + "/staging").empty());
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.host->install(rig.candidate()).ok());  // none is fine
}

TEST_CASE("where a signature is required, nothing without one is taken in; what serves goes on") {
  Signed rig;
  const auto unsigned_release = rig.host->install(kEcho11);
  REQUIRE(unsigned_release.ok());
  rig.options.signatures.required = true;
  rig.reopen();
  CHECK(rig.active() == "1.0.0");  // it served before
  for (const std::string& what : {rig.candidate(), std::string("1.1.0")}) {
    const auto refused = rig.host->swap(what);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == "signature_missing");
    CHECK(contains(refused.error().message, "(ours, spare)"));
  }
  // The same bytes, signed by now.
  REQUIRE(rig.host->install(rig.candidate(rig.ours.sign(rig.bytes()))).ok());
  const auto swapped = rig.host->swap("1.1.0");
  REQUIRE_MESSAGE(swapped.ok(), swapped.error().message);
  CHECK(swapped->signed_by == "ours");
  CHECK(rig.host->releases().size() == 2);
  REQUIRE(rig.host->rollback().ok());
  CHECK(rig.active() == "1.0.0");
}

TEST_CASE(
    "the configured file is asked for its signature, beside its name or beside what it links to") {
  Signed rig;
  rig.options.signatures.required = true;
  rig.reopen();
  rename_over(kEcho11, rig.library());
  REQUIRE(rig.becomes("degraded"));
  CHECK(contains(rig.host->status().reason, "is not signed"));
  CHECK(rig.active() == "1.0.0");
  // The signature comes, and the file is touched: by a link to a signed file.
  const std::string file = rig.candidate(rig.ours.sign(rig.bytes()));
  fs::create_symlink(file, rig.library() + ".link");
  fs::rename(rig.library() + ".link", rig.library());
  REQUIRE(rig.becomes_active("1.1.0"));
  CHECK(rig.state() == "active");
}

TEST_CASE("only an Ed25519 public key in PEM is a key") {
  CHECK(gateway::check_key(Signer().pem()).ok());
  CHECK(gateway::check_key("x").error().code == "bad_key");
  CHECK(gateway::check_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
            .error()
            .code == "bad_key");
}
