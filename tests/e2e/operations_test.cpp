// What the host's owner does: start and stop, configuration, backups, plugin releases.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "e2e/installation.hpp"

using e2e::Installation;
using e2e::text_of;
namespace json = base::json;

namespace {

json::object slot(const Installation& gw) {
  const json::value list = gw.document("openclaw plugins list");
  REQUIRE(list.as_object().size() == 1);
  REQUIRE(list.at("plugins").as_array().size() == 1);  // one row per slot
  return list.at("plugins").as_array().front().as_object();
}

std::string served_version(const Installation& gw) {
  return text_of(json::value(gw.invoke("ansible_status", {}).at("plugin")), "version");
}

// A server that is no gateway: takes one connection, sends `answer` and ends.
class OneAnswer {
 public:
  explicit OneAnswer(std::string answer) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::listen(fd_, 1) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([fd = fd_, answer = std::move(answer)] {
      const int peer = ::accept(fd, nullptr, nullptr);
      if (peer < 0) return;
      char request[4096];
      if (::recv(peer, request, sizeof request, 0) > 0) {
        ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      ::close(peer);
    });
  }
  ~OneAnswer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  int port_ = 0;
  std::thread thread_;
};

std::vector<std::string> names_of(const json::object& object) {
  std::vector<std::string> names;
  for (const auto& member : object) names.emplace_back(member.key());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

TEST_CASE("gateway start, restart and stop keep what agents have agreed on") {
  const Installation gw;
  gw.start();
  gw.agent("worker");
  const auto pid = [&] { return gw.document("openclaw gateway status").at("pid").as_int64(); };
  const std::int64_t first = pid();
  gw.ok("openclaw gateway start", "already running");
  CHECK(pid() == first);
  gw.ok("openclaw gateway restart", "gateway is up");
  CHECK(pid() != first);
  gw.ok("openclaw ansible agent list", "worker");
  gw.ok("openclaw gateway stop", "gateway stopped");
  gw.refused("openclaw gateway stop", 3, "openclaw gateway start");
  gw.ok("openclaw gateway restart", "gateway is up");
  gw.ok("openclaw ansible agent list", "worker");
}

TEST_CASE("a gateway that was started on another port than the configured one is found there") {
  const Installation gw;
  const std::string port = std::to_string(test::free_port());
  gw.ok("openclaw gateway start --port " + port, "http://127.0.0.1:" + port);
  CHECK(gw.document("openclaw gateway status").at("port").as_int64() == std::stoi(port));
  CHECK(gw.ok("openclaw gateway health") == "OK\n");
  gw.ok("openclaw ansible status", "node-e2e");
}

TEST_CASE("another program on the port is not taken for a gateway") {
  const Installation gw;
  for (const char* line :
       {"openclaw gateway health", "openclaw gateway status", "openclaw ansible status"}) {
    CAPTURE(line);
    const OneAnswer other("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    const auto result = gw.shell(line, {{"OPENCLAW_GATEWAY_URL", other.url()}});
    CHECK(result.status == 3);
    CHECK(result.out == "");
    CHECK(result.err.find("is not this gateway") != std::string::npos);
  }
}

TEST_CASE("a call whose answer is lost may have happened: exit status 5, and what to do") {
  const Installation gw;
  const OneAnswer broken("");
  const auto result = gw.shell("openclaw ansible sla sweep --limit 1 --json",
                               {{"OPENCLAW_GATEWAY_URL", broken.url()}});
  CHECK(result.status == 5);
  CHECK(text_of(test::parse_json(result.out), "code") == "outcome_unknown");
  CHECK(result.out.find("--idempotency-key") != std::string::npos);
}

TEST_CASE("a bad value of a flag is named, a global --json may come first") {
  const Installation gw;
  gw.refused("openclaw ansible tasks --limit many", 2, "--limit: expected a whole number");
  gw.refused("openclaw ansible sla policy set --enabled maybe", 2, "--enabled: expected t or f");
  const auto typo = gw.shell("openclaw --json gateway statu");
  CHECK(typo.status == 2);
  CHECK(text_of(test::parse_json(typo.out), "error").find("'status'") != std::string::npos);
}

TEST_CASE("completion knows a command's flags also after its arguments") {
  const Installation gw;
  const auto completed = [&](const std::string& words, int at) {
    return gw
        .shell("bash -c '. <(openclaw completion bash); COMP_WORDS=(" + words +
               "); COMP_CWORD=" + std::to_string(at) + "; _openclaw; echo ${COMPREPLY[*]}'")
        .out;
  };
  CHECK(completed("openclaw ansible tasks cl", 3) == "claim\n");
  CHECK(completed("openclaw ansible tasks claim 1234abcd --eta", 5) == "--eta-at --eta-seconds\n");
  CHECK(completed("openclaw --config plugins.json plugins sw", 4) == "swap\n");
}

TEST_CASE("a gateway that cannot start says why") {
  const Installation gw;
  gw.start();
  // A second gateway on the same port, with its own state directory.
  const Installation other;
  other.refused("openclaw gateway start --port " + std::to_string(gw.port()), 1, "--port");
  std::filesystem::create_directories(other.state_dir());
  std::ofstream(other.config_file()) << R"({"gateway":{"port":"many"}})";
  other.refused("openclaw gateway start", 1, "port");
  other.refused("openclaw config check", 1, "port");
}

TEST_CASE("config path and config check tell which file is used and what is wrong with it") {
  const Installation gw;
  CHECK(gw.ok("openclaw config path") == gw.config_file() + "\n");
  gw.ok("openclaw config check", "in order");
  CHECK(text_of(gw.document("openclaw config path"), "file") == gw.config_file());
  std::ofstream(gw.file("typo.json"))
      << R"({"gateway":{"prot":1},"plugins":{"entries":{"ansible":{"library":")" ANSIBLE_PLUGIN
         R"(","config":{"tier":"edge"}}}}})";
  const auto typo = gw.shell("openclaw --config " + gw.file("typo.json") + " config check");
  CHECK(typo.status == 0);
  CHECK(typo.err.find("port") != std::string::npos);  // names the nearest known key
  gw.refused("openclaw --config " + gw.file("none.json") + " config check", 1, "none.json");
}

