// The daemon killed at each named step of a swap, and started again. (tests/host has the same for the library, with
// every kind of swap; here the whole program must come up.)
#include <doctest/doctest.h>

#include <filesystem>

#include "echo_gateway.hpp"

using test::Gateway;

namespace {

std::size_t files_in(const std::string& directory) {
  std::error_code ec;
  std::filesystem::directory_iterator it(directory, ec);
  return static_cast<std::size_t>(std::distance(it, std::filesystem::directory_iterator()));
}

struct Step {
  const char* name;
  const char* version;  // of the release that serves after the next start
};
// The write of state.json is the moment at which a swap is done.
constexpr Step kSteps[] = {
    {"staged", "1.0.0"},  {"proved", "1.0.0"},  {"intent_written", "1.0.0"},
    {"loaded", "1.0.0"},  {"flipped", "1.0.0"}, {"state_written", "1.1.0"},
    {"retired", "1.1.0"},
};

}  // namespace

TEST_CASE(
    "crash: killed at a step of a swap, the daemon starts on the right release and keeps what it "
    "acknowledged") {
  for (const Step& step : kSteps) {
    CAPTURE(step.name);
    auto options = test::echo_options();
    options.binary = OPENCLAWD_STOP;
    options.plugin_extra = R"("onFileChange":"ignore")";  // else a boot stages the file, too
    Gateway gateway(options);
    gateway.start();
    REQUIRE(gateway.invoke("echo_count").details.at("count") == 1);
    gateway.process().kill_now();
    gateway.options().env["GATEWAY_STOP_AT"] = step.name;
    gateway.start();
    REQUIRE(gateway.invoke("echo_count").details.at("count") == 2);
    const auto reply = gateway.host_client().post(
        "/host/plugins/swap", std::string(R"({"id":"ansible","what":")") + ECHO_1_1_0 + "\"}");
    CHECK_FALSE(reply.has_value());
    REQUIRE(gateway.process().wait() == 128 + SIGKILL);

    gateway.options().env.erase("GATEWAY_STOP_AT");
    gateway.start();
    const auto read = gateway.invoke("echo_read").details;
    CHECK(read.at("count") == 2);
    CHECK(read.at("version") == step.version);
    CHECK(files_in(gateway.state_dir() + "/plugins/ansible/loaded") == 1);
    const auto slot = gateway.host("plugins/list").second.at("result").at("plugins").at(0);
    CHECK(slot.at("version") == step.version);
    CHECK(slot.at("state") == "active");
  }
}
