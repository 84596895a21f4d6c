// Signed releases: what is taken in, and what is refused.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include "host/rig.hpp"
#include "support/ed25519.hpp"

using namespace test;

namespace {

// A gateway that trusts two keys.
struct Signed : Rig {
  Signed() {
    options.signatures.keys = {{"ours", ours.public_pem()}, {"spare", spare.public_pem()}};
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

  Ed25519Key ours, spare, stranger;
};

}  // namespace

TEST_CASE("a signed library is taken in, and the release says by whom it was signed") {
  Signed rig;
  for (const std::string& signature :
       {rig.ours.sign_raw(rig.bytes()), rig.ours.sign(rig.bytes()) + "\n"}) {
    const auto installed = rig.host->install(rig.candidate(signature));
    REQUIRE_MESSAGE(installed.ok(), installed.error().message);
    CHECK(installed->signed_by == "ours");
  }
  CHECK(rig.host->verify(rig.candidate(rig.spare.sign_raw(rig.bytes())))->signed_by == "spare");
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
       {rig.stranger.sign_raw(rig.bytes()), rig.ours.sign_raw(rig.bytes() + "#"),
        std::string("this is no signature"), std::string(63, 'x')}) {
    const std::string file = rig.candidate(signature);
    for (const auto& refused :
         {rig.host->install(file), rig.host->verify(file), rig.host->swap(file)}) {
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code == "bad_signature");
    }
  }
  CHECK(
      contains(rig.host->install(rig.candidate(rig.stranger.sign_raw(rig.bytes()))).error().message,
               "by a trusted key (ours, spare)"));
  CHECK(rig.host->releases().size() == 1);
  CHECK(files_in(rig.root() + "/staging").empty());
  CHECK(rig.active() == "1.0.0");
  CHECK(rig.host->install(rig.candidate()).ok());  // none is fine
}

TEST_CASE("what lies in a signature's place and is none is refused, and not waited for") {
  Signed rig;
  for (const char* what : {"a pipe", "a directory", "a large file"}) {
    CAPTURE(what);
    const std::string file = rig.candidate();
    const std::string beside = file + ".sig";
    if (what == std::string("a pipe")) REQUIRE(::mkfifo(beside.c_str(), 0600) == 0);
    if (what == std::string("a directory")) fs::create_directory(beside);
    if (what == std::string("a large file")) write_text(beside, std::string(100'000, 'x'));
    const auto refused = rig.host->install(file);
    fs::remove(beside);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == "bad_signature");
    CHECK(contains(refused.error().message, ".sig"));
  }
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
  REQUIRE(rig.host->install(rig.candidate(rig.ours.sign_raw(rig.bytes()))).ok());
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
  const std::string file = rig.candidate(rig.ours.sign_raw(rig.bytes()));
  fs::create_symlink(file, rig.library() + ".link");
  fs::rename(rig.library() + ".link", rig.library());
  REQUIRE(rig.becomes_active("1.1.0"));
  CHECK(rig.state() == "active");
}

TEST_CASE(
    "a signature that comes after its library is found when the gateway is told to look again") {
  Signed rig;
  rig.options.signatures.required = true;
  rig.reopen();
  rename_over(kEcho11, rig.library());
  REQUIRE(rig.becomes("degraded"));
  write_text(rig.library() + ".sig", rig.ours.sign_raw(read_text(rig.library())));
  rig.host->recheck_file();
  REQUIRE(rig.becomes_active("1.1.0"));
  CHECK(rig.state() == "active");
}

TEST_CASE("only an Ed25519 public key in PEM is a key") {
  CHECK(gateway::check_key(Ed25519Key().public_pem()).ok());
  CHECK(gateway::check_key("x").error().code == "bad_key");
  CHECK(gateway::check_key("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
            .error()
            .code == "bad_key");
}