TEST_CASE("config check refuses what the gateway would not start or load the plugin with") {
  const Installation gw;
  const auto check = [&](const std::string& gateway, const std::string& library,
                         const std::string& config, int status, const char* text) {
    std::ofstream(gw.file("c.json"))
        << "{\"gateway\":{" << gateway << "},\"plugins\":{\"entries\":{\"ansible\":{\"library\":\""
        << library << "\",\"config\":{" << config << "}}}}}";
    const auto result = gw.shell("openclaw --config " + gw.file("c.json") + " config check");
    INFO(result.out << result.err);
    CHECK(result.status == status);
    CHECK(result.err.find(text) != std::string::npos);
  };
  const std::string good = R"("tier":"backbone")";
  check("", ANSIBLE_PLUGIN, good, 0, "");
  check(R"("bind":"0.0.0.0")", ANSIBLE_PLUGIN, good, 1, "gateway.auth.token is missing");
  check(R"("bind":"lan","auth":{"token":""})", ANSIBLE_PLUGIN, good, 1,
        "gateway.auth.token is missing");
  check("", ANSIBLE_PLUGIN, R"("tier":"core")", 1, "/tier");
  check("", ANSIBLE_PLUGIN, R"("tier":"edge","slaSweep":{"everySeconds":"x"})", 1,
        "/slaSweep/everySeconds");
  check("", gw.file("none.so"), good, 1, "none.so");
  check("", ANSIBLE_PLUGIN, R"("tier":"edge","slaSwep":{},"slaSweep":{"recordonly":true})", 0,
        "slaSwep");
}

TEST_CASE("an unknown key of the plugin's configuration is warned of in the log") {
  const Installation gw({.plugin_config = R"("slaSwep":{},"slaSweep":{"recordonly":true})"});
  gw.start();
  const std::string log = test::read_file(gw.state_dir() + "/gateway.log");
  CHECK(log.find("perhaps 'slaSweep'") != std::string::npos);
  CHECK(log.find("perhaps 'recordOnly'") != std::string::npos);
}

TEST_CASE(
    "gateway start says at once which key is missing, and leaves the gateway waiting for it") {
  const Installation gw({.library = ""});
  gw.refused("openclaw gateway start", 1, "plugins.entries.ansible.library is missing");
}

