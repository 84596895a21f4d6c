#include "loading/proof_report.hpp"

#include <limits>

#include "base/json.hpp"

namespace gateway {
namespace {

namespace json = base::json;

// The numbers of a report, by name.
struct NumberField {
  const char* name;
  std::uint32_t ProofReport::*member;
};
constexpr NumberField kNumbers[] = {
    {"abiMajor", &ProofReport::abi_major},
    {"abiMinor", &ProofReport::abi_minor},
    {"minHostMinor", &ProofReport::min_host_minor},
    {"dataFormatReadMin", &ProofReport::data_format_read_min},
    {"dataFormatReadMax", &ProofReport::data_format_read_max},
    {"dataFormatWrite", &ProofReport::data_format_write},
};

struct TextField {
  const char* name;
  std::string ProofReport::*member;
};
constexpr TextField kTexts[] = {
    {"id", &ProofReport::id},
    {"version", &ProofReport::version},
    {"buildId", &ProofReport::build_id},
    {"manifest", &ProofReport::manifest_json},
};

std::string line(const char* key, json::value content) {
  json::object object;
  object[key] = std::move(content);
  return json::canonical(object) + "\n";
}

std::optional<std::string> text_member(const json::value& v, const char* key) {
  const json::value* member = json::find(v, key);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return std::string(member->get_string());
}

std::optional<ProofReport> read_proof(const json::value& v) {
  ProofReport report;
  for (const NumberField& field : kNumbers) {
    const json::value* number = json::find(v, field.name);
    if (number == nullptr || !number->is_int64()) return std::nullopt;
    const std::int64_t n = number->get_int64();
    if (n < 0 || n > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    report.*field.member = static_cast<std::uint32_t>(n);
  }
  for (const TextField& field : kTexts) {
    auto text = text_member(v, field.name);
    if (!text) return std::nullopt;
    report.*field.member = std::move(*text);
  }
  const json::value* warnings = json::find(v, "warnings");
  if (warnings == nullptr || !warnings->is_array()) return std::nullopt;
  for (const json::value& warning : warnings->get_array()) {
    if (warning.is_string()) report.warnings.emplace_back(warning.get_string());
  }
  return report;
}

void read_line(std::string_view text, ProverOutput& out) {
  const auto parsed = json::parse(text);
  if (!parsed.ok()) return;
  if (auto step = text_member(*parsed, "step")) out.last_step = std::move(*step);
  if (const json::value* proof = json::find(*parsed, "proof")) out.proof = read_proof(*proof);
  if (const json::value* refused = json::find(*parsed, "refused")) {
    auto code = text_member(*refused, "code");
    auto message = text_member(*refused, "message");
    if (code && message) out.refusal = Error{std::move(*code), std::move(*message)};
  }
}

}  // namespace

std::string step_line(std::string_view step) { return line("step", json::value(step)); }

std::string refusal_line(const Error& error) {
  json::object refused;
  refused["code"] = error.code;
  refused["message"] = error.message;
  return line("refused", std::move(refused));
}

std::string proof_line(const ProofReport& report) {
  json::object proof;
  for (const NumberField& field : kNumbers) proof[field.name] = report.*field.member;
  for (const TextField& field : kTexts) proof[field.name] = report.*field.member;
  json::array warnings;
  for (const std::string& warning : report.warnings) warnings.emplace_back(warning);
  proof["warnings"] = std::move(warnings);
  return line("proof", std::move(proof));
}

ProverOutput read_prover_output(std::string_view output) {
  ProverOutput out;
  while (!output.empty()) {
    const std::size_t end = output.find('\n');
    if (end == std::string_view::npos) break;  // a line without end was cut off: it says nothing
    read_line(output.substr(0, end), out);
    output.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace gateway
