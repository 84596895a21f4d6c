#include "loading/prover_client.hpp"

#include <fmt/format.h>

#include <cstring>
#include <filesystem>

#include "loading/child_process.hpp"
#include "loading/proof_report.hpp"
#include "loading/text.hpp"

namespace gateway {
namespace {

std::string signal_name(int signal) {
  const char* name = ::sigabbrev_np(signal);
  return name == nullptr ? fmt::format("signal {}", signal) : fmt::format("SIG{}", name);
}

// What the child left on standard error, indented below the message.
std::string last_words(const ChildResult& child) {
  std::string text = printable(child.error_tail, child.error_tail.size(), true);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) return "";
  std::string out = "\n  it printed last:\n    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out;
}

std::string where(const ProverOutput& said) {
  return said.last_step.empty() ? "before the first step"
                                : "in the step " + printable(said.last_step, 150);
}

Error crashed(const std::string& name, const ChildResult& child, const ProverOutput& said) {
  return {"prove_crashed",
          fmt::format("{} crashed with {} {}\n"
                      "  it was tried in a process of its own; in the gateway it would have "
                      "stopped the gateway{}",
                      name, signal_name(child.code), where(said), last_words(child))};
}

Error exited(const std::string& name, const ChildResult& child, const ProverOutput& said) {
  return {"prove_exited",
          fmt::format("{} ended the process by itself with exit status {} {}\n"
                      "  a plugin must not call exit(); in the gateway that would have stopped "
                      "the gateway{}",
                      name, child.code, where(said), last_words(child))};
}

Error timed_out(const std::string& name, const ProverOptions& options, const ChildResult& child,
                const ProverOutput& said) {
  return {"prove_timeout",
          fmt::format("{} did not finish within {} ms: it hung {}\n"
                      "  expected load, self-test, a call and a sweep in less; if the machine is "
                      "merely busy, try again{}",
                      name, options.timeout.count(), where(said), last_words(child))};
}

Error too_loud(const std::string& name, const ChildResult& child, const ProverOutput& said) {
  return {"prove_failed", fmt::format("{} made the prover write more than a report can hold {}{}",
                                      name, where(said), last_words(child))};
}

Error cannot_prove(const ProverOptions& options, const ChildResult& child) {
  return {"prover_error", fmt::format("{} failed with exit status {} before it tried the library\n"
                                      "  expected the gateway-prover of this gateway's version{}",
                                      options.prover, child.code, last_words(child))};
}

// Messages of the library's own checks do not know what it is called out here.
Error named(const std::string& name, Error error) {
  if (error.message.find(name) == std::string::npos) error.message = name + ": " + error.message;
  return error;
}

}  // namespace

Result<ProofReport> prove(const ProverOptions& options, const std::string& library,
                          const std::string& config_json, const std::string& name) {
  const std::string shown =
      name.empty() ? std::filesystem::path(library).filename().string() : name;
  ChildOptions child_options;
  child_options.command = {options.prover,
                           "--node-id",
                           options.node_id,
                           "--max-data-bytes",
                           std::to_string(options.max_data_bytes),
                           library};
  child_options.environment = {"LC_ALL=C", "PATH=/usr/bin:/bin"};
  child_options.input = config_json;
  child_options.timeout = options.timeout;
  const auto child = run_child(child_options);
  if (!child.ok()) {
    return Error{"prover_error",
                 child.error().message +
                     "\n  expected the program gateway-prover there, which tries a library before "
                     "the gateway loads it; set its path"};
  }
  ProverOutput said = read_prover_output(child->output);
  switch (child->end) {
    case ChildResult::End::kTimeout:
      return timed_out(shown, options, *child, said);
    case ChildResult::End::kTooLoud:
      return too_loud(shown, *child, said);
    case ChildResult::End::kSignalled:
      return crashed(shown, *child, said);
    case ChildResult::End::kExited:
      break;
  }
  // Exit status and last line must agree: a library that calls exit(0) has proved nothing.
  if (child->code == kExitProved && said.proof) return std::move(*said.proof);
  if (child->code != kExitProved && said.refusal) return named(shown, std::move(*said.refusal));
  if (said.last_step.empty()) return cannot_prove(options, *child);
  return exited(shown, *child, said);
}

}  // namespace gateway
