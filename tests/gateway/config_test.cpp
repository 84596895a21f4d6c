#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/nearest.hpp"
#include "common/config_file.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace gateway_app;

struct Parsed {
  Config config;
  std::vector<std::string> warnings;
};

Parsed parse(std::string_view text) {
  Parsed parsed;
  auto config = parse_config(text, {"/etc/openclaw", "/home/jane"}, &parsed.warnings);
  REQUIRE_MESSAGE(config.ok(), config.error().message);
  parsed.config = *std::move(config);
  return parsed;
}

Error refusal(std::string_view text) {
  auto config = parse_config(text, {"/etc/openclaw", "/home/jane"});
  REQUIRE_FALSE(config.ok());
  return config.error();
}

void write_file(const std::string& path, std::string_view text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// A machine with nothing on it but a home directory.
struct Machine {
  test::TempDir root;
  Environment env;
  Machine() {
    env.home = root / "home";
    env.executable = root / "build/bin/openclawd";
    env.working_directory = root.path();
    std::filesystem::create_directories(env.home);
  }
  LoadedConfig load(const ConfigRequest& request = {}) {
    auto loaded = load_config(request, env);
    REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
    return *std::move(loaded);
  }
};

constexpr std::string_view kFull = R"(// a gateway
{
  "gateway": { "port": 18790, "bind": "loopback", "stateDir": "~/gw", "url": "http://gw:1",
               "auth": { "token": "secret", "hostToken": "more" } },
  "storage": { "engine": "memory", "path": "x.db" },   /* relative */
  "plugins": { "root": "~/plugins", "prover": "bin/prover", "hookLimitMs": 5000,
    "watch": { "everyMs": 500, "quietMs": 100 }, "entries": { "ansible": {
    "enabled": true, "library": "lib/ansible.so", "onFileChange": "ignore", "watchSeconds": 60,
    "journal": true, "journalMegabytes": 128,
    "config": { "tier": "edge", "nodeIdOverride": "vps-jane", "slaSweep": { "everySeconds": 60 }, },
  } } },
}
)";

}  // namespace

