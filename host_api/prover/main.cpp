// gateway-prover: tries a plugin's library in a process of its own, so that a crash, a hang or an
// exit() ends here and not in the gateway.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "canary/shadow_server.hpp"
#include "journal/replay_server.hpp"
#include "loading/proof.hpp"
#include "loading/proof_report.hpp"
#include "loading/sanitizers.hpp"

namespace {

constexpr std::string_view kHelp =
    "usage: gateway-prover [--node-id ID] [--max-data-bytes N] LIBRARY < CONFIG.json\n"
    "       gateway-prover --shadow|--replay [--max-data-bytes N] LIBRARY\n"
    "\n"
    "Loads the plugin LIBRARY (an absolute path), creates an instance with the JSON configuration\n"
    "from standard input, runs its self-test, one read-only tool and one sweep on an empty store,\n"
    "and unloads it. Lines of JSON on standard output say what was found; a refusal's reason is\n"
    "also on standard error.\n"
    "With --shadow it stays up and answers what a gateway asks it over standard input and output,\n"
    "to be compared with the answers of another release; with --replay it does so on a store of\n"
    "its own, in memory.\n"
    "\n"
    "exit status: 0 proved, 2 usage, 10 the library is refused, 11 the configuration is refused,\n"
    "12 reading or writing failed. A crash of the library is this process's crash.\n";

constexpr int kShadowNice = 5;
constexpr rlim_t kShadowDescriptors = 64;

struct Arguments {
  std::string library;
  std::string node_id = "prover";
  rlim_t max_data = 0;                                                 // bytes; 0: no limit
  int (*serve)(int connection, const std::string& library) = nullptr;  // null: prove
};

std::optional<Arguments> read_arguments(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--node-id" && has_value) {
      out.node_id = argv[++i];
    } else if (argument == "--shadow") {
      out.serve = gateway::serve_shadow;
    } else if (argument == "--replay") {
      out.serve = gateway::serve_replay;
    } else if (argument == "--max-data-bytes" && has_value) {
      const std::string_view number = argv[++i];
      const auto [end, failure] =
          std::from_chars(number.data(), number.data() + number.size(), out.max_data);
      if (failure != std::errc() || end != number.data() + number.size()) return std::nullopt;
    } else if (!argument.starts_with("-") && out.library.empty()) {
      out.library = argument;
    } else {
      return std::nullopt;
    }
  }
  if (out.library.empty()) return std::nullopt;
  return out;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::string> read_all(int fd) {
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) return text;
    text.append(buffer, static_cast<std::size_t>(n));
  }
}

// What the library may do to the machine from here on.
void limit_process(const Arguments& arguments) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a hung library must not outlive the gateway
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  // Sanitizers reserve terabytes.
  if (arguments.max_data != 0 && !gateway::kAsanBuild && !gateway::kTsanBuild) {
    const rlimit data{arguments.max_data, arguments.max_data};
    ::setrlimit(RLIMIT_DATA, &data);
  }
}

// Keeps the report's channel for the report: what the library prints goes to standard error.
int take_report_channel() {
  const int report = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (report >= 0) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return report;
}

// A socket stands behind both standard input and output; the library gets neither.
int run_server(const Arguments& arguments) {
  const int ask = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (ask < 0 || nothing < 0) return gateway::kExitTrouble;
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  // Callers go first on a busy machine. A pure function needs no files.
  if (::nice(kShadowNice) < 0) errno = 0;
  const rlimit no_files{0, 0};
  const rlimit few{kShadowDescriptors, kShadowDescriptors};
  ::setrlimit(RLIMIT_FSIZE, &no_files);
  ::setrlimit(RLIMIT_NOFILE, &few);
  limit_process(arguments);
  return arguments.serve(ask, arguments.library);
}

int finish(int report, const gateway::Result<gateway::ProofReport>& proof) {
  if (proof.ok()) {
    return write_all(report, gateway::proof_line(*proof)) ? gateway::kExitProved
                                                          : gateway::kExitTrouble;
  }
  const gateway::Error& error = proof.error();
  write_all(STDERR_FILENO, error.message + "\n");
  if (!write_all(report, gateway::refusal_line(error))) return gateway::kExitTrouble;
  if (error.code == "config_invalid") return gateway::kExitConfigInvalid;
  return error.code == "prover_error" ? gateway::kExitTrouble : gateway::kExitRefused;
}

}  // namespace

#if GATEWAY_ASAN_BUILD || GATEWAY_TSAN_BUILD
// A crash must end this process by its signal, as in any other build.
extern "C" const char* __asan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0";
}
extern "C" const char* __tsan_default_options() {
  return "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0";
}
#endif

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--help") {
    return write_all(STDOUT_FILENO, kHelp) ? 0 : gateway::kExitTrouble;
  }
  const auto arguments = read_arguments(argc, argv);
  if (!arguments) {
    write_all(STDERR_FILENO, kHelp);
    return gateway::kExitUsage;
  }
  if (arguments->serve != nullptr) ::_exit(run_server(*arguments));
  const auto config = read_all(STDIN_FILENO);
  const int report = take_report_channel();
  if (!config || report < 0) {
    write_all(STDERR_FILENO, "gateway-prover: cannot read the configuration or keep the report\n");
    return gateway::kExitTrouble;
  }
  limit_process(*arguments);
  const auto proof = gateway::run_proof(
      arguments->library, *config, arguments->node_id,
      [report](std::string_view step) { write_all(report, gateway::step_line(step)); });
  // Not exit(): whatever the library left behind gets no chance to change the verdict.
  ::_exit(finish(report, proof));
}
