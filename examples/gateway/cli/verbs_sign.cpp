// openclaw ansible capability sign: works without a gateway
#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>
#include <memory>

#include "cli/json_text.hpp"
#include "cli/verb.hpp"
#include "common/manifest_signer.hpp"

namespace gateway_app {
namespace {

struct SignFlags {
  std::string manifest;
  std::string key;
  std::string key_id;
  std::string out;
};

gateway::Result<std::string> contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (file) return std::string((std::istreambuf_iterator<char>(file)), {});
  return gateway::Error{"file_unreadable", "cannot read " + path};
}

gateway::Result<json::object> signed_manifest(const SignFlags& flags) {
  const auto text = contents(flags.manifest);
  if (!text.ok()) return text.error();
  auto parsed = json::parse(*text);
  if (!parsed.ok()) {
    return gateway::Error{"invalid_json", flags.manifest + ": " + parsed.error().message};
  }
  if (!parsed->is_object()) {
    return gateway::Error{"invalid_json", flags.manifest + ": expected a JSON object"};
  }
  SigningOptions options{.key_pem = {}, .key_id = flags.key_id};
  if (!flags.key.empty()) {
    const auto pem = contents(flags.key);
    if (!pem.ok()) return pem.error();
    options.key_pem = *pem;
  }
  auto done = complete_manifest(parsed->get_object(), options);
  if (done.ok() || done.error().code != "bad_key") return done;
  return gateway::Error{"bad_key", flags.key + ": " + done.error().message};
}

int run_sign(Printer& print, const SignFlags& flags) {
  const auto manifest = signed_manifest(flags);
  if (!manifest.ok()) {
    return print.fail(kExitRefused, manifest.error().code, manifest.error().message);
  }
  const bool signed_now = !flags.key.empty();
  if (!signed_now && bool_of(object_in(*manifest, "governance"), "signedManifestRequired")) {
    print.warning("governance.signedManifestRequired is true: no gateway takes it without --key");
  }
  if (flags.out.empty()) {  // for a pipe: the manifest and nothing else
    print.document(*manifest);
    return kExitOk;
  }
  std::ofstream file(flags.out, std::ios::binary | std::ios::trunc);
  file << json::pretty(*manifest) << '\n';
  if (!file.flush()) {
    return print.fail(kExitRefused, "file_unwritable", "cannot write " + flags.out);
  }
  const json::object provenance = object_in(*manifest, "provenance");
  const std::string checksum = text_of(provenance, "manifestChecksum");
  if (print.json()) {
    print.document({{"success", true},
                    {"out", flags.out},
                    {"manifestChecksum", checksum},
                    {"manifestSignature", text_of(provenance, "manifestSignature")}});
    return kExitOk;
  }
  print.success(std::string(signed_now ? "Signed " : "Checksummed ") + flags.out);
  print.line("  checksum=" + checksum);
  print.line("  signature=" + text_of(provenance, "manifestSignature"));
  return kExitOk;
}

}  // namespace

void add_sign_verb(CLI::App& root, CommandLine& line) {
  CLI::App& command =
      subcommand(root, "ansible capability sign",
                 "Complete a manifest with its checksum and your signature; needs no gateway");
  auto flags = std::make_shared<SignFlags>();
  command.add_option("--manifest", flags->manifest, "The manifest")->required()->type_name("FILE");
  CLI::Option* key =
      command
          .add_option("--key", flags->key,
                      "Your Ed25519 private key (PEM); none: the checksum only, unsigned")
          ->type_name("FILE");
  command
      .add_option("--key-id", flags->key_id,
                  "The id under which gateways trust the key; none: the publisher's id")
      ->needs(key);
  command.add_option("--out", flags->out, "Where to write it; none: the output")->type_name("FILE");
  add_output_flags(command, line);
  command.callback([&line, flags] {
    line.action = [flags](Session&, Printer& print) { return run_sign(print, *flags); };
  });
}

}  // namespace gateway_app
