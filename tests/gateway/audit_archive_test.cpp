// T-17: audit records that leave the store are on the disk before they are settled.
#include "daemon/audit_archive.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "support/temp_dir.hpp"

namespace {

using gateway::DeliveryResult;
using gateway_app::AuditArchive;

std::string text_of(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

unsigned mode_of(const std::string& file) {
  struct stat info {};
  return stat(file.c_str(), &info) == 0 ? info.st_mode & 0777 : 0;
}

std::string record(const std::string& day, int seq) {
  return R"({"kind":"claimed","seq":)" + std::to_string(seq) + R"(,"taskId":"t","time":")" + day +
         R"(T10:00:00.000Z"})";
}

std::string payload(const std::string& records) { return R"({"records":[)" + records + "]}"; }

}  // namespace

TEST_CASE("T-17: records are appended to the file of their day, which nobody else can read") {
  const test::TempDir dir;
  const AuditArchive archive(dir / "audit");
  const std::string one = record("2026-02-27", 0);
  const std::string two = record("2026-02-28", 1);
  const std::string three = record("2026-02-28", 2);
  CHECK(archive.append(payload(one + "," + two)).kind == DeliveryResult::Kind::kDelivered);
  CHECK(archive.append(payload(three)).kind == DeliveryResult::Kind::kDelivered);
  CHECK(text_of(dir / "audit/2026-02-27.jsonl") == one + "\n");
  CHECK(text_of(dir / "audit/2026-02-28.jsonl") == two + "\n" + three + "\n");
  CHECK(mode_of(dir / "audit") == 0700);
  CHECK(mode_of(dir / "audit/2026-02-28.jsonl") == 0600);
}

TEST_CASE("T-17: a line that a crash cut short does not swallow the next one") {
  const test::TempDir dir;
  const AuditArchive archive(dir / "audit");
  const std::string one = record("2026-02-27", 0);
  REQUIRE(archive.append(payload(one)).kind == DeliveryResult::Kind::kDelivered);
  std::ofstream(dir / "audit/2026-02-27.jsonl", std::ios::app) << "{\"kind\":\"cla";
  REQUIRE(archive.append(payload(one)).kind == DeliveryResult::Kind::kDelivered);
  CHECK(text_of(dir / "audit/2026-02-27.jsonl") == one + "\n{\"kind\":\"cla\n" + one + "\n");
}

TEST_CASE("T-17: what cannot be written is tried again later, and says why") {
  const test::TempDir dir;
  std::ofstream(dir / "audit") << "a file in the way";
  const DeliveryResult result =
      AuditArchive(dir / "audit").append(payload(record("2026-02-27", 0)));
  CHECK(result.kind == DeliveryResult::Kind::kRetryLater);
  CHECK(result.detail.find("2026-02-27.jsonl") != std::string::npos);
}

TEST_CASE("T-17: a link in the archive is not followed, and no time leads out of it") {
  const test::TempDir dir;
  const AuditArchive archive(dir / "audit");
  REQUIRE(archive.append(payload(record("2026-02-26", 0))).kind ==
          DeliveryResult::Kind::kDelivered);
  REQUIRE(symlink((dir / "elsewhere").c_str(), (dir / "audit/2026-02-27.jsonl").c_str()) == 0);
  CHECK(archive.append(payload(record("2026-02-27", 0))).kind == DeliveryResult::Kind::kRetryLater);
  CHECK(text_of(dir / "elsewhere").empty());
  REQUIRE(archive.append(payload(record("../../../x", 0))).kind ==
          DeliveryResult::Kind::kDelivered);
  CHECK(text_of(dir / "audit/undated.jsonl").find("../../../x") != std::string::npos);
}
