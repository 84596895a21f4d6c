#include "canary/redaction.hpp"

#include <doctest/doctest.h>

using namespace gateway;

TEST_CASE("Tokens, digests and keys in a text are not shown, ids and words are") {
  struct Case {
    const char* text;
    const char* shown;
  };
  const Case cases[] = {
      {"at_0123456789abcdef0123", "[REDACTED]"},
      {"the token is ait_0a1b2c3d4e.", "the token is [REDACTED]."},
      {"whsec_00112233445566", "[REDACTED]"},
      {"Bearer gw_e2e_0123456789abcdef", "Bearer [REDACTED]"},
      {"sk-abcdefgh12", "[REDACTED]"},
      {"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
       "sha256:[REDACTED]"},
      {"/writes/agent-token~19f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
       "/writes/agent-token~[REDACTED]"},
      {"abcdefghij0123456789abcdefghij0123456789", "[REDACTED]"},
      {"4c1f2a9e-8a3b-4d55-9a57-0f1e2d3c4b5a", "4c1f2a9e-8a3b-4d55-9a57-0f1e2d3c4b5a"},
      {"task_in_progress for vps-jane", "task_in_progress for vps-jane"},
      {"at_x, look at it", "at_x, look at it"},
      {"an ordinary sentence: 12 of 40 tasks", "an ordinary sentence: 12 of 40 tasks"},
      {"", ""},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(redacted_text(c.text) == c.shown);
  }
}

TEST_CASE("What a member's name calls a secret is not shown, whatever it looks like") {
  const auto value = base::json::parse(
      R"({"agent_token":"x","auth":{"tokenHash":["a",{"b":1}],"tokens":3,"hasToken":true},
          "secret":null,"title":"hello","list":["at_00112233445566"],
          "at_00112233445566":"key"})");
  REQUIRE(value.ok());
  CHECK(base::json::canonical(redacted(*value)) ==
        R"({"[REDACTED]":"key","agent_token":"[REDACTED]",)"
        R"("auth":{"hasToken":true,"tokenHash":"[REDACTED]","tokens":"[REDACTED]"},)"
        R"("list":["[REDACTED]"],"secret":null,"title":"hello"})");
  CHECK(names_a_secret("/reply/agent_token"));
  CHECK(names_a_secret("/writes/agent-sink-secret~1bob"));
  CHECK(names_a_secret("Pass-Word"));
  CHECK_FALSE(names_a_secret("/reply/status"));
}