TEST_CASE("a release on the command line is a file where there is one, else a version or digest") {
  const test::TempDir temp;
  std::filesystem::create_directory(temp / "1.2.0");
  std::ofstream(temp / "new.so") << "bytes";
  const auto named = [&](const std::string& word) {
    return gateway_app::file_or_release(word, temp.path(), "/home/me");
  };
  CHECK(named("new.so") == temp / "new.so");
  CHECK(named("./missing.so").front() == '/');
  CHECK(named("1.2.0") == "1.2.0");  // also beside a directory of that name
  CHECK(named("") == "");
  const std::string endless(5'000, 'a');
  CHECK(named(endless) == endless);
}

TEST_CASE("config: every key of ours is read, with comments and trailing commas") {
  const Parsed p = parse(kFull);
  CHECK(p.warnings.empty());
  CHECK(p.config.gateway.port == 18790);
  CHECK(p.config.gateway.bind == "127.0.0.1");
  CHECK(p.config.gateway.token == "secret");
  CHECK(p.config.gateway.host_token == "more");
  CHECK(p.config.gateway.state_dir == "~/gw");
  CHECK(p.config.gateway.url == "http://gw:1");
  CHECK(p.config.storage.engine == StorageEngine::kMemory);
  CHECK(p.config.storage.path == "x.db");
  CHECK(p.config.plugins_root == "/home/jane/plugins");
  CHECK(p.config.prover == "/etc/openclaw/bin/prover");
  CHECK(p.config.watch.every_ms == 500);
  CHECK(p.config.watch.quiet_ms == 100);
  CHECK(p.config.plugin.library == "/etc/openclaw/lib/ansible.so");
  CHECK(p.config.plugin.on_file_change == FileChange::kIgnore);
  CHECK(p.config.plugin.watch_seconds == 60);
  CHECK(p.config.plugin.journal);
  CHECK(p.config.plugin.journal_megabytes == 128);
  CHECK(p.config.hook_limit_ms == 5'000);
  CHECK(p.config.plugin.tier == "edge");
  CHECK(p.config.plugin.node_id == "vps-jane");
  CHECK(p.config.plugin.config_json ==
        R"({"nodeIdOverride":"vps-jane","slaSweep":{"everySeconds":60},"tier":"edge"})");
  CHECK(why_not_loadable(p.config).empty());
}

TEST_CASE("config: an empty file means the defaults") {
  const Parsed p = parse("{}");
  CHECK(p.config.gateway.port == kDefaultPort);
  CHECK(p.config.gateway.bind == "127.0.0.1");
  CHECK(p.config.storage.engine == StorageEngine::kSqlite);
  CHECK(p.config.storage.path == "ansible.db");
  CHECK(p.config.watch.every_ms == 2'000);
  CHECK(p.config.watch.quiet_ms == 1'000);
  CHECK(p.config.plugin.watch_seconds == 300);
  CHECK_FALSE(p.config.plugin.journal);
  CHECK(p.config.plugin.journal_megabytes == 64);
  CHECK(p.config.plugin.config_json == "{}");
  CHECK(gateway_url(p.config.gateway) == "http://127.0.0.1:18789");
}

TEST_CASE(
    "config: the journal may also be turned on as gateway.journal; the plugin's entry decides") {
  CHECK(parse(R"({"gateway":{"journal":true}})").config.plugin.journal);
  CHECK_FALSE(parse(R"({"gateway":{"journal":true},
                        "plugins":{"entries":{"ansible":{"journal":false}}}})")
                  .config.plugin.journal);
}

TEST_CASE(
    "config: a wrong type or value is refused with its path, what was expected and what was "
    "found") {
  struct Case {
    const char* text;
    const char* message;
  };
  const Case cases[] = {
      {R"({"gateway":{"port":"80"}})",
       R"(gateway.port: expected a whole number from 1 to 65535, got "80")"},
      {R"({"gateway":{"port":70000}})",
       "gateway.port: expected a whole number from 1 to 65535, got the number 70000"},
      {R"({"gateway":{"port":0}})",
       "gateway.port: expected a whole number from 1 to 65535, got the number 0"},
      {R"({"gateway":{"port":1.5}})",
       "gateway.port: expected a whole number from 1 to 65535, got the number 1.5"},
      {R"({"gateway":[]})", "gateway: expected an object, got an array"},
      {R"({"gateway":{"bind":"everywhere"}})",
       R"(gateway.bind: expected an IP address, "loopback" or "lan", got "everywhere")"},
      {R"({"gateway":{"bind":7}})",
       R"(gateway.bind: expected an IP address, "loopback" or "lan", got the number 7)"},
      {R"({"gateway":{"auth":{"token":5}}})",
       "gateway.auth.token: expected a string (write the token itself), got the number 5"},
      {R"({"storage":{"engine":"postgres"}})",
       R"(storage.engine: expected "sqlite" or "memory", got "postgres")"},
      {R"({"storage":{"path":""}})", R"(storage.path: expected a file name, got "")"},
      {R"({"plugins":{"root":false}})", "plugins.root: expected a string, got false"},
      {R"({"plugins":{"watch":{"everyMs":5}}})",
       "plugins.watch.everyMs: expected a whole number from 10 to 3600000, got the number 5"},
      {R"({"plugins":{"watch":{"quietMs":"1s"}}})",
       R"(plugins.watch.quietMs: expected a whole number from 10 to 60000, got "1s")"},
      {R"({"plugins":{"entries":{"ansible":{"enabled":"yes"}}}})",
       R"(plugins.entries.ansible.enabled: expected true or false, got "yes")"},
      {R"({"plugins":{"entries":{"ansible":{"onFileChange":"later"}}}})",
       R"(plugins.entries.ansible.onFileChange: expected "direct" or "canary" or "ignore", got "later")"},
      {R"({"plugins":{"entries":{"ansible":{"canary":{"minSamples":0}}}}})",
       "plugins.entries.ansible.canary.minSamples: expected a whole number from 1 to 1000000, got "
       "the number 0"},
      {R"({"plugins":{"entries":{"ansible":{"watchSeconds":-1}}}})",
       "plugins.entries.ansible.watchSeconds: expected a whole number from 0 to 2592000, got the "
       "number -1"},
      {R"({"plugins":{"entries":{"ansible":{"requireSignature":true}}}})",
       "plugins.entries.ansible.requireSignature: expected false while trustedKeys names no key, "
       "got true"},
      {R"({"plugins":{"entries":{"ansible":{"trustedKeys":["k"]}}}})",
       "plugins.entries.ansible.trustedKeys: expected an object of key ids and PEM texts, got an "
       "array"},
      {R"({"plugins":{"entries":{"ansible":{"trustedKeys":{"k":"no key"}}}}})",
       "plugins.entries.ansible.trustedKeys.k: expected an Ed25519 public key in PEM (-----BEGIN "
       "PUBLIC KEY-----), got \"no key\""},
      {R"({"plugins":{"entries":{"ansible":{"config":[]}}}})",
       "plugins.entries.ansible.config: expected an object, got an array"},
      {"[]", "the file: expected an object, got an array"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    CHECK(refusal(c.text).code == "config_invalid");
    CHECK(refusal(c.text).message == c.message);
  }
}

TEST_CASE("config: trusted keys are read with their ids") {
  const Parsed p = parse(
      R"({"plugins":{"entries":{"ansible":{"requireSignature":true,"trustedKeys":{"k1":"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n"}}}}})");
  CHECK(p.warnings.empty());
  CHECK(p.config.plugin.signatures.required);
  REQUIRE(p.config.plugin.signatures.keys.size() == 1);
  CHECK(p.config.plugin.signatures.keys[0].id == "k1");
}

TEST_CASE("config: a token that is only a reference is refused and not repeated") {
  const Error e = refusal(R"({"gateway":{"auth":{"token":"${OPENCLAW_TOKEN}"}}})");
  CHECK(e.message.find("environment references are not expanded") != std::string::npos);
  CHECK(e.message.find("OPENCLAW_TOKEN") == std::string::npos);
}

TEST_CASE("config: a syntax error names line and column, a duplicate key its place") {
  CHECK(refusal("{\n  \"gateway\": {,}\n}").message.rfind("line 2, column ", 0) == 0);
  CHECK(refusal("{\"gateway\":{\"port\":1,\"port\":2}}")
            .message.find("duplicate key at /gateway/port") != std::string::npos);
  CHECK(refusal("").code == "config_syntax");
}

TEST_CASE("config: an unknown key in our sections is a warning that names the nearest known one") {
  const Parsed p = parse(R"({
    "gateway": { "prot": 1, "auth": { "tokne": "x" }, "zzzzzzzzzz": 1 },
    "storage": { "pth": "x" },
    "plugins": { "entries": { "ansible": { "libary": "x", "config": { "anything": 1 } } } }
  })");
  const std::vector<std::string> expected = {
      "gateway.auth.tokne: unknown key, ignored; did you mean \"token\"?",
      "gateway.prot: unknown key, ignored; did you mean \"port\"?",
      "gateway.zzzzzzzzzz: unknown key, ignored",
      "storage.pth: unknown key, ignored; did you mean \"path\"?",
      "plugins.entries.ansible.libary: unknown key, ignored; did you mean \"library\"?",
  };
  CHECK(p.warnings == expected);
}

TEST_CASE("config: an OpenClaw gateway's own sections and keys pass silently") {
  const Parsed p = parse(R"({
    "agents": { "list": [] }, "channels": { "x": 1 }, "gatewya": {},
    "gateway": { "mode": "local", "controlUi": {}, "tailscale": {}, "auth": { "mode": "token" } },
    "plugins": { "allow": [], "slots": {}, "entries": { "other": { "libary": 7 }, "ansible": { "hooks": {} } } }
  })");
  CHECK(p.warnings.empty());
}

TEST_CASE("config: a plugin that cannot be loaded names the key") {
  CHECK(why_not_loadable(parse("{}").config).find("plugins.entries.ansible.library") == 0);
  CHECK(why_not_loadable(parse(R"({"plugins":{"entries":{"ansible":{"library":"/x.so"}}}})").config)
            .find("plugins.entries.ansible.config.tier") == 0);
  CHECK(why_not_loadable(parse(R"({"plugins":{"entries":{"ansible":{"enabled":false}}}})").config)
            .find("plugins.entries.ansible.enabled is false") != std::string::npos);
}

TEST_CASE("config: the address for clients, and which addresses are this machine's alone") {
  GatewayConfig gateway;
  gateway.bind = "0.0.0.0";
  CHECK(gateway_url(gateway) == "http://127.0.0.1:18789");
  gateway.bind = "::1";
  CHECK(gateway_url(gateway) == "http://[::1]:18789");
  CHECK(is_loopback("127.0.0.1"));
  CHECK(is_loopback("127.9.9.9"));
  CHECK(is_loopback("::1"));
  CHECK_FALSE(is_loopback("0.0.0.0"));
  CHECK_FALSE(is_loopback("::"));
  CHECK_FALSE(is_loopback("192.168.1.4"));
}

TEST_CASE("config file: the search order is --config, OPENCLAW_CONFIG, home, state directory") {
  Machine m;
  const auto with_port = [](int port) {
    return "{\"gateway\":{\"port\":" + std::to_string(port) + "}}";
  };
  CHECK(m.load().file.empty());
  CHECK(m.load().state_dir == m.env.home + "/.openclaw/state");

  write_file(m.env.home + "/.openclaw/state/openclaw.json", with_port(4));
  CHECK(m.load().config.gateway.port == 4);
  write_file(m.env.home + "/.openclaw/openclaw.json", with_port(3));
  CHECK(m.load().config.gateway.port == 3);
  write_file(m.root / "env.json", with_port(2));
  m.env.openclaw_config = "env.json";
  CHECK(m.load().config.gateway.port == 2);
  CHECK(m.load().file == m.root / "env.json");
  write_file(m.root / "flag.json", with_port(1));
  CHECK(m.load({.config = m.root / "flag.json", .state_dir = {}}).config.gateway.port == 1);
}

TEST_CASE("config file: --config that names no file is an error, OPENCLAW_CONFIG a warning") {
  Machine m;
  auto loaded = load_config({.config = "gone.json", .state_dir = {}}, m.env);
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().code == "config_missing");
  CHECK(loaded.error().message ==
        "--config names " + (m.root / "gone.json") + ", which does not exist");
  m.env.openclaw_config = "gone.json";
  const LoadedConfig fallen_back = m.load();
  CHECK(fallen_back.file.empty());
  REQUIRE(fallen_back.warnings.size() == 1);
}

TEST_CASE(
    "config file: the state directory is --state-dir, OPENCLAW_STATE_DIR, gateway.stateDir, home") {
  Machine m;
  write_file(m.root / "etc/c.json", R"({"gateway":{"stateDir":"var"}})");
  const ConfigRequest request{.config = m.root / "etc/c.json", .state_dir = {}};
  CHECK(m.load(request).state_dir == m.root / "etc/var");
  m.env.openclaw_state_dir = m.root / "from-env";
  CHECK(m.load(request).state_dir == m.root / "from-env");
  CHECK(m.load({.config = request.config, .state_dir = "here"}).state_dir == m.root / "here");
}

TEST_CASE("config file: a bad file is named in the error") {
  Machine m;
  write_file(m.root / "c.json", R"({"gateway":{"port":[]}})");
  auto loaded = load_config({.config = m.root / "c.json", .state_dir = {}}, m.env);
  REQUIRE_FALSE(loaded.ok());
  CHECK(loaded.error().message ==
        (m.root / "c.json") +
            ": gateway.port: expected a whole number from 1 to 65535, got an array");
  auto directory = load_config({.config = m.root.path(), .state_dir = {}}, m.env);
  REQUIRE_FALSE(directory.ok());
  CHECK(directory.error().code == "config_unreadable");
}

TEST_CASE(
    "config file: a first start makes a private file that loads, and never touches one that "
    "exists") {
  Machine m;
  const std::string state = m.root / "state";
  std::filesystem::create_directories(state);
  write_file(m.root / "build/plugin/ansible.so", "not looked at here");

  auto made = create_default_config(state, m.env);
  REQUIRE_MESSAGE(made.ok(), made.error().message);
  struct stat st {};
  REQUIRE(stat(made->c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0600);
  const LoadedConfig loaded = m.load({.config = {}, .state_dir = state});
  CHECK(loaded.file == *made);
  CHECK(loaded.warnings.empty());
  CHECK(loaded.config.gateway.token.size() > 32);
  CHECK(loaded.config.plugin.tier == "backbone");
  CHECK(loaded.config.plugin.library == m.root / "build/plugin/ansible.so");
  CHECK(why_not_loadable(loaded.config).empty());

  const std::string before = read_file(*made);
  CHECK_FALSE(create_default_config(state, m.env).ok());
  CHECK(read_file(*made) == before);

  const std::string second = m.root / "second";
  std::filesystem::create_directories(second);
  REQUIRE(create_default_config(second, m.env).ok());
  CHECK(m.load({.config = {}, .state_dir = second}).config.gateway.token !=
        loaded.config.gateway.token);
}

TEST_CASE(
    "config: the exchange of invites is off, on the gateway's port, unless authGate says so") {
  const AuthGateConfig none = parse("{}").config.plugin.auth_gate;
  CHECK_FALSE(none.enabled);
  CHECK(none.exchange_path == "/ansible/auth/exchange");
  CHECK(none.rate_limit_max == 30);
  CHECK(none.rate_limit_window == 60);
  const AuthGateConfig gate =
      parse(R"({"plugins":{"entries":{"ansible":{"config":{"listenHost":"10.0.0.1","authGate":
          {"enabled":true,"authPort":1235,"exchangePath":"/x","rateLimitMax":2,
           "rateLimitWindowSeconds":"wrong"}}}}}})")
          .config.plugin.auth_gate;
  CHECK(gate.enabled);
  CHECK(gate.port == 1235);
  CHECK(gate.host == "10.0.0.1");
  CHECK(gate.exchange_path == "/x");
  CHECK(gate.rate_limit_max == 2);
  CHECK(gate.rate_limit_window == 60);  // the plugin refuses it
}

TEST_CASE("nearest: a typo finds its word, something else finds nothing") {
  const std::vector<std::string> words = {"status", "start", "stop", "restart"};
  CHECK(base::nearest("stauts", words) == "status");
  CHECK(base::nearest("STATUS", words) == "status");
  CHECK(base::nearest("resart", words) == "restart");
  CHECK(base::nearest("delegate", words).empty());
  CHECK(base::nearest("", words).empty());
}