TEST_CASE("storage is backed up while the gateway runs, checked, and restored when it is stopped") {
  const Installation gw;
  gw.start();
  gw.agent("before-backup");
  gw.ok("openclaw storage check", "sound");
  gw.ok("openclaw storage backup " + gw.file("backup.db"), "backup.db");
  gw.agent("after-backup");
  gw.refused("openclaw storage restore " + gw.file("backup.db"), 1, "openclaw gateway stop");
  gw.ok("openclaw ansible agent list", "after-backup");
  gw.ok("openclaw gateway stop");
  gw.ok("openclaw storage check", "sound");
  gw.ok("openclaw storage restore " + gw.file("backup.db"), "ansible.db");
  gw.start();
  const std::string agents = gw.ok("openclaw ansible agent list", "before-backup");
  CHECK(agents.find("after-backup") == std::string::npos);
  gw.ok("openclaw gateway stop");
  // The one before the first restore stays; that before the second lies beside it.
  const auto again = gw.document("umask 0; openclaw storage restore " + gw.file("backup.db"));
  const std::string kept = gw.state_dir() + "/ansible.db.before-restore";
  CHECK(text_of(again, "formerDatabase") == kept + "-2");
  CHECK(std::filesystem::exists(kept));
  CHECK(std::filesystem::exists(kept + "-2"));
  for (const auto& day : std::filesystem::directory_iterator(gw.state_dir() + "/audit")) {
    CHECK((day.status().permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
  std::ofstream(gw.file("junk.db")) << "this is no database";
  gw.refused("openclaw storage restore " + gw.file("junk.db"), 1, "");
  gw.start();
  gw.ok("openclaw ansible agent list", "before-backup");
}

TEST_CASE("plugins list and info describe the active release as scripts expect it") {
  const Installation gw;
  gw.start();
  const json::object row = slot(gw);
  CHECK(names_of(row) == std::vector<std::string>{"buildId", "candidate", "id", "parked", "path",
                                                  "sha256", "since", "state", "version"});
  CHECK(row.at("id").as_string() == "ansible");
  CHECK(row.at("state").as_string() == "active");
  CHECK(row.at("version").as_string() == PLUGIN_VERSION);
  CHECK(row.at("path").as_string() == ANSIBLE_PLUGIN);
  CHECK(row.at("candidate").is_null());
  CHECK(row.at("parked").is_null());
  const std::string digest(row.at("sha256").as_string());
  CHECK(digest.size() == 64);
  CHECK(digest.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(row.at("since").as_int64() > 1'600'000'000'000);

  const json::value info = gw.document("openclaw plugins info ansible");
  for (const auto& member : row) CHECK(info.at(member.key()) == member.value());
  CHECK(info.at("abi").is_string());
  CHECK(info.at("dataFormat").is_object());
  std::vector<std::string> sweeps;
  for (const json::value& sweep : info.at("sweeps").as_array()) {
    sweeps.push_back(text_of(sweep, "name"));
  }
  for (const char* name : {"sla", "pulse", "leases", "audit"}) {
    CAPTURE(name);
    CHECK(std::count(sweeps.begin(), sweeps.end(), name) == 1);
  }
  CHECK(info.at("tools").as_array().size() >= 24);
  for (const json::value& tool : info.at("tools").as_array()) {
    CHECK(names_of(tool.as_object()) ==
          std::vector<std::string>{"description", "name", "parameters", "readOnly"});
    CHECK(tool.at("parameters").at("type").as_string() == "object");
  }
  gw.ok("openclaw plugins list", PLUGIN_VERSION);
  gw.ok("openclaw plugins info ansible", "ansible_claim_task");
}

TEST_CASE(
    "a plugin is verified, installed, swapped in, rolled back and forward, and the history tells") {
  const Installation gw;
  gw.start();
  const std::string first(slot(gw).at("sha256").as_string());
  gw.ok("openclaw plugins verify ansible " ANSIBLE_NEXT, "99.0.0");
  gw.ok("openclaw plugins install ansible " ANSIBLE_NEXT, "99.0.0");
  CHECK(served_version(gw) == PLUGIN_VERSION);  // installing activates nothing
  gw.ok("openclaw plugins swap ansible 99.0.0", "99.0.0");
  CHECK(served_version(gw) == "99.0.0");
  json::object row = slot(gw);
  CHECK(row.at("version").as_string() == "99.0.0");
  CHECK(row.at("buildId").as_string() == "feedfacefeedface");
  const std::string second(row.at("sha256").as_string());
  REQUIRE(second != first);

  gw.ok("openclaw plugins rollback ansible", PLUGIN_VERSION);
  CHECK(served_version(gw) == PLUGIN_VERSION);
  gw.ok("openclaw plugins rollback ansible", "99.0.0");  // a second one goes forward again
  CHECK(served_version(gw) == "99.0.0");
  gw.ok("openclaw plugins swap ansible " + first.substr(0, 12));
  CHECK(served_version(gw) == PLUGIN_VERSION);
  gw.ok("openclaw plugins swap ansible " ANSIBLE_NEXT);
  CHECK(text_of(json::value(slot(gw)), "sha256") == second);
  gw.ok("openclaw gateway restart");
  CHECK(served_version(gw) == "99.0.0");  // the configured file has not changed: the swap holds

  const std::string history = gw.ok("openclaw plugins history ansible", "99.0.0");
  CHECK(history.find(PLUGIN_VERSION) != std::string::npos);
  const json::value told = gw.document("openclaw plugins history ansible");
  CHECK(told.at("releases").as_array().size() == 2);
  CHECK(told.at("entries").as_array().size() >= 5);
}

TEST_CASE("a release is quarantined, refused with the reason, listed and allowed again") {
  const Installation gw;
  gw.start();
  gw.ok("openclaw plugins quarantine", "Nothing is quarantined");
  gw.ok("openclaw plugins install ansible " ANSIBLE_NEXT, "99.0.0");
  gw.refused("openclaw plugins quarantine ansible 99.0.0", 2, "--reason");
  gw.refused("openclaw plugins quarantine --lift", 2, "which release");
  gw.refused(std::string("openclaw plugins quarantine ansible ") + PLUGIN_VERSION + " --reason bad",
             1, "is the active release");
  gw.ok("openclaw plugins quarantine ansible 99.0.0 --reason 'loses tasks'", "is quarantined");
  gw.refused("openclaw plugins swap ansible 99.0.0", 1, "loses tasks");
  const json::value list = gw.document("openclaw plugins quarantine");
  REQUIRE(list.at("quarantine").as_array().size() == 1);
  const json::value& row = list.at("quarantine").at(0);
  CHECK(text_of(row, "version") == "99.0.0");
  CHECK(text_of(row.at("quarantine"), "reason") == "loses tasks");
  CHECK(text_of(row.at("quarantine"), "by") == "operator");
  gw.ok("openclaw plugins quarantine", "loses tasks");
  gw.ok("openclaw plugins history ansible", "quarantine");
  gw.ok("openclaw plugins quarantine " + text_of(row, "sha256").substr(0, 12) + " --lift",
        "may be loaded again");
  gw.ok("openclaw plugins swap ansible 99.0.0", "99.0.0");
  const json::object watched = slot(gw);
  CHECK(text_of(json::value(watched.at("trial")), "phase") == "watch");
  // With a way back, --one-way changes nothing.
  gw.ok("openclaw plugins swap ansible --one-way " ANSIBLE_PLUGIN, PLUGIN_VERSION);
}

TEST_CASE("a refused swap names the reason and the version that keeps serving") {
  const Installation gw;
  gw.start();
  std::ofstream(gw.file("text.so")) << "no library";
  std::ofstream(gw.file("empty.so")).flush();
  std::filesystem::copy_file(ANSIBLE_NEXT, gw.file("writable.so"));
  std::filesystem::permissions(gw.file("writable.so"), std::filesystem::perms(0775));
  for (const char* file : {"text.so", "empty.so", "writable.so", "missing.so"}) {
    for (const char* verb : {"swap", "install", "verify"}) {
      gw.refused(std::string("openclaw plugins ") + verb + " ansible " + gw.file(file), 1, file);
    }
    CHECK(served_version(gw) == PLUGIN_VERSION);
  }
  gw.refused("openclaw plugins rollback ansible", 1, "");  // there was nothing before
  gw.refused("openclaw plugins swap ansible 12.34.56", 1, "12.34.56");
  gw.refused("openclaw plugins swap ansible 0123456789ab", 1, "0123456789ab");
  CHECK(text_of(gw.document("openclaw plugins info nonesuch", 1), "error").find("nonesuch") !=
        std::string::npos);
  CHECK(text_of(json::value(slot(gw)), "version") == PLUGIN_VERSION);
}
