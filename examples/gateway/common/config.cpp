#include "common/config.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "base/json.hpp"
#include "base/nearest.hpp"
#include "common/paths.hpp"

namespace gateway_app {
namespace {

namespace json = base::json;

std::string describe(const json::value& v) {
  switch (v.kind()) {
    case boost::json::kind::null:
      return "null";
    case boost::json::kind::bool_:
      return v.get_bool() ? "true" : "false";
    case boost::json::kind::object:
      return "an object";
    case boost::json::kind::array:
      return "an array";
    case boost::json::kind::string:
      return v.get_string().size() > 40 ? "a long string" : json::canonical(v);
    default:
      return "the number " + json::canonical(v);
  }
}

// Keeps the first thing that is wrong, and everything that is only odd.
struct Findings {
  std::optional<Error> error;
  std::vector<std::string> warnings;

  void wrong(const std::string& path, std::string_view expected, std::string_view got) {
    if (error) return;
    error = Error{"config_invalid", fmt::format("{}: expected {}, got {}", path, expected, got)};
  }
};

// One object of the file: typed access to its members, and a list of those that nobody asked for.
class Section {
 public:
  Section(const json::value* v, std::string path, Findings& findings)
      : path_(std::move(path)), findings_(findings) {
    if (v == nullptr) return;
    object_ = v->if_object();
    if (object_ == nullptr) findings_.wrong(path_, "an object", describe(*v));
  }

  const json::value* member(std::string_view key) {
    known_.emplace_back(key);
    return object_ == nullptr ? nullptr : object_->if_contains(key);
  }
  Section section(std::string_view key) { return {member(key), path(key), findings_}; }

  void read(std::string_view key, std::string& out, std::string_view expected = "a string") {
    const json::value* v = member(key);
    if (v == nullptr) return;
    if (const auto* text = v->if_string()) {
      out.assign(text->data(), text->size());
    } else {
      wrong(key, expected, *v);
    }
  }
  void read(std::string_view key, bool& out) {
    const json::value* v = member(key);
    if (v == nullptr) return;
    if (v->is_bool()) {
      out = v->get_bool();
    } else {
      wrong(key, "true or false", *v);
    }
  }
  template <class T>
  void read_number(std::string_view key, T& out, std::int64_t min, std::int64_t max) {
    const json::value* v = member(key);
    if (v == nullptr) return;
    if (v->is_int64() && v->get_int64() >= min && v->get_int64() <= max) {
      out = static_cast<T>(v->get_int64());
    } else {
      wrong(key, fmt::format("a whole number from {} to {}", min, max), *v);
    }
  }
  // One of a few words; the table is (word, value).
  template <class T>
  void read(std::string_view key, T& out,
            std::initializer_list<std::pair<std::string_view, T>> table) {
    const json::value* v = member(key);
    if (v == nullptr) return;
    std::string expected;
    for (const auto& [word, value] : table) {
      if (v->is_string() && v->get_string() == word) {
        out = value;
        return;
      }
      expected += fmt::format("{}\"{}\"", expected.empty() ? "" : " or ", word);
    }
    wrong(key, expected, *v);
  }

  void wrong(std::string_view key, std::string_view expected, const json::value& got) {
    findings_.wrong(path(key), expected, describe(got));
  }

  // Warns of members that were never asked for. `foreign` are an OpenClaw gateway's own and pass silently.
  void finish(std::initializer_list<std::string_view> foreign = {}) {
    if (object_ == nullptr) return;
    for (const auto& entry : *object_) {
      const std::string_view key(entry.key().data(), entry.key().size());
      const bool known = std::find(known_.begin(), known_.end(), key) != known_.end() ||
                         std::find(foreign.begin(), foreign.end(), key) != foreign.end();
      if (known) continue;
      const std::string near = base::nearest(key, known_);
      findings_.warnings.push_back(
          near.empty()
              ? fmt::format("{}: unknown key, ignored", path(key))
              : fmt::format("{}: unknown key, ignored; did you mean \"{}\"?", path(key), near));
    }
  }

 private:
  std::string path(std::string_view key) const { return fmt::format("{}.{}", path_, key); }

