// The published JSON Schemas against the validation: both say yes and no to the same arguments. An
// independent validator (valijson) reads the schemas, as clients do.
#include <doctest/doctest.h>

#include <boost/json.hpp>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "plugin/support/inputs.hpp"

namespace {

namespace json = base::json;
using ansible_test::generated_inputs;
using ansible_test::Input;
using ansible_test::minimal_args;
using valijson::adapters::BoostJsonAdapter;

class Published {
 public:
  explicit Published(std::span<const ansible::Param> params)
      // Through text, as it is published.
      : document_(*json::parse(json::canonical(ansible::object_schema(params)))) {
    valijson::SchemaParser parser(valijson::SchemaParser::kDraft7);
    parser.populateSchema(BoostJsonAdapter(document_), schema_);
  }
  bool accepts(const json::object& args) const {
    const json::value document(args);
    valijson::Validator validator(valijson::Validator::kStrongTypes);
    return validator.validate(schema_, BoostJsonAdapter(document), nullptr);
  }

 private:
  json::value document_;
  valijson::Schema schema_;
};

}  // namespace

TEST_CASE("the published schemas accept and refuse the same arguments as the validation") {
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (const ansible::Tool& tool : ansible::all_tools()) {
    const Published published(tool.params);
    for (const Input& input : generated_inputs(tool.params, minimal_args(tool.params))) {
      INFO(tool.name << " with " << input.what);
      const auto args = ansible::Args::read(tool.params, input.args);
      CHECK_MESSAGE(args.ok() == input.valid, (args.ok() ? "accepted" : args.error().text));
      CHECK(published.accepts(input.args) == input.valid);
      ++(input.valid ? accepted : refused);
    }
  }
  CHECK(accepted > 500);  // not vacuous: every tool has several parameters
  CHECK(refused > 1000);
}

TEST_CASE(
    "ARG-2: a refusal names the argument by JSON pointer, what was expected and what was found") {
  for (const ansible::Tool& tool : ansible::all_tools()) {
    for (const Input& input : generated_inputs(tool.params, minimal_args(tool.params))) {
      if (input.valid) continue;
      INFO(tool.name << " with " << input.what);
      const auto args = ansible::Args::read(tool.params, input.args);
      REQUIRE_FALSE(args.ok());
      CHECK(args.error().code == ansible::code::kInvalidArgument);
      const json::object& details = args.error().details;
      const std::string pointer(details.at("pointer").as_string());
      CHECK_MESSAGE(pointer.rfind(input.pointer, 0) == 0, pointer);
      CHECK_FALSE(details.at("expected").as_string().empty());
      CHECK_FALSE(details.at("got").as_string().empty());
      CHECK(args.error().text.size() < 500);  // a ten thousand character title is not echoed
    }
  }
}
