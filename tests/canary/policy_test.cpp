// A canary's policy as an operator writes it.
#include <doctest/doctest.h>

#include <string>

#include "gateway/canary.hpp"

using namespace gateway;

namespace {

std::string refusal(const std::string& text) {
  const auto read = read_policy(text, {});
  if (read) return "";
  CHECK(read.error().code == "invalid_request");
  return read.error().message;
}
std::string allowing(std::size_t entries, const std::string& pointer) {
  std::string text = R"({"allow":[)";
  for (std::size_t i = 0; i < entries; ++i) {
    if (i > 0) text += ',';
    text += R"({"tool":"t","pointer":")";
    text += pointer;
    text += R"("})";
  }
  return text + "]}";
}

}  // namespace

TEST_CASE("What a policy says is taken, and the rest stays as it is by default") {
  CanaryPolicy defaults;
  defaults.min_samples = 7;
  const auto read = read_policy(R"({"fromStage":"split","stageSeconds":0.5,"soakSeconds":86400,
      "stageTimeoutSeconds":60,"shadowPercent":25,
      "allow":[{"tool":"sweep:sla","pointer":"/writes/*/at"},{"tool":"*","pointer":""}]})",
                                defaults);
  REQUIRE(read.ok());
  CHECK(read->from_stage == CanaryStage::kSplit);
  CHECK(read->min_samples == 7);
  CHECK(read->stage_ms == 500);
  CHECK(read->soak_ms == 86'400'000);
  CHECK(read->timeout_ms == 60'000);
  CHECK(read->shadow_percent == 25);
  REQUIRE(read->allow.size() == 2);
  CHECK(read->allow[0].tool == "sweep:sla");
  CHECK(read->allow[0].pointer == "/writes/*/at");
  CHECK(read->allow[1].pointer.empty());
}

TEST_CASE("A wrong policy is refused with what was expected and what was found") {
  CHECK(refusal("[]") == "policy: expected an object");
  CHECK(refusal(R"({"minSample":1})").find("minSample: unknown; a canary's policy has fromStage") ==
        0);
  CHECK(refusal(R"({"minSamples":0})") ==
        "minSamples: expected a whole number from 1 to 1000000, got 0");
  CHECK(refusal(R"({"minSamples":1.5})").find("got 1.5") != std::string::npos);
  CHECK(refusal(R"({"fromStage":"watch"})") ==
        R"(fromStage: expected "shadow", "split" or "soak", got "watch")");
  CHECK(refusal(R"({"soakSeconds":-1})") == "soakSeconds: expected seconds, up to 30 days, got -1");
  CHECK(refusal(R"({"stageSeconds":2592001})").find("up to 30 days") != std::string::npos);
  CHECK(refusal(R"({"shadowPercent":101})").find("from 1 to 100, got 101") != std::string::npos);
  CHECK(refusal(R"({"allow":[{"tool":"t"}]})").find("allow: expected an array of up to 100") == 0);
  CHECK(refusal(allowing(1, "reply")).find("beginning with /") != std::string::npos);
}

TEST_CASE("A policy has bounds, and a message about a long one has too") {
  CHECK(refusal(allowing(100, "/" + std::string(999, 'x'))).empty());
  CHECK(refusal(allowing(1, "/" + std::string(1'000, 'x'))).find("each up to 1000 bytes") !=
        std::string::npos);
  const std::string many = refusal(allowing(101, "/x"));
  CHECK(many.find("up to 100 {") != std::string::npos);
  CHECK(many.size() < 500);
}
