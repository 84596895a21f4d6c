#include "cli/list_option.hpp"

namespace gateway_app {

CLI::Option* add_list(CLI::App& command, const std::string& names, std::vector<std::string>& into,
                      const std::string& help) {
  CLI::Option* option =
      command.add_option(names, CLI::callback_t([&into](const CLI::results_t& values) {
                           into = values;
                           return true;
                         }),
                         help);
  option->type_name("TEXT")->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  // "At least so many words" is what makes a positional take them all without CLI11's handling of lists; nothing
  // asks whether that many came.
  if (option->get_positional()) {
    option->expected(CLI::detail::expected_max_vector_size / 2,
                     CLI::detail::expected_max_vector_size);
  }
  return option;
}

}  // namespace gateway_app