  std::string path_;
  Findings& findings_;
  const json::object* object_ = nullptr;
  std::vector<std::string> known_;
};

bool is_address(const std::string& text) {
  unsigned char buffer[sizeof(in6_addr)];
  return inet_pton(AF_INET, text.c_str(), buffer) == 1 ||
         inet_pton(AF_INET6, text.c_str(), buffer) == 1;
}

void read_bind(Section& section, std::string& bind) {
  constexpr std::string_view kExpected = "an IP address, \"loopback\" or \"lan\"";
  std::string text = bind;
  section.read("bind", text, kExpected);
  if (text == "loopback" || text == "localhost") text = "127.0.0.1";
  if (text == "lan") text = "0.0.0.0";
  if (is_address(text)) {
    bind = text;
  } else {
    section.wrong("bind", kExpected, json::value(text));
  }
}

// OpenClaw expands ${NAME}; we do not, and a token that everybody can guess is worse than none.
void read_secret(Section& section, std::string_view key, std::string& out) {
  section.read(key, out, "a string (write the token itself)");
  if (out.rfind("${", 0) == 0) {
    section.wrong(key, "the token itself (environment references are not expanded here)",
                  json::value("a ${...} reference"));
  }
}

void read_gateway(Section section, GatewayConfig& out) {
  section.read_number("port", out.port, 1, 65535);
  read_bind(section, out.bind);
  section.read("stateDir", out.state_dir);
  section.read("url", out.url);
  section.read("journal", out.journal);
  Section auth = section.section("auth");
  read_secret(auth, "token", out.token);
  read_secret(auth, "hostToken", out.host_token);
  auth.finish({"mode", "password", "allowTailscale", "rateLimit", "trustedProxy"});
  section.finish({"mode", "controlUi", "remote", "reload", "tls", "http", "tailscale",
                  "trustedProxies", "allowRealIpFallback", "customBindHost", "nodes", "tools",
                  "push", "webchat", "channelHealthCheckMinutes", "handshakeTimeoutMs"});
}

void read_storage(Section section, StorageConfig& out) {
  section.read("engine", out.engine,
               {{"sqlite", StorageEngine::kSqlite}, {"memory", StorageEngine::kMemory}});
  section.read("path", out.path);
  if (out.path.empty()) section.wrong("path", "a file name", json::value(""));
  section.finish();
}

// What the daemon itself needs of the plugin's configuration. Its create() validates it: here a wrong type only counts
// as given.
std::string text_member(const json::value& v, std::string_view key) {
  const json::value* member = json::find(v, key);
  if (member == nullptr || member->is_null()) return {};
  const auto* text = member->if_string();
  return text != nullptr ? std::string(text->data(), text->size()) : json::canonical(*member);
}

// The host library reads it again; here what is wrong is named by its place in the file.
void read_canary(Section& plugin, PluginConfig& out) {
  const json::value* canary = plugin.member("canary");
  if (canary == nullptr) return;
  Section section = plugin.section("canary");
  std::int64_t ignored = 0;
  section.read("fromStage", ignored, {{"shadow", 0}, {"split", 1}, {"soak", 2}});
  section.read_number("minSamples", ignored, 1, 1'000'000);
  for (const char* seconds : {"stageSeconds", "soakSeconds", "stageTimeoutSeconds"}) {
    section.read_number(seconds, ignored, 0, 30 * 86'400);
  }
  section.read_number("shadowPercent", ignored, 1, 100);
  const json::value* allow = section.member("allow");
  if (allow != nullptr && !allow->is_array()) {
    section.wrong("allow", "an array of {\"tool\", \"pointer\"}", *allow);
  }
  section.finish();
  if (canary->is_object()) out.canary_json = json::canonical(*canary);
}

// As text_member: the plugin's create() refuses what is out of range, here that means the default.
template <class T>
void number_member(const json::value& v, std::string_view key, T& out, std::int64_t min) {
  const json::value* member = json::find(v, key);
  if (member == nullptr || !member->is_int64()) return;
  const std::int64_t value = member->get_int64();
  if (value >= min && value <= std::numeric_limits<T>::max()) out = static_cast<T>(value);
}

AuthGateConfig auth_gate(const json::value& config) {
  AuthGateConfig out;
  const json::value* gate = json::find(config, "authGate");
  if (gate == nullptr || !gate->is_object()) return out;
  const json::value* enabled = json::find(*gate, "enabled");
  out.enabled = enabled != nullptr && enabled->is_bool() && enabled->get_bool();
  number_member(*gate, "authPort", out.port, 1);
  out.host = text_member(config, "listenHost");
  if (std::string path = text_member(*gate, "exchangePath"); !path.empty()) {
    out.exchange_path = std::move(path);
  }
  number_member(*gate, "rateLimitMax", out.rate_limit_max, 1);
  number_member(*gate, "rateLimitWindowSeconds", out.rate_limit_window, 5);
  return out;
}

// A value that is wrong is the plugin's to refuse; until it has, the default holds.
LockSweepConfig lock_sweep(const json::value& config) {
  LockSweepConfig out;
  const json::value* from = json::find(config, "lockSweep");
  if (from == nullptr) return out;
  const auto seconds = [&](std::string_view key, std::int64_t& to) {
    const json::value* v = json::find(*from, key);
    if (v != nullptr && v->is_int64() && v->get_int64() >= 30) to = v->get_int64();
  };
  seconds("everySeconds", out.every_seconds);
  seconds("staleSeconds", out.stale_seconds);
  const json::value* enabled = json::find(*from, "enabled");
  if (enabled != nullptr && enabled->is_bool()) out.enabled = enabled->get_bool();
  return out;
}

void read_signatures(Section& section, gateway::SignaturePolicy& out) {
  section.read("requireSignature", out.required);
  const json::value* keys = section.member("trustedKeys");
  if (keys != nullptr && !keys->is_object()) {
    section.wrong("trustedKeys", "an object of key ids and PEM texts", *keys);
  } else if (keys != nullptr) {
    Section named = section.section("trustedKeys");
    for (const auto& entry : keys->get_object()) {
      gateway::TrustedKey key{std::string(entry.key()), ""};
      named.read(key.id, key.pem, "an Ed25519 public key in PEM");
      if (entry.value().is_string() && !gateway::check_key(key.pem)) {
        named.wrong(key.id, "an Ed25519 public key in PEM (-----BEGIN PUBLIC KEY-----)",
                    entry.value());
      }
      out.keys.push_back(std::move(key));
    }
  }
  if (out.required && out.keys.empty()) {
    section.wrong("requireSignature", "false while trustedKeys names no key", json::value(true));
  }
}

void read_plugin(Section section, const PathBase& base, PluginConfig& out) {
  section.read("enabled", out.enabled);
  section.read("library", out.library);
  if (!out.library.empty()) out.library = absolute_path(out.library, base.directory, base.home);
  section.read("onFileChange", out.on_file_change,
               {{"direct", FileChange::kDirect},
                {"canary", FileChange::kCanary},
                {"ignore", FileChange::kIgnore}});
  read_canary(section, out);
  section.read("journal", out.journal);
  section.read_number("journalMegabytes", out.journal_megabytes, 16, 1024);
  read_signatures(section, out.signatures);
  section.read_number("watchSeconds", out.watch_seconds, 0, 30 * 86'400);
  if (const json::value* config = section.member("config")) {
    if (config->is_object()) {
      out.config_json = json::canonical(*config);
      out.tier = text_member(*config, "tier");
      out.node_id = text_member(*config, "nodeIdOverride");
      out.auth_gate = auth_gate(*config);
      out.lock_sweep = lock_sweep(*config);
    } else {
      section.wrong("config", "an object", *config);
    }
  }
  section.finish({"hooks", "apiKey", "env", "subagent"});
}

void read_watch(Section section, WatchConfig& out) {
  section.read_number("everyMs", out.every_ms, 10, 3'600'000);
  section.read_number("quietMs", out.quiet_ms, 10, 60'000);
  section.finish();
}

Error syntax_error(std::string_view text, const json::ParseError& e) {
  const std::string_view before = text.substr(0, e.offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
  return {"config_syntax", fmt::format("line {}, column {}: {}{}", line, column, e.message,
                                       e.pointer.empty() ? "" : " at " + e.pointer)};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const PathBase& base,
                            std::vector<std::string>* warnings) {
  auto document = json::parse(text, {.comments = true});
  if (!document) return syntax_error(text, document.error());
  const json::value& root = *document;
  Config config;
  Findings findings;
  if (!root.is_object()) {
    return Error{"config_invalid",
                 fmt::format("the file: expected an object, got {}", describe(root))};
  }
  read_gateway({json::find(root, "gateway"), "gateway", findings}, config.gateway);
  read_storage({json::find(root, "storage"), "storage", findings}, config.storage);
  // `plugins` is shared with OpenClaw: its other keys and other plugins' entries are not ours to judge.
  Section plugins(json::find(root, "plugins"), "plugins", findings);
  plugins.read("root", config.plugins_root);
  plugins.read("prover", config.prover);
  plugins.read_number("hookLimitMs", config.hook_limit_ms, 100, 3'600'000);
  for (std::string* path : {&config.plugins_root, &config.prover}) {
    if (!path->empty()) *path = absolute_path(*path, base.directory, base.home);
  }
  read_watch(plugins.section("watch"), config.watch);
  config.plugin.journal = config.gateway.journal;
  read_plugin(plugins.section("entries").section("ansible"), base, config.plugin);
  if (findings.error) return *findings.error;
  if (warnings != nullptr) {
    warnings->insert(warnings->end(), findings.warnings.begin(), findings.warnings.end());
  }
  return config;
}

std::string why_not_startable(const Config& config) {
  if (is_loopback(config.gateway.bind) || !config.gateway.token.empty()) return {};
  return fmt::format(
      "gateway.bind {} can be reached from other machines, and gateway.auth.token is missing; "
      "set a token, or bind to \"loopback\"",
      config.gateway.bind);
}

std::string why_not_loadable(const Config& config) {
  if (!config.plugin.enabled) {
    return "the plugin is switched off: plugins.entries.ansible.enabled is false";
  }
  if (config.plugin.library.empty()) {
    return "plugins.entries.ansible.library is missing: name the plugin's file (ansible.so) there";
  }
  if (config.plugin.tier.empty()) {
    return "plugins.entries.ansible.config.tier is missing: write \"backbone\" (always on) or "
           "\"edge\" there";
  }
  return {};
}

std::string gateway_url(const GatewayConfig& gateway) {
  if (!gateway.url.empty()) return gateway.url;
  std::string host = gateway.bind;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  if (host.find(':') != std::string::npos) host = "[" + host + "]";
  return fmt::format("http://{}:{}", host, gateway.port);
}

bool is_loopback(const std::string& address) {
  in_addr v4{};
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  return address == "::1";
}

}  // namespace gateway_app
