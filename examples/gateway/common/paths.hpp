// Where things lie on this machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gateway_app {

// What the process was started with, so that everything below is a function of its arguments.
struct Environment {
  std::string home;        // $HOME, else the password database's
  std::string executable;  // absolute path of the running program
  std::string working_directory;
  std::optional<std::string> openclaw_config;     // $OPENCLAW_CONFIG; empty counts as unset
  std::optional<std::string> openclaw_state_dir;  // $OPENCLAW_STATE_DIR; empty counts as unset

  static Environment of_process();
};

// Makes `path` absolute: "~" and "~/x" begin at `home`, a relative path at `base`. The path need not exist.
std::string absolute_path(std::string_view path, const std::string& base, const std::string& home);

// A release as it is named on a command line, for a daemon with another working directory: absolute when it has a slash or
// is the name of a file in `base`, else as it is: a version or a digest. A directory of that name is no file.
std::string file_or_release(const std::string& word, const std::string& base,
                            const std::string& home);

// Makes a state directory, and closes it to others (0700) if it is surely the gateway's own: new, empty, or with an
// openclaw.json in it. Any other stays as it is, for StateDir to refuse: nobody wants /tmp closed.
void claim_state_dir(const std::string& directory);

// The first of the places where a build tree or an installation keeps a file of ours, seen from the executable's
// directory; empty when it is in none.
//   plugin:  ../plugin/ansible.so   ../lib/openclaw/plugins/ansible.so
//   prover:  gateway-prover         ../lib/openclaw/gateway-prover        ../libexec/gateway-prover
std::string shipped_plugin(const std::string& executable);
std::string shipped_prover(const std::string& executable);

}  // namespace gateway_app
